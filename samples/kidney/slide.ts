import type { RasterRows, Size } from '../../src/types.js';
import { dirty, type Glass, ink, inkTouches, specksIn } from './glass.js';
import { keyOf, noise, texture } from './random.js';
import { drawTissue, type Ground, type Tile } from './render.js';
import { layOut } from './section.js';
import { DENSITY_STEPS, lightTable, mixStain, type Stain, type StainName } from './stain.js';

/** What to draw: size in px, um per pixel, stain, and the seed on which all else depends. */
export interface KidneyOptions {
  readonly size: Size;
  readonly seed: number;
  readonly stain: StainName;
  readonly mpp: number;
}

/** Pixels of a slide and what each of them shows. `rgb` has three samples a pixel, `labels` one. */
export interface Drawn {
  readonly rgb: Uint8Array;
  readonly labels: Uint8Array;
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

/** Labels of the truth, in order from 0. A structure's label holds for all of it: wall, membrane and lumen. */
export const LABELS = ['background', 'glomerulus', 'sclerosed glomerulus', 'tubule', 'vessel'] as const;

const TILE = 768;
const BLUR = 3;

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
  const light = lightTable();

  const tile = (box: Tile): Drawn => {
    const { haze } = glass;
    const dx = Math.max(box.x * mpp - haze.x, 0, haze.x - (box.x + box.width) * mpp);
    const dy = Math.max(box.y * mpp - haze.y, 0, haze.y - (box.y + box.height) * mpp);
    if (Math.hypot(dx, dy) > haze.radius) return drawSharp(ground, glass, stain, light, box);
    const halo = 2 * BLUR;
    const wide = { x: box.x - halo, y: box.y - halo, width: box.width + 2 * halo, height: box.height + 2 * halo };
    return blurInto(drawSharp(ground, glass, stain, light, wide), wide, box, haze, mpp);
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

/** Light through tissue and glass. */
function drawSharp(ground: Ground, glass: Glass, stain: Stain, light: Float32Array, tile: Tile): Drawn {
  const { width, height } = tile;
  const { mpp, seed } = ground;
  const rgb = new Uint8Array(width * height * 3);
  const tissue = drawTissue(ground, tile);
  const last = light.length - 1;
  const steps = (vector: readonly [number, number, number]): [number, number, number] => [
    vector[0] * DENSITY_STEPS,
    vector[1] * DENSITY_STEPS,
    vector[2] * DENSITY_STEPS,
  ];
  const [nr, ng, nb] = steps(stain.density.chromatin);
  const [cr, cg, cb] = steps(stain.density.cytoplasm);
  const [mr, mg, mb] = steps(stain.density.matrix);
  const [br, bg, bb] = steps(stain.density.blood);
  for (let row = 0; row < height; row++) {
    const band = 1 + 0.006 * noise(seed + 501, 0.5, (tile.y + row) * mpp * 0.011);
    const red = stain.glass[0] * band;
    const green = stain.glass[1] * band;
    const blue = stain.glass[2] * band;
    if (tissue === undefined) {
      for (let i = row * width * 3; i < (row + 1) * width * 3; i += 3) {
        rgb[i] = red;
        rgb[i + 1] = green;
        rgb[i + 2] = blue;
      }
      continue;
    }
    const { chromatin, cytoplasm, matrix, blood, cover } = tissue;
    for (let i = row * width; i < (row + 1) * width; i++) {
      const there = cover[i]!;
      if (there === 0) {
        rgb[i * 3] = red;
        rgb[i * 3 + 1] = green;
        rgb[i * 3 + 2] = blue;
        continue;
      }
      const hn = chromatin[i]! * there;
      const rest = there * (1 - 0.7 * Math.min(1, chromatin[i]!));
      const hc = cytoplasm[i]! * rest;
      const hm = matrix[i]! * rest;
      const hb = blood[i]! * rest;
      const dr = (hn * nr + hc * cr + hm * mr + hb * br) | 0;
      const dg = (hn * ng + hc * cg + hm * mg + hb * bg) | 0;
      const db = (hn * nb + hc * cb + hm * mb + hb * bb) | 0;
      rgb[i * 3] = red * light[Math.max(0, Math.min(last, dr))]!;
      rgb[i * 3 + 1] = green * light[Math.max(0, Math.min(last, dg))]!;
      rgb[i * 3 + 2] = blue * light[Math.max(0, Math.min(last, db))]!;
    }
  }
  drawGlass(ground, glass, tile, rgb);
  return { rgb, labels: tissue?.labels ?? new Uint8Array(width * height) };
}

/** Dust and the pen's mark, over everything. */
function drawGlass({ seed, mpp }: Ground, glass: Glass, tile: Tile, rgb: Uint8Array): void {
  const area = {
    left: tile.x * mpp,
    top: tile.y * mpp,
    right: (tile.x + tile.width) * mpp,
    bottom: (tile.y + tile.height) * mpp,
  };
  for (const speck of specksIn(seed, area)) {
    const reach = speck.radius * 1.5;
    const x1 = Math.min(tile.x + tile.width, Math.ceil((speck.x + reach) / mpp));
    const y1 = Math.min(tile.y + tile.height, Math.ceil((speck.y + reach) / mpp));
    for (let y = Math.max(tile.y, Math.floor((speck.y - reach) / mpp)); y < y1; y++) {
      for (let x = Math.max(tile.x, Math.floor((speck.x - reach) / mpp)); x < x1; x++) {
        const dx = (x + 0.5) * mpp - speck.x;
        const dy = (y + 0.5) * mpp - speck.y;
        const far = Math.sqrt(dx * dx + dy * dy) / speck.radius;
        if (far > 1.5) continue;
        const uneven = speck.soft ? 0 : 0.35 * noise(speck.key, dx / speck.radius, dy / speck.radius);
        const solid = Math.max(0, Math.min(1, (1 + uneven - far) * (speck.soft ? 3 : speck.radius)));
        const ring = speck.soft ? 0.6 + 0.4 * far * far : 1;
        const keep = 1 - solid * speck.strength * ring;
        const i = ((y - tile.y) * tile.width + x - tile.x) * 3;
        rgb[i] = rgb[i]! * keep;
        rgb[i + 1] = rgb[i + 1]! * keep;
        rgb[i + 2] = rgb[i + 2]! * keep;
      }
    }
  }
  if (!inkTouches(glass, area)) return;
  const { density } = glass.pen;
  for (let y = 0; y < tile.height; y++) {
    for (let x = 0; x < tile.width; x++) {
      const dark = ink(glass, (tile.x + x + 0.5) * mpp, (tile.y + y + 0.5) * mpp);
      if (dark === 0) continue;
      const i = (y * tile.width + x) * 3;
      rgb[i] = rgb[i]! * 10 ** (-dark * density[0]);
      rgb[i + 1] = rgb[i + 1]! * 10 ** (-dark * density[1]);
      rgb[i + 2] = rgb[i + 2]! * 10 ** (-dark * density[2]);
    }
  }
}

/** Two passes of a box of `2 * BLUR + 1` pixels in whole numbers, mixed in by how near a place is to the middle of the haze. */
function blurInto(drawn: Drawn, wide: Tile, box: Tile, haze: Glass['haze'], mpp: number): Drawn {
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

/** Means over squares; a border `BLUR` wide is left black. */
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
