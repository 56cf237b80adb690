import type { Pixels, Samples, SampleType, Size } from '../../types.js';
import type { Directory } from '../directory.js';

/** The kind of values that samples have. */
type SampleKind = Pick<Directory, 'sampleFormat' | 'bits'>;

/**
 * The type that the samples of a directory are decoded to, without scaling: unsigned integers of up to 8 bits become
 * `uint8`, those of 9 to 16 bits `uint16`. All that can be negative, have a fraction or more than 16 bits become
 * `float32`.
 */
export function sampleType({ sampleFormat, bits }: SampleKind): SampleType {
  if (sampleFormat !== UNSIGNED || bits[0]! > 16) return 'float32';
  return bits[0]! > 8 ? 'uint16' : 'uint8';
}

/**
 * The type of samples that are taken as they are; undefined for integers that are decoded to `float32`, which may
 * change them.
 */
export function keptType(kind: SampleKind): SampleType | undefined {
  const type = sampleType(kind);
  return type === 'float32' && kind.sampleFormat !== FLOAT ? undefined : type;
}

/** The least and the largest value of an integer sample. */
export function wholeRange({ sampleFormat, bits }: SampleKind): readonly [least: number, most: number] {
  const depth = bits[0]!;
  return sampleFormat === SIGNED ? [-(2 ** (depth - 1)), 2 ** (depth - 1) - 1] : [0, 2 ** depth - 1];
}

/** The kind of samples in words, such as `16-bit signed`. */
export function sampleWords({ sampleFormat, bits }: SampleKind): string {
  return `${bits[0]}-bit${sampleFormat === FLOAT ? ' floating point' : sampleFormat === SIGNED ? ' signed' : ''}`;
}

/** Values of the tag SampleFormat. */
export const UNSIGNED = 1;
export const SIGNED = 2;
export const FLOAT = 3;

/** How many bytes a sample has in memory. */
export const bytesOfSample: Readonly<Record<SampleType, number>> = { uint8: 1, uint16: 2, float32: 4 };

/** An array of `length` samples, all 0. */
export function newSamples(type: SampleType, length: number): Samples<ArrayBuffer> {
  if (type === 'uint8') return new Uint8Array(length);
  return type === 'uint16' ? new Uint16Array(length) : new Float32Array(length);
}

/** An array of `length` samples in memory that threads share, from a byte of it on. */
export function sharedSamples(
  type: SampleType,
  length: number,
  memory: SharedArrayBuffer = new SharedArrayBuffer(length * bytesOfSample[type]),
  start: number = 0,
): Samples<SharedArrayBuffer> {
  if (type === 'uint8') return new Uint8Array(memory, start, length);
  return type === 'uint16' ? new Uint16Array(memory, start, length) : new Float32Array(memory, start, length);
}

/** The type of samples in memory. */
export function typeOf(samples: Samples): SampleType {
  if (samples instanceof Uint8Array) return 'uint8';
  return samples instanceof Uint16Array ? 'uint16' : 'float32';
}

/** A block, or a part of it, and where its pixels go. */
export interface BlockPlacement {
  /** Samples of one pixel that lie together in the block. */
  readonly stride: number;
  /** Pixels in a row of the block. */
  readonly rowLength: number;
  /** Size in pixels of the part of the block that is placed, from its top left. */
  readonly size: Size;
  /** Place of its top left pixel in the target. */
  readonly x: number;
  readonly y: number;
  /** Which sample of the block becomes which channel of the target. */
  readonly channels: readonly (readonly [from: number, to: number])[];
}

/** Copies the samples of a block into the picture that it is a part of. Both are of the same type. */
export function place(block: Samples, target: Pixels<Samples>, placement: BlockPlacement): void {
  const { stride, rowLength, size, x, y, channels } = placement;
  const into = target.data;
  const whole = channels.length === stride && stride === target.channels && channels.every(([from, to]) => from === to);
  for (let row = 0; row < size.height; row++) {
    const from = row * rowLength * stride;
    const to = ((y + row) * target.width + x) * target.channels;
    if (whole) {
      into.set(block.subarray(from, from + size.width * stride), to);
      continue;
    }
    for (const [sample, channel] of channels)
      copySpread(block, from + sample, stride, into, to + channel, target.channels, size.width);
  }
}

/**
 * Copies `count` samples, from places that are `fromStep` apart to places that are `toStep` apart. Copies four at a
 * time, because V8 does not unroll loops.
 */
function copySpread(
  block: Samples,
  from: number,
  fromStep: number,
  into: Samples,
  to: number,
  toStep: number,
  count: number,
): void {
  let source = from;
  let at = to;
  let left = count;
  for (; left >= 4; left -= 4, source += 4 * fromStep, at += 4 * toStep) {
    into[at] = block[source]!;
    into[at + toStep] = block[source + fromStep]!;
    into[at + 2 * toStep] = block[source + 2 * fromStep]!;
    into[at + 3 * toStep] = block[source + 3 * fromStep]!;
  }
  for (; left > 0; left--, source += fromStep, at += toStep) into[at] = block[source]!;
}
