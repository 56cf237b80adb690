import { SegtileError } from '../errors.js';
import { attribute, numberAttribute, rootName, type XmlTag, xmlTags } from '../plan/xml.js';
import type { Resolution } from '../tiff/directory.js';
import type { SlideMpp } from './slide.js';

/** What a file says about the physical size of its pixels. */
export interface MppClues {
  /** What the maker's own text says, where it has been read. */
  readonly said?: SlideMpp | undefined;
  /** Text of the tag ImageDescription of the full-resolution image: may be OME-XML or an Aperio description. */
  readonly description: string;
  readonly resolution: Resolution | undefined;
}

/**
 * Microns per pixel of level 0 from the first of these that has them: the user, OME-XML, the Aperio description, the TIFF resolution
 * tags; undefined where none does.
 *
 * @param given microns per pixel that the user gave: a number comes from --slide-mpp
 * @throws {SegtileError} `usage` where `given` is not a positive number
 */
export function findMpp(given: number | SlideMpp | undefined, clues: MppClues): SlideMpp | undefined {
  if (given !== undefined) return givenMpp(given);
  return clues.said ?? omeMpp(clues.description) ?? aperioMpp(clues.description) ?? tagMpp(clues.resolution);
}

/**
 * What the user says, which goes above anything in a file.
 *
 * @throws {SegtileError} `usage` where it is not a positive number
 */
export function givenMpp(given: number | SlideMpp): SlideMpp {
  if (typeof given === 'object') return given;
  const mpp = given;
  if (!(mpp > 0 && Number.isFinite(mpp))) {
    throw new SegtileError(
      'usage',
      `expected a positive number for slide-mpp but got ${mpp}`,
      'give microns per pixel, such as 0.5',
    );
  }
  return { x: mpp, y: mpp, source: '--slide-mpp' };
}

/**
 * Micrometres per unit of length, for the units of OME-XML that have a length (OME schema 2016-06, UnitsLength; not those of astronomy),
 * and two spellings that writers use.
 */
const MICROMETRES: ReadonlyMap<string, number> = new Map([
  ['Ym', 1e30],
  ['Zm', 1e27],
  ['Em', 1e24],
  ['Pm', 1e21],
  ['Tm', 1e18],
  ['Gm', 1e15],
  ['Mm', 1e12],
  ['km', 1e9],
  ['hm', 1e8],
  ['dam', 1e7],
  ['m', 1e6],
  ['dm', 1e5],
  ['cm', 1e4],
  ['mm', 1e3],
  ['µm', 1],
  ['um', 1],
  ['micron', 1],
  ['nm', 1e-3],
  ['pm', 1e-6],
  ['fm', 1e-9],
  ['am', 1e-12],
  ['zm', 1e-15],
  ['ym', 1e-18],
  ['Å', 1e-4],
  ['thou', 25.4],
  ['li', 25400 / 12],
  ['in', 25400],
  ['ft', 304800],
  ['yd', 914400],
  ['mi', 1609344000],
  ['pt', 25400 / 72],
]);

/**
 * Reads PhysicalSizeX and PhysicalSizeY of the first `Pixels` of OME-XML.
 */
export function omeMpp(description: string): SlideMpp | undefined {
  if (!isOme(description)) return undefined;
  for (const tag of xmlTags(description)) if (tag.name === 'Pixels') return pixelsMpp(tag);
  return undefined;
}

/**
 * Reads PhysicalSizeX and PhysicalSizeY of a `Pixels` element. Their unit is µm unless said otherwise (OME schema 2016-06). A size in a
 * unit that is no length, such as `pixel`, is no size.
 */
export function pixelsMpp(pixels: XmlTag): SlideMpp | undefined {
  const size = (axis: 'X' | 'Y') => {
    const value = numberAttribute(pixels, `PhysicalSize${axis}`) ?? Number.NaN;
    // The Greek letter mu looks like the micro sign.
    const unit = (attribute(pixels, `PhysicalSize${axis}Unit`) ?? 'µm').replace('μ', 'µ');
    return value * (MICROMETRES.get(unit) ?? Number.NaN);
  };
  return physical(size('X'), size('Y'), 'OME-XML');
}

/** Whether a description is OME-XML. */
export function isOme(description: string): boolean {
  return rootName(description) === 'OME';
}

/** Reads `MPP = 0.4990` of the `|`-separated fields of a description that Aperio software wrote. */
export function aperioMpp(description: string): SlideMpp | undefined {
  if (!isAperio(description)) return undefined;
  const mpp = Number(/\|\s*MPP\s*=\s*([^|\s]+)/.exec(description)?.[1]);
  return physical(mpp, mpp, 'Aperio MPP');
}

/** Whether a description was written by Aperio software. */
export function isAperio(description: string): boolean {
  return description.startsWith('Aperio');
}

/**
 * Pixels this large are no microscope's. Programs that know nothing of size write 72, 96, 150, 300 or 600 dots per inch (353 to 42 µm) or one
 * pixel per unit; a 1.25x objective gives 8 µm. A model run at a wrong size fails silently, so such values count as unknown.
 */
const LARGEST_MPP = 20;

/** Less than a tenth of a nanometre is no pixel of a microscope either. */
const SMALLEST_MPP = 1e-4;

/** Reads the resolution tags where they are in cm or inch and the size is one that a microscope can have. */
export function tagMpp(resolution: Resolution | undefined): SlideMpp | undefined {
  if (resolution === undefined || resolution.unit === 'none') return undefined;
  const micrometres = resolution.unit === 'cm' ? 10_000 : 25_400;
  const mpp = physical(micrometres / resolution.x, micrometres / resolution.y, 'TIFF resolution tags');
  if (mpp === undefined || Math.max(mpp.x, mpp.y) > LARGEST_MPP || Math.min(mpp.x, mpp.y) < SMALLEST_MPP) return undefined;
  return mpp;
}

/** A physical size, where both sides are positive. */
export function physical(x: number, y: number, source: string): SlideMpp | undefined {
  return x > 0 && y > 0 && Number.isFinite(x) && Number.isFinite(y) ? { x, y, source } : undefined;
}
