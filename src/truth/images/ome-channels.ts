import { attribute, numberAttribute, rootName, xmlTags } from '../../plan/text/xml.js';
import type { Rgb } from '../../types.js';

/** A channel of an OME-TIFF. */
export interface OmeChannel {
  /** '' if it has none. */
  readonly name: string;
  /** Undefined if the file states none. */
  readonly color: Rgb | undefined;
}

/**
 * The channels of the first image that OME-XML describes, if their planes follow each other from the first directory
 * on; else none. A stack of focal planes or of points in time is no image of channels.
 */
export function omeChannels(description: string): OmeChannel[] {
  if (rootName(description) !== 'OME') return [];
  const channels: OmeChannel[] = [];
  let images = 0;
  let plain = true;
  for (const tag of xmlTags(description)) {
    if (tag.kind === 'close') continue;
    if (tag.name === 'Image' && ++images > 1) break;
    if (tag.name === 'Pixels')
      plain = [numberAttribute(tag, 'SizeZ'), numberAttribute(tag, 'SizeT')].every((size) => (size ?? 1) === 1);
    if (tag.name === 'TiffData') plain &&= (numberAttribute(tag, 'IFD') ?? 0) === (numberAttribute(tag, 'FirstC') ?? 0);
    if (tag.name !== 'Channel') continue;
    channels.push({ name: attribute(tag, 'Name') ?? '', color: rgbOf(numberAttribute(tag, 'Color')) });
  }
  return plain ? channels : [];
}

/** A colour as OME-XML stores it: one signed 32-bit integer with red in the highest byte and alpha in the lowest. */
function rgbOf(packed: number | undefined): Rgb | undefined {
  if (packed === undefined || !Number.isInteger(packed)) return undefined;
  return [(packed >>> 24) & 255, (packed >>> 16) & 255, (packed >>> 8) & 255];
}
