import type { Rgb } from '../types.js';

/** The colour maps of heatmaps. Lightness grows with the value, so they also read in grey. */
export const HEAT_COLORS = ['viridis', 'magma'] as const;
/** One of {@link HEAT_COLORS}. */
export type HeatColors = (typeof HEAT_COLORS)[number];

/** Colours at equal steps from 0 to 1, as matplotlib has them (van der Walt and Smith 2015, in the public domain). */
const ANCHORS: Readonly<Record<HeatColors, readonly number[]>> = {
  viridis: [0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725],
  magma: [0x000004, 0x180f3d, 0x440f76, 0x721f81, 0x9e2f7f, 0xcd4071, 0xf1605d, 0xfd9668, 0xfeca8d, 0xfcfdbf],
};

/** The colour of each of 256 values. Between the steps of a map, red, green and blue are mixed. */
export function heatColors(name: HeatColors): Rgb[] {
  const steps = ANCHORS[name].map((packed): Rgb => [packed >> 16, (packed >> 8) & 255, packed & 255]);
  return Array.from({ length: 256 }, (_, value): Rgb => {
    const place = (value / 255) * (steps.length - 1);
    const below = Math.min(Math.floor(place), steps.length - 2);
    const part = (c: 0 | 1 | 2): number =>
      Math.round(steps[below]![c] + (steps[below + 1]![c] - steps[below]![c]) * (place - below));
    return [part(0), part(1), part(2)];
  });
}
