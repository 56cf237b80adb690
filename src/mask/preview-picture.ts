import type { MaskClass, Pixels } from '../types.js';

/** How strongly a fully labelled pixel takes the colour of its class, and an outline. */
const fill = 0.36;
const outline = 0.92;

/**
 * Paints class colours over a slide, in proportion to the share (0 to 255) that each class has of a pixel, with an outline where the
 * ruling class changes; where `skipped` is 1 the slide is greyed and hatched. Returns RGB samples. Pure.
 */
export function compose(
  slide: Pixels,
  shares: readonly Uint8Array[],
  classes: readonly MaskClass[],
  skipped: Uint8Array | undefined,
): Uint8Array {
  const { width, height } = slide;
  const picture = new Uint8Array(slide.data);
  if (skipped) shade(picture, skipped, width);
  const ruling = rulingClass(shares, width * height);
  const reach = Math.max(width, height) >= 800 ? 2 : 1;

  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const own = ruling[pixel]!;
      if (own > 0 && onBorder(ruling, width, height, x, y, reach)) {
        mix(picture, pixel, classes[own - 1]!.color, outline);
        continue;
      }
      for (let c = 0; c < shares.length; c++) {
        const share = shares[c]![pixel]!;
        if (share > 0) mix(picture, pixel, classes[c]!.color, fill * (share / 255));
      }
    }
  }
  return picture;
}

/** 1 + index of the class with the largest share where the labels cover half of the pixel or more, else 0. */
function rulingClass(shares: readonly Uint8Array[], pixels: number): Uint8Array {
  const ruling = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++) {
    let [total, best] = [0, 0];
    for (let c = 0; c < shares.length; c++) {
      const share = shares[c]![i]!;
      total += share;
      if (share > best) {
        best = share;
        ruling[i] = c + 1;
      }
    }
    if (total < 128) ruling[i] = 0;
  }
  return ruling;
}

/** Whether another class rules within `reach` pixels along an axis. The edge of the picture is no border. */
function onBorder(ruling: Uint8Array, width: number, height: number, x: number, y: number, reach: number): boolean {
  const own = ruling[y * width + x];
  for (let d = 1; d <= reach; d++) {
    if (x >= d && ruling[y * width + x - d] !== own) return true;
    if (x + d < width && ruling[y * width + x + d] !== own) return true;
    if (y >= d && ruling[(y - d) * width + x] !== own) return true;
    if (y + d < height && ruling[(y + d) * width + x] !== own) return true;
  }
  return false;
}

function shade(picture: Uint8Array, skipped: Uint8Array, width: number): void {
  for (let pixel = 0; pixel < skipped.length; pixel++) {
    if (skipped[pixel] === 0) continue;
    const i = 3 * pixel;
    // Luma of ITU-R BT.601.
    const grey = 0.299 * picture[i]! + 0.587 * picture[i + 1]! + 0.114 * picture[i + 2]!;
    const hatched = ((pixel % width) + Math.floor(pixel / width)) % 12 < 2;
    const level = hatched ? 0.55 * grey + 0.45 * 160 : 0.62 * grey + 0.38 * 196;
    picture.fill(Math.round(level), i, i + 3);
  }
}

function mix(picture: Uint8Array, pixel: number, color: readonly number[], strength: number): void {
  for (let c = 0; c < 3; c++) {
    const i = 3 * pixel + c;
    picture[i] = Math.round(picture[i]! * (1 - strength) + color[c]! * strength);
  }
}
