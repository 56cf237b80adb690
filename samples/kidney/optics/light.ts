import type { Ground, Tile, Tissue } from '../ground.js';
import { drawTissue } from '../painting/tissue.js';
import { noise } from '../random.js';
import { type Glass, ink, inkTouches, specksIn } from './glass.js';
import type { Stain } from './stain.js';

/** Pixels of a slide, and the label of each. `rgb` has three samples per pixel, `labels` one. */
export interface Drawn {
  readonly rgb: Uint8Array;
  readonly labels: Uint8Array;
}

/** Draws a tile in focus: light that passes through the tissue, the glass and what is on it. */
export function drawSharp(ground: Ground, glass: Glass, stain: Stain, tile: Tile): Drawn {
  const { width, height } = tile;
  const rgb = new Uint8Array(width * height * 3);
  const tissue = drawTissue(ground, tile);
  for (let row = 0; row < height; row++) {
    // Scanners read in stripes, which differ a little in brightness.
    const stripe = 1 + 0.006 * noise(ground.seed + 501, 0.5, (tile.y + row) * ground.mpp * 0.011);
    if (tissue === undefined) fillRow(rgb, row * width, width, stain, stripe);
    else lightRow(rgb, row * width, width, tissue, stain, stripe);
  }
  drawGlass(ground, glass, tile, rgb);
  return { rgb, labels: tissue?.labels ?? new Uint8Array(width * height) };
}

function fillRow(rgb: Uint8Array, from: number, count: number, { glass }: Stain, stripe: number): void {
  const red = glass[0] * stripe;
  const green = glass[1] * stripe;
  const blue = glass[2] * stripe;
  for (let i = from * 3; i < (from + count) * 3; i += 3) {
    rgb[i] = red;
    rgb[i + 1] = green;
    rgb[i + 2] = blue;
  }
}

function lightRow(
  rgb: Uint8Array,
  from: number,
  count: number,
  tissue: Tissue,
  { glass, density, light }: Stain,
  stripe: number,
): void {
  const { chromatin, cytoplasm, matrix, blood, cover } = tissue;
  const [nr, ng, nb, cr, cg, cb, mr, mg, mb, br, bg, bb] = density;
  const red = glass[0] * stripe;
  const green = glass[1] * stripe;
  const blue = glass[2] * stripe;
  const last = light.length - 1;
  for (let i = from; i < from + count; i++) {
    const there = cover[i]!;
    if (there === 0) {
      rgb[i * 3] = red;
      rgb[i * 3 + 1] = green;
      rgb[i * 3 + 2] = blue;
      continue;
    }
    const nucleus = chromatin[i]!;
    const rest = there * (1 - 0.7 * Math.min(nucleus, 1));
    const n = nucleus * there;
    const c = cytoplasm[i]! * rest;
    const m = matrix[i]! * rest;
    const b = blood[i]! * rest;
    const dr = (n * nr + c * cr + m * mr + b * br) | 0;
    const dg = (n * ng + c * cg + m * mg + b * bg) | 0;
    const db = (n * nb + c * cb + m * mb + b * bb) | 0;
    rgb[i * 3] = red * light[dr < 0 ? 0 : Math.min(dr, last)]!;
    rgb[i * 3 + 1] = green * light[dg < 0 ? 0 : Math.min(dg, last)]!;
    rgb[i * 3 + 2] = blue * light[db < 0 ? 0 : Math.min(db, last)]!;
  }
}

/** Draws dust and the pen's mark over everything. */
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
