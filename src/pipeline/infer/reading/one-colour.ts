import type { Samples, Size } from '../../../types.js';

/** Whether all pixels of a window are the same. Stops at the first pixel that differs. */
export function isOneColour(pixels: Samples, { width, height }: Size): boolean {
  const channels = pixels.length / (width * height);
  for (let i = channels; i < pixels.length; i++) if (pixels[i] !== pixels[i - channels]) return false;
  return true;
}
