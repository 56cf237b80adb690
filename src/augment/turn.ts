import type { Pixels } from '../types.js';

/** Swaps left and right. */
export function flipHorizontal(pixels: Pixels): Pixels {
  const { width, height } = pixels;
  return moved(pixels, { width, height }, width - 1, -1, width);
}

/** Swaps top and bottom. */
export function flipVertical(pixels: Pixels): Pixels {
  const { width, height } = pixels;
  return moved(pixels, { width, height }, (height - 1) * width, 1, -width);
}

/** Turns counter-clockwise by quarters of a circle; one or three swap width and height. */
export function rotate90(pixels: Pixels, quarters: 1 | 2 | 3): Pixels {
  const { width, height } = pixels;
  const turned = { width: height, height: width };
  if (quarters === 1) return moved(pixels, turned, width - 1, width, -1);
  if (quarters === 2) return moved(pixels, { width, height }, width * height - 1, -1, -width);
  return moved(pixels, turned, (height - 1) * width, -width, 1);
}

/**
 * Pixels in another order, given as indices: the first is at `start`, the next in a row is `across` further, the
 * first of the next row is `down` further.
 */
function moved(
  { channels, data }: Pixels,
  { width, height }: { width: number; height: number },
  start: number,
  across: number,
  down: number,
): Pixels {
  const out = new Uint8Array(data.length);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0, from = (start + y * down) * channels; x < width; x++, from += across * channels) {
      for (let c = 0; c < channels; c++) out[o++] = data[from + c]!;
    }
  }
  return { width, height, channels, data: out };
}
