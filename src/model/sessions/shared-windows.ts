import { sharedSamples } from '../../tiff/samples/native.js';
import type { Box, Samples, SampleType, Size } from '../../types.js';
import type { PackedWindow, ScoreData, SharedWindow } from './session.js';

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

/** The smallest part that holds the wanted parts of all windows; undefined if one is wanted as a whole. */
export function partOfAll(windows: readonly Pick<SharedWindow, 'part'>[]): Box | undefined {
  const parts = windows.flatMap(({ part }) => part ?? []);
  if (parts.length < windows.length) return undefined;
  const [x, y] = [Math.min(...parts.map((each) => each.x)), Math.min(...parts.map((each) => each.y))];
  const right = Math.max(...parts.map((each) => each.x + each.width));
  const bottom = Math.max(...parts.map((each) => each.y + each.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** Copies a part of the interleaved pixels of a window to the start of a memory. */
export function copyPixels(pixels: Samples, window: Size, { x, y, width, height }: Box, out: Samples): void {
  const channels = pixels.length / (window.width * window.height);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * window.width + x) * channels;
    out.set(pixels.subarray(from, from + width * channels), row * width * channels);
  }
}

/**
 * Writes the scores of a batch as floats into the memory of its windows.
 *
 * @param data the planes of a part of each window, one window after the other
 * @param part in px of the window
 */
export function shareScores(data: ScoreData, part: Box, window: Size, windows: readonly Pick<SharedWindow, 'scores'>[]): void {
  const isWide = part.width === window.width;
  // Rows that are as wide as the window lie one behind the other in both.
  const [lines, length] = isWide ? [1, part.width * part.height] : [part.height, part.width];
  let from = 0;
  for (const { scores } of windows) {
    for (let plane = 0; plane < scores.length; plane += window.width * window.height) {
      for (let line = 0; line < lines; line++, from += length) {
        copyScores(data, from, scores, plane + (part.y + line) * window.width + part.x, length);
      }
    }
  }
}

function copyScores(data: ScoreData, from: number, to: Float32Array, at: number, length: number): void {
  if (data instanceof Uint8Array) for (let i = 0; i < length; i++) to[at + i] = data[from + i]! / 255;
  else to.set(data.subarray(from, from + length), at);
}
