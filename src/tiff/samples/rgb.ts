import type { Pixels, Samples } from '../../types.js';
import type { Directory } from '../directory.js';
import { FLOAT, SIGNED, sampleWords, wholeRange } from './native.js';
import { WHITE_IS_ZERO } from './photometric.js';

/** Value of the tag PhotometricInterpretation for samples that are indices into a table of colours. */
export const PALETTE = 3;

/** The values of samples that become 0 and 255. */
export interface SampleRange {
  readonly least: number;
  readonly most: number;
  /** Where the range comes from, such as `--range`, `MaxSampleValue` or `full range`. */
  readonly source: string;
  /** Whether samples may lie below the range, or above it, without anybody having intended that. */
  readonly open: { readonly below: boolean; readonly above: boolean };
}

/** How samples become 8 bits: `gain * sample + offset`, rounded to the nearest integer and clamped to 0 to 255. */
export interface SampleScale {
  readonly gain: number;
  readonly offset: number;
  /** The range that is stretched to 0 to 255; undefined if bytes are used as they are stored. */
  readonly range: SampleRange | undefined;
  /** The rule in words for people, with what happens to the channels. */
  readonly rule: string;
  /** Whether pictures show exactly what is stored, so that nothing need be said about it. */
  readonly plain: boolean;
}

/** What the channels of an image mean as colours. */
interface Colour {
  readonly kind: 'grey' | 'rgb' | 'palette' | 'cmyk';
  /** Channels that make the colour. */
  readonly colours: readonly number[];
  readonly alpha: { readonly channel: number; readonly premultiplied: boolean } | undefined;
}

/** Whether the samples of a pixel are channels that are not colours, and none of them is alpha. */
export function isColourless(directory: Directory): boolean {
  const { photometric } = directory;
  return (photometric === WHITE_IS_ZERO || photometric === 1) && colourOf(directory).alpha === undefined;
}

/** Which channels {@link toRgb} needs, in this order. */
export function rgbChannels(directory: Directory): readonly number[] {
  const { colours, alpha } = colourOf(directory);
  return alpha === undefined ? colours : [...colours, alpha.channel];
}

/**
 * The channels that hold grey or red, green and blue, in this order, if {@link toRgb} only stretches them. Undefined if
 * colours have to be computed: from a palette, alpha or inks.
 */
export function plainChannels(directory: Directory): readonly number[] | undefined {
  const { kind, colours, alpha } = colourOf(directory);
  return alpha === undefined && (kind === 'grey' || kind === 'rgb') ? colours : undefined;
}

/**
 * The directory of an image of which `count` samples were picked: it has only these, and all it says about their
 * colours is whether white is zero.
 */
export function channelsSeen(directory: Directory, count: number): Directory {
  return {
    ...directory,
    photometric: directory.photometric === WHITE_IS_ZERO ? WHITE_IS_ZERO : 1,
    samples: count,
    extraSamples: [],
  };
}

/** Values of the tag ExtraSamples. */
const PREMULTIPLIED = 1;
const UNASSOCIATED = 2;

function colourOf({ photometric, samples, extraSamples }: Directory): Colour {
  const base = photometric === 5 ? 4 : photometric === 2 || photometric === 6 ? 3 : 1;
  const alphas = extraSamples.flatMap((kind, i) => (kind === PREMULTIPLIED || kind === UNASSOCIATED ? [i] : []));
  // In an image of many channels, libvips calls all but the first one alpha.
  const place = base === 1 && alphas.length > 1 ? -1 : (alphas[0] ?? -1);
  const alpha =
    place < 0 || base + place >= samples
      ? undefined
      : { channel: base + place, premultiplied: extraSamples[place] === PREMULTIPLIED };
  // Files from microscopes call any number of channels grey.
  const channelsOfGrey = alpha === undefined ? samples : alpha.channel;
  const kind =
    photometric === 5 ? 'cmyk' : photometric === PALETTE ? 'palette' : base === 3 || channelsOfGrey >= 3 ? 'rgb' : 'grey';
  const count = kind === 'cmyk' ? 4 : kind === 'rgb' ? 3 : 1;
  return { kind, colours: Array.from({ length: count }, (_, i) => i), alpha };
}

