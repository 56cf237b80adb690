import { SegtileError } from '../errors.js';
import { byteCounts } from '../plan/tissue/byte-counts.js';
import type { Directory } from '../tiff/directory.js';
import { FLOAT, sampleWords, wholeRange } from '../tiff/samples/native.js';
import { PALETTE, type SampleRange } from '../tiff/samples/rgb.js';
import type { Pixels } from '../types.js';

/**
 * The range that the user wants to be stretched to 0 to 255, checked against the possible values of the file's samples.
 *
 * @throws {SegtileError} `usage` if the samples cannot have these values, or are indices of a palette
 */
export function givenRange(
  path: string,
  given: readonly [least: number, most: number] | undefined,
  base: Pick<Directory, 'photometric' | 'sampleFormat' | 'bits'>,
): SampleRange | undefined {
  if (given === undefined) return undefined;
  const [least, most] = given;
  if (base.photometric === PALETTE) {
    const hint = 'leave out --range, or read the samples themselves with --channels 0';
    throw new SegtileError('usage', `${path} has the colours of a palette, which --range cannot stretch`, hint);
  }
  const [lowest, highest] =
    base.sampleFormat === FLOAT ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : wholeRange(base);
  if (least < lowest || most > highest) {
    throw new SegtileError(
      'usage',
      `--range is ${least} to ${most}, but the ${sampleWords(base)} samples of ${path} are ${lowest} to ${highest}`,
      'give the values that become black and white, such as --range 0,4095 for 12 bits in 16',
    );
  }
  // Samples below the range are not odd: users set the black level above the background on purpose.
  return { least, most, source: GIVEN, open: { below: false, above: most < highest } };
}

/** The source of a range that the user gave. */
export const GIVEN = '--range';

/**
 * The least part of 0 to 255 that a picture should use. A picture that uses less is too dark or too flat to resemble
 * what models are trained on.
 */
const LEAST_USED = 256 / 8;

/** Share of the darkest and of the brightest samples that is ignored: dead and hot pixels. */
const OUTLIERS = 1e-4;

const AS_STORED: SampleRange = { least: 0, most: 255, source: 'as stored', open: { below: false, above: false } };

/**
 * Warns about odd contrast of a picture, in a sentence for people: if it uses less than an eighth of the stretched
 * range, or if more than half of its samples lie beyond one end of it. If samples are bytes as stored, only darkness is
 * odd, because white glass may fill most of a slide.
 *
 * @param overview the whole slide as 8-bit RGB
 * @param range the range that was stretched; undefined if bytes are used as stored
 */
export function contrastWarning({ data }: Pixels, range: SampleRange | undefined): string | undefined {
  const counts = byteCounts(data);
  const { least, most, source, open } = range ?? AS_STORED;
  const stretched = `the ${least} to ${most} (${source}) that become 0 to 255`;
  const remedy = 'if its samples fill another range, say which with --range, such as --range 0,4095 for 12 bits';
  const half = data.length / 2;
  for (const [end, byte, isOpen] of [
    ['above the upper', 255, open.above],
    ['below the lower', 0, open.below],
  ] as const) {
    if (isOpen && counts[byte]! > half) return `more than half of the picture is at or ${end} end of ${stretched}; ${remedy}`;
  }
  const skip = Math.floor(data.length * OUTLIERS);
  const [first, last] = [edge(counts, skip, 1), edge(counts, skip, -1)];
  const odd = range === undefined ? last < LEAST_USED && last > first : last - first < LEAST_USED;
  if (!odd) return undefined;
  return `the picture uses less than an eighth of ${stretched}: only ${first} to ${last}; ${remedy}`;
}

/** The first value, from the darkest up or from the brightest down, at which more than `skip` samples have been counted. */
function edge(counts: Uint32Array, skip: number, step: 1 | -1): number {
  let value = step === 1 ? 0 : 255;
  let seen = counts[value]!;
  while (seen <= skip) {
    value += step;
    seen += counts[value]!;
  }
  return value;
}

/** The table that stretches each byte as {@link SampleRange} says. */
export function stretchedBytes({ least, most }: SampleRange): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: 256 }, (_, value) => ((value - least) * 255) / (most - least));
}
