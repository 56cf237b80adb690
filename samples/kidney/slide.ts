import type { RasterRows, Size } from '../../src/types.js';
import { BLUR_REACH, blurInto } from './blur.js';
import { dirty } from './glass.js';
import type { Ground, Tile } from './ground.js';
import { type Drawn, drawSharp } from './light.js';
import { keyOf, texture } from './random.js';
import { layOut } from './section.js';
import { mixStain, type StainName } from './stain.js';

/** What to draw: size in px, um per pixel, stain, and the seed on which all else depends. */
export interface KidneyOptions {
  readonly size: Size;
  readonly seed: number;
  readonly stain: StainName;
  readonly mpp: number;
}

/** Full-width rows of a slide and of its truth. */
export interface SlideRows {
  readonly image: RasterRows;
  readonly truth: RasterRows;
}

export interface KidneySlide extends KidneyOptions {
  /** Draws one rectangle, in pixels. A pixel is the same whatever rectangle it is drawn in. */
  tile(tile: Tile): Drawn;
  /** The slide from top to bottom, `height` rows at a time (the last band may be lower). Memory: about 7 bytes a pixel of a band. */
  rows(height: number): Generator<SlideRows>;
}

const TILE = 768;

/**
 * A synthetic section of a human kidney on glass, of any size, drawn on demand: cortex with glomeruli, tubules and vessels, medullary
 * rays, scars, dust, a pen mark and a patch out of focus.
 */
export function kidneySlide(options: KidneyOptions): KidneySlide {
  const { size, seed, mpp } = options;
  const section = layOut({ width: size.width * mpp, height: size.height * mpp }, seed);
  const grain = (index: number, um: number): Float32Array => texture(keyOf(seed, 51, index), um / mpp);
  const ground: Ground = { section, seed, mpp, fine: grain(0, 1.3), mid: grain(1, 5), wide: grain(2, 24) };
  const glass = dirty(section, seed);
  const stain = mixStain(options.stain, seed);

  const tile = (box: Tile): Drawn => {
    const { haze } = glass;
    const dx = Math.max(box.x * mpp - haze.x, 0, haze.x - (box.x + box.width) * mpp);
    const dy = Math.max(box.y * mpp - haze.y, 0, haze.y - (box.y + box.height) * mpp);
    if (Math.hypot(dx, dy) > haze.radius) return drawSharp(ground, glass, stain, box);
    const halo = BLUR_REACH;
    const wide = { x: box.x - halo, y: box.y - halo, width: box.width + 2 * halo, height: box.height + 2 * halo };
    return blurInto(drawSharp(ground, glass, stain, wide), wide, box, haze, mpp);
  };

  function* rows(height: number): Generator<SlideRows> {
    for (let y = 0; y < size.height; y += height) {
      const band = Math.min(height, size.height - y);
      const rgb = new Uint8Array(size.width * band * 3);
      const labels = new Uint8Array(size.width * band);
      for (let x = 0; x < size.width; x += TILE) {
        const width = Math.min(TILE, size.width - x);
        const drawn = tile({ x, y, width, height: band });
        for (let row = 0; row < band; row++) {
          rgb.set(drawn.rgb.subarray(row * width * 3, (row + 1) * width * 3), (row * size.width + x) * 3);
          labels.set(drawn.labels.subarray(row * width, (row + 1) * width), row * size.width + x);
        }
      }
      const place = { y, width: size.width, height: band };
      yield { image: { ...place, channels: 3, data: rgb }, truth: { ...place, channels: 1, data: labels } };
    }
  }
  return { ...options, tile, rows };
}