/**
 * The scale that all levels of a slide share. It comes from what the file declares and never from its pixels:
 *
 * - Unsigned integers run from 0 to the largest value of as many bits as OME-XML gives as SignificantBits.
 * - Else they run from 0 to MaxSampleValue, if that is the largest value of 9 to 15 bits. Other values are a statistic
 *   of one picture, which would make the same stain look different on the next slide.
 * - Else they run over all values that the samples can have. Signed integers always do.
 * - Floating point runs from SMinSampleValue to SMaxSampleValue if both are given, else from 0 to 1.
 *
 * The indices of a palette are never scaled.
 *
 * @param given the range that the user gives, which wins over all of these
 */
export function sampleScale(directory: Directory, given?: SampleRange): SampleScale {
  const range = given ?? declaredRange(directory);
  const { least, most, source } = range;
  const gain = 255 / (most - least);
  const depth = directory.bits[0]!;
  const samples = `${sampleWords(directory)} samples`;
  const plain = directory.photometric === PALETTE || (depth === 8 && least === 0 && most === 255);
  const channels = channelRule(directory);
  const values = plain ? `${samples} as stored` : `${samples}: ${least} to ${most} (${source}) becomes 0 to 255`;
  return plain
    ? { gain: 1, offset: 0, range: undefined, rule: values + channels, plain: channels === '' }
    : { gain, offset: -least * gain, range, rule: values + channels, plain: false };
}

function declaredRange(directory: Directory): SampleRange {
  const { sampleFormat, bits, sampleRange, description } = directory;
  const { least, most } = sampleRange;
  if (sampleFormat === FLOAT) {
    if (least !== undefined && most !== undefined && most > least)
      return { least, most, source: 'SMinSampleValue, SMaxSampleValue', open: BOTH };
    return { least: 0, most: 1, source: 'nothing else is declared', open: BOTH };
  }
  const [lowest, highest] = wholeRange(directory);
  if (sampleFormat === SIGNED) return { least: lowest, most: highest, source: 'full range', open: NEITHER };
  const depth = bits[0]!;
  const significant = Number(/<Pixels\b[^>]*\bSignificantBits="(\d+)"/.exec(description)?.[1] ?? depth);
  if (significant > 0 && significant < depth)
    return { least: 0, most: 2 ** significant - 1, source: 'OME-XML SignificantBits', open: ABOVE };
  if (
    depth === 16 &&
    most !== undefined &&
    most > 255 &&
    most < 2 ** 15 &&
    Number.isInteger(Math.log2(most + 1)) &&
    (least ?? 0) === 0
  ) {
    return { least: 0, most, source: 'MaxSampleValue', open: ABOVE };
  }
  return { least: lowest, most: highest, source: 'full range', open: NEITHER };
}

const BOTH = { below: true, above: true };
const ABOVE = { below: false, above: true };
const NEITHER = { below: false, above: false };

function channelRule(directory: Directory): string {
  const { kind, colours, alpha } = colourOf(directory);
  const { samples, photometric } = directory;
  const parts: string[] = [];
  // Where channels are no colours, whoever picks among them says which ones.
  const told = !isColourless(directory);
  if (photometric === WHITE_IS_ZERO) parts.push('inverted (white is zero)');
  if (kind === 'palette') parts.push('colours of the palette');
  if (kind === 'cmyk') parts.push('inks to RGB by (1 - ink) * (1 - black)');
  if (photometric < 2 && kind === 'rgb' && told) parts.push('channels 1, 2 and 3 as red, green and blue');
  if (alpha !== undefined) parts.push(`over white by ${alpha.premultiplied ? 'premultiplied ' : ''}alpha`);
  const unused = samples - colours.length - (alpha === undefined ? 0 : 1);
  if (unused > 0 && told) parts.push(`${unused} of ${samples} channels left out`);
  return parts.map((part) => `; ${part}`).join('');
}

/**
 * Converts pixels to interleaved 8-bit RGB. Alpha is blended over white, the look of empty glass.
 *
 * @param pixels the channels that {@link rgbChannels} lists, in that order; their memory may be returned as the result
 * @param scale of the slide, by {@link sampleScale}
 */
