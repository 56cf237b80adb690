import type { Size } from '../types.js';
import type { Directory } from './directory.js';

/** Samples of the type that the file keeps. Samples of less than 8 bits are `uint8`, of 9 to 16 bits `uint16`, at the values that they have. */
export type Samples =
  | { readonly type: 'uint8'; readonly data: Uint8Array }
  | { readonly type: 'uint16'; readonly data: Uint16Array }
  | { readonly type: 'float32'; readonly data: Float32Array };

/** Interleaved samples of some channels: channel `c` of pixel `(x, y)` is `data[(y * width + x) * channels + c]`. */
export type NativePixels = Size & { readonly channels: number } & Samples;

/** Like `Band`, with pixels as the file keeps them. */
export interface NativeBand {
  readonly y: number;
  readonly height: number;
  readonly runs: readonly { readonly x: number; readonly pixels: NativePixels }[];
}

/** What type the samples of a directory are decoded to. */
export function sampleType({ sampleFormat, bits }: Pick<Directory, 'sampleFormat' | 'bits'>): Samples['type'] {
  if (sampleFormat === 3) return 'float32';
  return bits[0]! > 8 ? 'uint16' : 'uint8';
}

/** Room for samples, all 0. */
export function newSamples(type: Samples['type'], length: number): Samples {
  if (type === 'uint8') return { type, data: new Uint8Array(length) };
  if (type === 'uint16') return { type, data: new Uint16Array(length) };
  return { type, data: new Float32Array(length) };
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
export function place(block: Samples['data'], target: NativePixels, placement: Placement): void {
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
