import { sharedSamples } from '../../tiff/samples/native.js';
import type { SampleType } from '../../types.js';
import type { PackedWindow, SharedWindow } from './session.js';

/** A window as numbers, given the memories that its pixels and scores lie in. */
export function packWindow({ pixels, scores }: SharedWindow, memories: readonly SharedArrayBuffer[]): PackedWindow {
  const [images, sums] = [memories.indexOf(pixels.buffer), memories.indexOf(scores.buffer)];
  return [images, pixels.byteOffset, pixels.length, sums, scores.byteOffset, scores.length];
}

/** The window that {@link packWindow} packed. */
export function unpackWindow(packed: PackedWindow, memories: readonly SharedArrayBuffer[], type: SampleType): SharedWindow {
  const [images, pixelsAt, samples, sums, scoresAt, floats] = packed;
  return {
    pixels: sharedSamples(type, samples, memories[images]!, pixelsAt),
    scores: new Float32Array(memories[sums]!, scoresAt, floats),
  };
}
