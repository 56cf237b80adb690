import type { Pixels, Samples, SampleType, Size } from '../types.js';
import type { Directory } from './directory.js';

/**
 * What type the samples of a directory are decoded to. Samples of less than 8 bits are `uint8`, of 9 to 16 bits `uint16`, at the values
 * that they have.
 */
export function sampleType({ sampleFormat, bits }: Pick<Directory, 'sampleFormat' | 'bits'>): SampleType {
  if (sampleFormat === 3) return 'float32';
  return bits[0]! > 8 ? 'uint16' : 'uint8';
}

/** Room for samples, all 0. */
export function newSamples(type: SampleType, length: number): Samples<ArrayBuffer> {
  if (type === 'uint8') return new Uint8Array(length);
  return type === 'uint16' ? new Uint16Array(length) : new Float32Array(length);
}

/** The type of samples in memory. */
export function typeOf(samples: Samples): SampleType {
  if (samples instanceof Uint8Array) return 'uint8';
  return samples instanceof Uint16Array ? 'uint16' : 'float32';
}

/** A block, or a part of it, and where its pixels go. */
export interface Placement {
  /** Samples of a pixel of the block that lie together. */
  readonly stride: number;
  /** Pixels in a row of the block. */
  readonly rowLength: number;
  /** Pixels of the block that are placed, from its top left. */
  readonly size: Size;
  /** Where they go in the target. */
  readonly x: number;
  readonly y: number;
  /** Which sample of the block becomes which channel of the target. */
  readonly channels: readonly (readonly [from: number, to: number])[];
}

/** Copies the samples of a block into the picture that it is a part of. Both are of the same type. */
export function place(block: Samples, target: Pixels<Samples>, placement: Placement): void {
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
    for (const [sample, channel] of channels) {
      let source = from + sample;
      let at = to + channel;
      for (let column = 0; column < size.width; column++, source += stride, at += target.channels) into[at] = block[source]!;
    }
  }
}
