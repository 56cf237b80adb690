import { type Squash, squashed } from '../../plan/scores/squash.js';
import { newSamples } from '../../tiff/samples/native.js';
import type { Samples, SampleType, Size } from '../../types.js';

/** A batch alternates between two different windows, so that a device that mixes up windows is caught. */
export const trialWindows = 2;

const most: Readonly<Record<SampleType, number>> = { uint8: 255, uint16: 65535, float32: 1 };

/**
 * Pixels to test a device with: slow waves with noise on top, so that both flat areas and edges occur. They are the same
 * on every machine. Slot `i` of the batch holds window `i % 2`.
 */
export function trialPixels(type: SampleType, { width, height }: Size, channels: number, batch: number): Samples<ArrayBuffer> {
  const each = width * height * channels;
  const pixels = newSamples(type, each * batch);
  for (let slot = 0; slot < Math.min(batch, trialWindows); slot++) {
    let state = slot + 1;
    for (let at = 0; at < each; at++) {
      const pixel = Math.floor(at / channels);
      const wave = Math.sin((pixel % width) / 17 + slot) * Math.cos(Math.floor(pixel / width) / 23 + (at % channels));
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' linear congruential generator
      const value = (0.5 + 0.35 * wave + 0.15 * (state / 2 ** 31 - 1)) * most[type];
      pixels[slot * each + at] = type === 'float32' ? value : Math.round(value);
    }
  }
  for (let slot = trialWindows; slot < batch; slot++)
    pixels.copyWithin(slot * each, (slot % trialWindows) * each, ((slot % trialWindows) + 1) * each);
  return pixels;
}

/**
 * The largest difference in probability between two sets of scores of the same windows. Scores are planes, `channels` of
 * them. If `squash` is given, it is applied to both first. NaN counts as a difference of 1.
 */
export function farthest(a: Float32Array, b: Float32Array, channels: number, squash: Squash | undefined): number {
  const [left, right] = squash ? [squashed(a, channels, squash), squashed(b, channels, squash)] : [a, b];
  let most = 0;
  for (let i = 0; i < left.length; i++) {
    const away = Math.abs(left[i]! - right[i]!);
    if (!(away <= most)) most = Number.isNaN(away) ? 1 : away;
  }
  return most;
}
