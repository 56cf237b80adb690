import type { Directory } from '../tiff/directory.js';
import { isAperio } from './mpp.js';

/** The directories of a file, by what they are to a slide. */
export interface SortedDirectories {
  /** Full resolution first, then smaller and smaller. At least one. */
  readonly levels: readonly Directory[];
  /** Other images that are as large as the first level: stacks, channels or planes that the file keeps in pages of their own. */
  readonly siblings: readonly Directory[];
  /** Images that are no levels. */
  readonly associated: readonly Associated[];
}

/** An image in the file that is not the specimen at some resolution. */
export interface Associated {
  /** `label`, `macro`, `thumbnail`, `mask` or `other`. */
  readonly kind: 'label' | 'macro' | 'thumbnail' | 'mask' | 'other';
  readonly directory: Directory;
}

const REDUCED = 1;
const MASK = 4;

/**
 * Tells the levels of a pyramid from the other images of a file. Level 0 is the largest image that is not marked as reduced. A
 * smaller image is a level when it has the same shape and is marked as reduced, or is tiled, or is a sub-directory of level 0. In an Aperio
 * file only tiled images are levels (openslide.org/formats/aperio).
 *
 * @param chain directories of the main chain, at least one
 * @param children sub-directories of the directory that is level 0
 */
export function sortDirectories(chain: readonly Directory[], children: readonly Directory[]): SortedDirectories {
  const base = fullResolution(chain);
  const aperio = isAperio(base.description);
  const levels: Directory[] = [];
  const siblings: Directory[] = [];
  const associated: Associated[] = [];
  for (const directory of [...chain, ...children]) {
    if (directory === base) continue;
    const marked = (directory.subfileType & REDUCED) !== 0 || directory.layout === 'tiles' || directory.parent !== undefined;
    const level = aperio ? directory.layout === 'tiles' : marked;
    if ((directory.subfileType & MASK) !== 0) associated.push({ kind: 'mask', directory });
    else if (directory.width === base.width && directory.height === base.height) siblings.push(directory);
    else if (level && isReduced(base, directory)) levels.push(directory);
    else associated.push({ kind: associatedKind(directory, base), directory });
  }
  levels.sort((a, b) => b.width - a.width);
  return { levels: [base, ...levels], siblings, associated };
}

/** The directory that is level 0: of the largest images that are neither reduced nor masks, the first. */
export function fullResolution(chain: readonly Directory[]): Directory {
  const full = chain.filter((directory) => (directory.subfileType & (REDUCED | MASK)) === 0);
  return (full.length > 0 ? full : chain).reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
}

/** Whether one image has the shape of another on a smaller scale, give or take a pixel of rounding on each side. */
function isReduced(base: Directory, smaller: Directory): boolean {
  if (smaller.width > base.width || smaller.height > base.height) return false;
  const across = scales(base.width, smaller.width);
  const down = scales(base.height, smaller.height);
  return Math.max(across.least, down.least) <= Math.min(across.most, down.most);
}

function scales(base: number, smaller: number): { readonly least: number; readonly most: number } {
  return { least: base / (smaller + 1), most: smaller > 1 ? base / (smaller - 1) : Number.POSITIVE_INFINITY };
}

/** Aperio names its label and macro in the second line of the description; the thumbnail is drawn from level 0: `46000x32914 -> 1024x732`. */
function associatedKind(directory: Directory, base: Directory): Associated['kind'] {
  if (!isAperio(base.description)) return 'other';
  const word = /^(label|macro)\b/m.exec(directory.description)?.[1];
  if (word === 'label' || word === 'macro') return word;
  return isReduced(base, directory) ? 'thumbnail' : 'other';
}
