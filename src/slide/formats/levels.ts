import { type Directory, directoryName } from '../../tiff/directory.js';
import { PALETTE } from '../../tiff/samples/rgb.js';
import { isAperio } from '../mpp/mpp.js';
import { type Associated, bySize, levelsOf, type SlideLayout } from './layout.js';

const REDUCED = 1;
const MASK = 4;

/**
 * Finds the levels of a pyramid among the images of a file from the TIFF tags alone. Level 0 is the largest image that
 * is not marked as reduced. A smaller image is a level if it has the same shape and is marked as reduced, is tiled, or
 * is a sub-directory of level 0. In an Aperio file only tiled images are levels (openslide.org/formats/aperio).
 *
 * There may be other images as large as level 0. If all of them are grey without a palette, each is a channel; three
 * channels without any other sign are red, green and blue, as in the HuBMAP slides of Kaggle. If they are in colour,
 * the first one is read, as OpenSlide does.
 *
 * @param chain directories of the main chain, at least one
 * @param children gives the sub-directories of a directory of the main chain
 */
export async function plainLayout(
  chain: readonly Directory[],
  children: (directory: Directory) => Promise<readonly Directory[]>,
): Promise<SlideLayout> {
  const base = fullResolution(chain);
  const aperio = isAperio(base.description);
  const full = chain.filter((other) => other === base || isSibling(base, other));
  const masks = chain.filter((directory) => directory !== base && (directory.subfileType & MASK) !== 0);
  const reduced: Directory[] = [];
  const associated: Associated[] = masks.map((directory) => ({ kind: 'mask', directory }));
  const subs = (await Promise.all(full.map(children))).flat();
  for (const directory of [...chain, ...subs]) {
    if (full.includes(directory) || masks.includes(directory)) continue;
    const marked = (directory.subfileType & REDUCED) !== 0 || directory.layout === 'tiles' || directory.parent !== undefined;
    const level = aperio ? directory.layout === 'tiles' : marked;
    if ((directory.subfileType & MASK) !== 0) associated.push({ kind: 'mask', directory });
    else if (isSibling(base, directory)) full.push(directory);
    else if (level && isReduced(base, directory)) reduced.push(directory);
    else associated.push({ kind: associatedKind(directory, base), directory });
  }
  const apart = full.length > 1 && full.every(({ samples, photometric }) => samples === 1 && photometric !== PALETTE);
  const unread = apart ? [] : full.filter((directory) => directory !== base);
  const own = unread.length === 0 ? reduced : reduced.filter((directory) => belongs(base, directory, chain, full));
  const strange = reduced.filter((directory) => !own.includes(directory));
  const { levels, others } = levelsOf([apart ? full : [base], ...bySize(own)]);
  return {
    format: aperio ? 'Aperio SVS' : 'TIFF',
    levels,
    channels: apart ? full.map(() => '') : [],
    associated: [
      ...associated,
      ...[...unread, ...strange, ...others].map((directory): Associated => ({ kind: 'other', directory })),
    ],
    notes: unread.length === 0 ? [] : [stackNote(base, full)],
    refusal: apart ? channelRefusal(base, full) : undefined,
  };
}

/**
 * Whether a reduced image belongs to the image that is read: it is its sub-directory, or follows it in the chain before
 * the next full image.
 */
function belongs(base: Directory, reduced: Directory, chain: readonly Directory[], full: readonly Directory[]): boolean {
  if (reduced.parent !== undefined) return reduced.parent === base.index;
  const before = chain.slice(0, chain.indexOf(reduced));
  return before.findLast((directory) => full.includes(directory)) === base;
}

function stackNote(base: Directory, full: readonly Directory[]): string {
  return `of ${full.length} images of ${base.width} × ${base.height}, that in ${directoryName(base)} is read`;
}

function isSibling(base: Directory, other: Directory): boolean {
  return (other.subfileType & (REDUCED | MASK)) === 0 && other.width === base.width && other.height === base.height;
}

function channelRefusal(base: Directory, full: readonly Directory[]): SlideLayout['refusal'] {
  if (full.length === 3) return undefined;
  return {
    message: `has ${full.length} grey images of ${base.width} × ${base.height}: ${listed(full.map(directoryName))}`,
    hint: 'name the three that are red, green and blue, or one, with --channels, such as --channels 0,1,2',
    liftedByChannels: true,
  };
}

/** The names, shortened to the first few if there are many. */
function listed(names: readonly string[]): string {
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
}

/**
 * The directory that is level 0: the largest image that is neither reduced nor a mask; the first one if several are
 * equally large.
 */
export function fullResolution(chain: readonly Directory[]): Directory {
  const full = chain.filter((directory) => (directory.subfileType & (REDUCED | MASK)) === 0);
  return (full.length > 0 ? full : chain).reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
}

/** Whether an image has the shape of a larger one, give or take a pixel of rounding on each side. */
export function isReduced(base: Directory, smaller: Directory): boolean {
  if (smaller.width > base.width || smaller.height > base.height) return false;
  const across = scales(base.width, smaller.width);
  const down = scales(base.height, smaller.height);
  return Math.max(across.least, down.least) <= Math.min(across.most, down.most);
}

function scales(base: number, smaller: number): { readonly least: number; readonly most: number } {
  return { least: base / (smaller + 1), most: smaller > 1 ? base / (smaller - 1) : Number.POSITIVE_INFINITY };
}

/**
 * Aperio names its label and macro in the second line of the description. A thumbnail is made from level 0:
 * `46000x32914 -> 1024x732`.
 */
function associatedKind(directory: Directory, base: Directory): Associated['kind'] {
  if (!isAperio(base.description)) return 'other';
  const word = /^(label|macro)\b/m.exec(directory.description)?.[1];
  if (word === 'label' || word === 'macro') return word;
  return isReduced(base, directory) ? 'thumbnail' : 'other';
}
