import type { Size } from '../../types.js';

/**
 * How overlapping predictions become one. `none`: each pixel is copied from the one window that owns it. The others
 * are weighted means whose weight depends on the place inside the window.
 */
export type Blend = 'none' | 'constant' | 'gaussian' | 'hann' | 'pyramid' | 'toolbelt';

/** Every blend, in the order in which help texts list them. */
export const blends: readonly Blend[] = ['gaussian', 'constant', 'hann', 'pyramid', 'toolbelt', 'none'];

/**
 * Weight of every pixel of a window, row-major, always above 0.
 *
 * - `constant`: 1
 * - `gaussian`: `exp(-x^2 / (2 (T/8)^2))` along each axis, with `x` counted from the middle of the window. The
 *   product is at least 1e-3 (the maximum at `x = 0` is 1). It is the importance map of MONAI's sliding window
 *   inference at its default `sigma_scale` of 0.125.
 * - `hann`: `sin^2(pi (i + 0.5) / T)` along each axis
 * - `pyramid`: falls linearly from the middle to half a pixel outside the border along each axis
 * - `toolbelt`: `e / (c + e)`, with `c` the distance to the middle, `e = sqrt(d^2 + 0.25)`, and `d` the distance to
 *   the nearest edge of the window: the pyramid of pytorch-toolbelt
 */
export function weightMap(blend: Exclude<Blend, 'none'>, window: Size): Float32Array {
  const { width, height } = window;
  if (blend === 'toolbelt') return toolbeltMap(window);
  const across = profile(blend, width);
  const down = profile(blend, height);
  const least = blend === 'gaussian' ? 1e-3 : 0;
  const map = new Float32Array(width * height);
  for (let y = 0; y < height; y++) fillRow(map.subarray(y * width, (y + 1) * width), across, down[y]!, least);
  return map;
}

/** `across * factor`, but no less than `least`. */
function fillRow(row: Float32Array, across: Float64Array, factor: number, least: number): void {
  for (let x = 0; x < row.length; x++) row[x] = Math.max(factor * across[x]!, least);
}

function toolbeltMap({ width, height }: Size): Float32Array {
  const map = new Float32Array(width * height);
  const toEdge = (i: number, length: number): number => Math.hypot(Math.min(i + 0.5, length - i - 0.5), 0.5);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const edge = Math.min(toEdge(x, width), toEdge(y, height));
      map[y * width + x] = edge / (edge + Math.hypot(x + 0.5 - width / 2, y + 0.5 - height / 2));
    }
  }
  return map;
}

function profile(blend: Exclude<Blend, 'none' | 'toolbelt'>, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => {
    const fromMiddle = i - (length - 1) / 2;
    switch (blend) {
      case 'constant':
        return 1;
      case 'gaussian':
        return Math.exp(-(fromMiddle ** 2) / (2 * (length / 8) ** 2));
      case 'hann':
        return Math.sin((Math.PI * (i + 0.5)) / length) ** 2;
      case 'pyramid':
        return Math.min(i + 0.5, length - i - 0.5) / (length / 2);
    }
  });
}
