import type { Box, Pixels, Rgb, Size } from '../types.js';

/** A window to draw: its box in working pixels, and whether it was run. */
export interface MappedWindow {
  readonly box: Box;
  readonly run: boolean;
}

/** Colours of the windows that were run, and of those that were skipped. */
export const windowColors: Readonly<Record<'run' | 'skipped', Rgb>> = { run: [0, 114, 178], skipped: [213, 94, 0] };

/**
 * A picture of where a run looked: the slide with the outlines of the windows that were run. Areas that no window
 * covered are pale, with the outlines of skipped windows.
 *
 * @param overview the whole slide, RGB
 * @param size of the working image: how many of its pixels, including fractions, the slide covers
 */
export function windowMap(overview: Pixels, size: Size, windows: readonly MappedWindow[]): Pixels {
  const { width, height } = overview;
  const data = new Uint8Array(overview.data);
  const across = width / size.width;
  const down = height / size.height;
  const seen = new Uint8Array(width * height);
  for (const { box, run } of windows) {
    if (!run) continue;
    const { left, right, top, bottom } = edges(box);
    for (let y = top; y < bottom; y++) seen.fill(1, y * width + left, y * width + right);
  }
  for (let at = 0; at < seen.length; at++) if (seen[at] === 0) mix(at, [255, 255, 255], 0.6);
  for (const { box, run } of windows) if (!run) frame(box, windowColors.skipped, 0.35);
  for (const { box, run } of windows) if (run) frame(box, windowColors.run, 0.7);
  return { width, height, channels: 3, data };

  function edges({ x, y, width: w, height: h }: Box) {
    const within = (value: number, most: number): number => Math.min(most, Math.max(0, Math.round(value)));
    return {
      left: within(x * across, width),
      right: within((x + w) * across, width),
      top: within(y * down, height),
      bottom: within((y + h) * down, height),
    };
  }

  function frame(box: Box, color: Rgb, strength: number): void {
    const { left, right, top, bottom } = edges(box);
    if (right <= left || bottom <= top) return;
    for (let x = left; x < right; x++) for (const y of [top, bottom - 1]) mix(y * width + x, color, strength);
    for (let y = top + 1; y < bottom - 1; y++) for (const x of [left, right - 1]) mix(y * width + x, color, strength);
  }

  function mix(pixel: number, color: Rgb, strength: number): void {
    for (let c = 0; c < 3; c++) {
      const i = 3 * pixel + c;
      data[i] = Math.round(data[i]! * (1 - strength) + color[c]! * strength);
    }
  }
}
