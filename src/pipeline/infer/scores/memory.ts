import { sharedSamples, typeOf } from '../../../tiff/samples/native.js';
import type { Samples } from '../../../types.js';

/** A pool of memory for the scores of windows, which all threads share. */
export interface ScoreMemory {
  /** Memory for the scores of one window, with undefined contents. */
  take(): Float32Array<SharedArrayBuffer>;
  /** Returns memory to the pool. */
  recycle(scores: Float32Array<SharedArrayBuffer>): void;
}

/** Memory in pieces of `length` floats. */
export function createMemory(length: number): ScoreMemory {
  const spare: Float32Array<SharedArrayBuffer>[] = [];
  return {
    take: () => spare.pop() ?? new Float32Array(new SharedArrayBuffer(4 * length)),
    recycle: (scores) => void spare.push(scores),
  };
}

/** A pool of memory for the pixels of windows, which all threads share. */
export interface PixelMemory {
  /** Memory for so many samples of the type of others, with undefined contents. */
  take(like: Samples, length: number): Samples<SharedArrayBuffer>;
  recycle(pixels: Samples<SharedArrayBuffer>): void;
}

/** Memory for the pixels of windows that are all alike. */
export function createPixelMemory(): PixelMemory {
  const spare: Samples<SharedArrayBuffer>[] = [];
  return {
    take: (like, length) => spare.pop() ?? sharedSamples(typeOf(like), length),
    recycle: (pixels) => void spare.push(pixels),
  };
}
