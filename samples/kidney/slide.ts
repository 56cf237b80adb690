import { mapOrdered } from '../../src/io/ahead.js';
import type { RasterRows, Size } from '../../src/types.js';
import type { Ground, Tile } from './ground.js';
import { BLUR_REACH, blurInto } from './optics/blur.js';
import { dirty } from './optics/glass.js';
import { type Drawn, drawSharp } from './optics/light.js';
import { mixStain, type StainName } from './optics/stain.js';
import { keyOf, texture } from './random.js';
import { layOut } from './structures/section.js';

/** What to draw: the size in px, the µm per pixel, the stain, and the seed that everything else depends on. */
export interface KidneyOptions {
  readonly size: Size;
  readonly seed: number;
  readonly stain: StainName;
  readonly mpp: number;
}

/** Rows of a slide and of its truth, over the full width. */
export interface SlideRows {
  readonly image: RasterRows;
  readonly truth: RasterRows;
}

/** A slide that is drawn on demand. */
export interface KidneySlide extends KidneyOptions {
  /** Draws one rectangle, given in pixels. A pixel looks the same in every rectangle that contains it. */
  tile(tile: Tile): Drawn;
}

/**
 * Width of the rectangles in which a band is drawn. The surroundings of each rectangle are computed too, so wider and
 * taller rectangles are faster.
 */
const TILE = 1536;

/**
 * A synthetic section of a human kidney on glass, of any size, which is drawn on demand: cortex with glomeruli, tubules
 * and vessels, medullary rays, scars, dust, a pen mark and a patch out of focus.
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

  return { ...options, tile };
}

/**
 * Yields the rows of a slide from top to bottom, `height` rows at a time (the last band may have fewer). Memory: 4 bytes
 * per pixel of a band, plus the rectangles that are being drawn.
 *
 * @param draw draws one rectangle
 * @param ahead how many rectangles are drawn at a time
 */
export async function* slideRows(
  size: Size,
  height: number,
  draw: (tile: Tile) => Drawn | Promise<Drawn>,
  ahead: number,
  signal?: AbortSignal,
): AsyncGenerator<SlideRows> {
  async function* tiles(): AsyncGenerator<Tile> {
    for (let y = 0; y < size.height; y += height) {
      for (let x = 0; x < size.width; x += TILE) {
        yield { x, y, width: Math.min(TILE, size.width - x), height: Math.min(height, size.height - y) };
      }
    }
  }
  let band: SlideRows | undefined;
  for await (const { tile, drawn } of mapOrdered(tiles(), ahead, async (at) => ({ tile: at, drawn: await draw(at) }), signal)) {
    band ??= emptyBand(size.width, tile);
    for (let row = 0; row < tile.height; row++) {
      const from = row * tile.width;
      const to = row * size.width + tile.x;
      band.image.data.set(drawn.rgb.subarray(from * 3, (from + tile.width) * 3), to * 3);
      band.truth.data.set(drawn.labels.subarray(from, from + tile.width), to);
    }
    if (tile.x + tile.width < size.width) continue;
    yield band;
    band = undefined;
  }
}

function emptyBand(width: number, { y, height }: Tile): SlideRows {
  const place = { y, width, height };
  return {
    image: { ...place, channels: 3, data: new Uint8Array(width * height * 3) },
    truth: { ...place, channels: 1, data: new Uint8Array(width * height) },
  };
}