export function toRgb(directory: Directory, pixels: Pixels<Samples>, scale: SampleScale): Uint8Array {
  const { kind, alpha } = colourOf(directory);
  const { channels } = pixels;
  if (kind === 'palette') return fromPalette(pixels, directory);
  const bytes = toBytes(pixels.data, scale);
  if (directory.photometric === WHITE_IS_ZERO) invert(bytes, channels, channels - (alpha === undefined ? 0 : 1));
  if (kind === 'rgb' && alpha === undefined) return bytes;
  const rgb = new Uint8Array(pixels.width * pixels.height * 3);
  if (kind === 'cmyk') fromCmyk(bytes, channels, rgb);
  else fromColours(bytes, channels, kind === 'grey' ? 0 : 1, rgb);
  if (alpha !== undefined) overWhite(rgb, bytes, channels, alpha.premultiplied);
  return rgb;
}

/** Converts the samples of some channels to 8 bits each. May return the same memory. */
export function channelBytes({ photometric }: Directory, { data, channels }: Pixels<Samples>, scale: SampleScale): Uint8Array {
  const bytes = toBytes(data, scale);
  if (photometric === WHITE_IS_ZERO) invert(bytes, channels, channels);
  return bytes;
}

/** Scales values and rounds them to bytes. May return the same memory. */
function toBytes(data: Samples, { gain, offset }: SampleScale): Uint8Array {
  const stored = data instanceof Uint8Array;
  if (stored && gain === 1 && offset === 0) return data;
  const bytes = new Uint8ClampedArray(data.length);
  if (data instanceof Float32Array) {
    for (let i = 0; i < data.length; i++) bytes[i] = gain * data[i]! + offset;
  } else {
    const table = Uint8ClampedArray.from({ length: stored ? 256 : 65_536 }, (_, value) => gain * value + offset);
    for (let i = 0; i < data.length; i++) bytes[i] = table[data[i]!]!;
  }
  return new Uint8Array(bytes.buffer);
}

function invert(bytes: Uint8Array, channels: number, colours: number): void {
  for (let at = 0; at < bytes.length; at += channels) {
    for (let c = 0; c < colours; c++) bytes[at + c] = 255 - bytes[at + c]!;
  }
}

/** `step` is the distance from red to green and from green to blue: 0 for grey. */
function fromColours(bytes: Uint8Array, channels: number, step: number, rgb: Uint8Array): void {
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    rgb[to] = bytes[from]!;
    rgb[to + 1] = bytes[from + step]!;
    rgb[to + 2] = bytes[from + 2 * step]!;
  }
}

function fromPalette({ width, height, channels, data }: Pixels<Samples>, { colorMap, bits }: Directory): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  const map = colorMap ?? [];
  const size = 2 ** bits[0]!;
  const all = Array.from({ length: 3 * size }, (_, i) => map[i] ?? 0);
  // Some writers store colours of 8 bits, which libtiff accepts too.
  const shift = all.some((value) => value > 255) ? 8 : 0;
  const colours = Uint8Array.from(all, (value) => value >> shift);
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    const index = data[from]!;
    rgb[to] = colours[index]!;
    rgb[to + 1] = colours[size + index]!;
    rgb[to + 2] = colours[2 * size + index]!;
  }
  return rgb;
}

function fromCmyk(bytes: Uint8Array, channels: number, rgb: Uint8Array): void {
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    const light = 255 - bytes[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to + c] = ((255 - bytes[from + c]!) * light + 127) / 255;
  }
}

function overWhite(rgb: Uint8Array, bytes: Uint8Array, channels: number, premultiplied: boolean): void {
  for (let to = 0, at = channels - 1; to < rgb.length; to += 3, at += channels) {
    const alpha = bytes[at]!;
    if (alpha === 255) continue;
    const white = 255 - alpha;
    for (let c = 0; c < 3; c++) {
      const colour = rgb[to + c]!;
      rgb[to + c] = premultiplied ? Math.min(255, colour + white) : (colour * alpha + 255 * white + 127) / 255;
    }
  }
}
