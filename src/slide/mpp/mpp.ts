import { SegtileError } from '../../errors.js';
import { mppProblem, requireMpp } from '../../plan/resolution/mpp-range.js';
import { attribute, rootName, type XmlTag, xmlTags } from '../../plan/text/xml.js';
import type { Resolution } from '../../tiff/directory.js';
import type { SlideMpp } from '../slide.js';
import { imagejMpp } from './imagej-mpp.js';
import { micrometresPer } from './length-units.js';
import type { MppStatement } from './mpp-statement.js';

/** What a file says about the physical size of its pixels. */
export interface MppClues {
  /** What the maker's own metadata says about the image that is read, if this metadata was searched. */
  readonly said?: MppStatement | undefined;
  /**
   * Text of the tag ImageDescription of the full-resolution image. It may be OME-XML, or a description by Aperio or
   * ImageJ.
   */
  readonly description: string;
  readonly resolution: Resolution | undefined;
}

/**
 * The micrometres per pixel of level 0. The first source that gives them is used: the user, OME-XML, the maker's
 * metadata, the TIFF resolution tags. Undefined if no source gives them. A value in the file that is impossible for a
 * slide (see {@link mppProblem}) is ignored and quoted in a note.
 *
 * @param given micrometres per pixel that the user gave; a number comes from --slide-mpp
 * @throws {SegtileError} `usage` if `given` is impossible for a slide
 */
export function findMpp(
  given: number | SlideMpp | undefined,
  clues: MppClues,
): MppStatement & { readonly notes: readonly string[] } {
  if (given !== undefined) return { mpp: givenMpp(given), notes: [] };
  const notes: string[] = [];
  for (const { mpp, notes: own = [] } of statementsIn(clues)) {
    notes.push(...own);
    const problem = mpp && mppProblem(mpp);
    if (mpp && problem === undefined) return { mpp, notes };
    if (mpp) notes.push(`${quoted(mpp)}, ${problem}: ignored, so give the right size with --slide-mpp`);
  }
  return { mpp: undefined, notes };
}

/** The pixel size of a file that segtile wrote. Any size is accepted, because the user chose the working resolution. */
export function ownMpp(clues: MppClues): SlideMpp | undefined {
  return statementsIn(clues).find(({ mpp }) => mpp !== undefined)?.mpp;
}

function statementsIn({ said, description, resolution }: MppClues): readonly MppStatement[] {
  return [said ?? omeMpp(description), aperioMpp(description), imagejMpp(description, resolution), tagMpp(resolution)];
}

function quoted({ x, y, source }: SlideMpp): string {
  const figure = (value: number): string => String(Number(value.toPrecision(4)));
  return `${source} ${source.endsWith('s') ? 'say' : 'says'} ${x === y ? figure(x) : `${figure(x)} × ${figure(y)}`} µm per pixel`;
}

/**
 * The pixel size that the user gave. It takes precedence over anything in a file.
 *
 * @throws {SegtileError} `usage` if it is impossible for a slide
 */
export function givenMpp(given: number | SlideMpp): SlideMpp {
  if (typeof given === 'number') {
    requireMpp(given, '--slide-mpp');
    return { x: given, y: given, source: '--slide-mpp' };
  }
  const problem = mppProblem(given);
  if (problem === undefined) return given;
  throw new SegtileError(
    'usage',
    `${given.source} gives ${given.x} × ${given.y} µm per pixel, ${problem}`,
    'give micrometres per pixel, such as 0.5',
  );
}

/** Reads PhysicalSizeX and PhysicalSizeY of the first `Pixels` of OME-XML. */
export function omeMpp(description: string): MppStatement {
  if (!isOme(description)) return {};
  for (const tag of xmlTags(description)) if (tag.name === 'Pixels') return pixelsMpp(tag);
  return {};
}

/**
 * Reads PhysicalSizeX and PhysicalSizeY of a `Pixels` element. Their unit is µm if no other is given (OME schema
 * 2016-06). A value whose unit is no length, such as `pixel`, gives no size. If only one axis has a size, pixels are
 * taken to be square, and a note says so.
 */
export function pixelsMpp(pixels: XmlTag): MppStatement {
  const [x, y] = [omeSize(pixels, 'X'), omeSize(pixels, 'Y')];
  const wrong = [x, y].flatMap((size) => (typeof size === 'string' ? [size] : []));
  if (wrong.length > 0) return { notes: wrong };
  const [across, down] = [x ?? y, y ?? x] as (number | undefined)[];
  if (across === undefined || down === undefined) return {};
  const alone = `OME-XML says PhysicalSize${x === undefined ? 'Y' : 'X'} alone: pixels are taken to be square`;
  return { ...physical(across, down, 'OME-XML'), ...(x === undefined || y === undefined ? { notes: [alone] } : {}) };
}

/** The micrometres along an axis; a sentence if the value is no length; undefined if there is no value. */
function omeSize(pixels: XmlTag, axis: 'X' | 'Y'): number | string | undefined {
  const said = attribute(pixels, `PhysicalSize${axis}`);
  if (said === undefined || said === '') return undefined;
  const unit = attribute(pixels, `PhysicalSize${axis}Unit`) ?? 'µm';
  const micrometres = decimal(said) * (micrometresPer(unit) ?? Number.NaN);
  if (micrometres > 0 && micrometres < Number.POSITIVE_INFINITY) return micrometres;
  return `OME-XML says PhysicalSize${axis} "${said}" in "${unit}", which is not a length: ignored`;
}

/** Whether a description is OME-XML. */
export function isOme(description: string): boolean {
  return rootName(description) === 'OME';
}

/** Reads `MPP = 0.4990` from the `|`-separated fields of a description by Aperio software. */
export function aperioMpp(description: string): MppStatement {
  const said = isAperio(description) ? /\|\s*MPP\s*=\s*([^|\r\n]*)/i.exec(description)?.[1]?.trim() : undefined;
  if (said === undefined || said === '') return {};
  const [, value = '', unit = 'um'] = /^([-+.,\deE]+)\s*(\S*)$/.exec(said) ?? [];
  const mpp = decimal(value) * (micrometresPer(unit || 'um') ?? Number.NaN);
  const found = physical(mpp, mpp, 'Aperio MPP');
  return found.mpp ? found : { notes: [`Aperio MPP says "${said}", which is not a size: ignored`] };
}

/** Whether Aperio software wrote a description. */
export function isAperio(description: string): boolean {
  return description.startsWith('Aperio');
}

/** Reads the resolution tags if their unit is cm or inch. */
export function tagMpp(resolution: Resolution | undefined): MppStatement {
  if (resolution === undefined || resolution.unit === 'none') return {};
  const micrometres = resolution.unit === 'cm' ? 10_000 : 25_400;
  return physical(micrometres / resolution.x, micrometres / resolution.y, 'TIFF resolution tags');
}

/** Parses a number as scanners write it; some use a decimal comma. NaN if it is not a number. */
export function decimal(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.'));
}

/** A physical size, if both sides are positive and finite. */
export function physical(x: number, y: number, source: string): MppStatement {
  return x > 0 && y > 0 && Number.isFinite(x) && Number.isFinite(y) ? { mpp: { x, y, source } } : {};
}
