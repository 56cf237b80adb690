import type { Tile } from '../ground.js';
import type { Glass } from './glass.js';
import type { Drawn } from './light.js';

/** Radius of the box blur in px. */
const BLUR = 3;

/** How far {@link blurInto} looks around a pixel, in px. */
export const BLUR_REACH = 2 * BLUR;

/**
 * Blurs a tile by two passes of a box of `2 * BLUR + 1` pixels, in integers. The blur is mixed in the more, the nearer a
 * pixel is to the middle of the haze.
 *
 * @param wide the tile that was drawn: `box` with a border of {@link BLUR_REACH} px
 * @param box the tile that is returned
 */
export function blurInto(drawn: Drawn, wide: Tile, box: Tile, haze: Glass['haze'], mpp: number): Drawn {
  const rgb = new Uint8Array(box.width * box.height * 3);
  const labels = new Uint8Array(box.width * box.height);
  const once = boxBlur(drawn.rgb, wide.width, wide.height);
  const twice = boxBlur(once, wide.width, wide.height);
  const halo = box.x - wide.x;
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      const from = (y + halo) * wide.width + x + halo;
      const to = y * box.width + x;
      labels[to] = drawn.labels[from]!;
      const far = Math.hypot((box.x + x + 0.5) * mpp - haze.x, (box.y + y + 0.5) * mpp - haze.y) / haze.radius;
      const share = Math.max(0, Math.min(1, (1 - far) * 2.2));
      for (let k = 0; k < 3; k++) {
        const sharp = drawn.rgb[from * 3 + k]!;
        rgb[to * 3 + k] = sharp + (twice[from * 3 + k]! - sharp) * share;
      }
    }
  }
  return { rgb, labels };
}

/** Means over squares of pixels. A border that is `BLUR` px wide stays black. */
function boxBlur(data: Uint8Array, width: number, height: number): Uint8Array {
  const side = 2 * BLUR + 1;
  const sums = new Uint16Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let k = 0; k < 3; k++) {
      let sum = 0;
      for (let x = 0; x < width; x++) {
        const i = (y * width + x) * 3 + k;
        sum += data[i]!;
        if (x >= side) sum -= data[i - side * 3]!;
        if (x >= side - 1) sums[i - BLUR * 3] = sum;
      }
    }
  }
  const out = new Uint8Array(data.length);
  const stride = width * 3;
  for (let i = 0; i < stride; i++) {
    let sum = 0;
    for (let y = 0; y < height; y++) {
      sum += sums[y * stride + i]!;
      if (y >= side) sum -= sums[(y - side) * stride + i]!;
      if (y >= side - 1) out[(y - BLUR) * stride + i] = Math.floor(sum / (side * side));
    }
  }
  return out;
}
