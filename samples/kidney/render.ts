import { type Area, grow, inside, reachOf, type Structure, structuresIn } from './anatomy.js';
import { NUCLEUS, type Nuclei, structureNuclei, tubuleNuclei } from './nuclei.js';
import { FILLET, listAt, OUTSIDE, type Packing, relax, shortlist } from './packing.js';
import { paintStructure, type Substances, tuftOf } from './paint.js';
import { noise, TEXTURE } from './random.js';
import type { Section } from './section.js';
import { COLLECTING, PROXIMAL, TUBULE_REACH, tubulesIn } from './tubules.js';

/** A rectangle of a slide in its pixels. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** All that a slide's pixels depend on. Textures hold noise with features of about 1, 5 and 30 um. */
export interface Ground {
  readonly section: Section;
  readonly seed: number;
  readonly mpp: number;
  readonly fine: Float32Array;
  readonly mid: Float32Array;
  readonly wide: Float32Array;
}

/** The tissue of a tile: what is in each pixel, how much of it is covered by tissue (0 to 1 times its thickness), and its label. */
export interface Tissue extends Substances {
  readonly cover: Float32Array;
  readonly labels: Uint8Array;
}

const NUCLEUS_HALO = 90;
const WARP = 13;

/** Side of the squares of pixels that are drawn together, about 8 um: slow fields are computed at their corners. */
export function blockOf(mpp: number): number {
  return Math.max(2, Math.min(32, Math.round(8 / mpp)));
}

/**
 * Tissue is drawn as if pressed out of shape a little, so that nothing is straight: the place that is drawn at `(x, y)` is
 * `(x + pull(x, y, 0), y + pull(x, y, 1))`.
 */
function pull(seed: number, x: number, y: number, axis: number): number {
  return 8.5 * noise(seed + 401 + axis, x / 75, y / 75) + 3 * noise(seed + 403 + axis, x / 27, y / 27);
}

/** Draws a tile, or returns undefined where it is glass alone. A pixel depends on its place and the ground, not on the tile. */
export function drawTissue(ground: Ground, tile: Tile): Tissue | undefined {
  const { section, seed, mpp } = ground;
  const block = blockOf(mpp);
  const firstColumn = Math.floor(tile.x / block);
  const firstRow = Math.floor(tile.y / block);
  const columns = Math.ceil((tile.x + tile.width) / block) - firstColumn;
  const rows = Math.ceil((tile.y + tile.height) / block) - firstRow;
  const nodes = columns + 1;
  const count = nodes * (rows + 1);

  const depth = new Float64Array(count);
  let some = false;
  for (let i = 0; i < count; i++) {
    const x = (firstColumn + (i % nodes)) * block * mpp;
    const y = (firstRow + Math.floor(i / nodes)) * block * mpp;
    const d = section.depth(x, y);
    depth[i] = d;
    if (d > -12) some = true;
  }
  if (!some) return undefined;

  const warpX = new Float64Array(count);
  const warpY = new Float64Array(count);
  const thickness = new Float64Array(count);
  const scars = new Float64Array(count);
  const capsule = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const x = (firstColumn + (i % nodes)) * block * mpp;
    const y = (firstRow + Math.floor(i / nodes)) * block * mpp;
    warpX[i] = x + pull(seed, x, y, 0);
    warpY[i] = y + pull(seed, x, y, 1);
    thickness[i] = 1 + 0.1 * noise(seed + 405, x / 500, y / 500) + 0.06 * noise(seed + 406, x / 70, y / 70);
    scars[i] = section.fibrosis(x, y);
    capsule[i] = 34 + 14 * noise(seed + 407, x / 300, y / 300) - Math.max(depth[i]!, section.below(x, y) - section.reach * 0.5);
  }

  const area: Area = {
    left: tile.x * mpp - WARP,
    top: tile.y * mpp - WARP,
    right: (tile.x + tile.width) * mpp + WARP,
    bottom: (tile.y + tile.height) * mpp + WARP,
  };
  const wide = grow(area, NUCLEUS_HALO);
  const structures = structuresIn(section, seed, wide, TUBULE_REACH + 60);
  const packing = relax(tubulesIn(section, seed, wide, structures), grow(wide, TUBULE_REACH));
  const solid = structures.filter((one) => one.kind !== 'thicket');
  const tufts = solid.map((one) => (one.kind === 'glomerulus' && !one.sclerosed ? tuftOf(one) : undefined));

  const size = tile.width * tile.height;
  const tissue: Tissue = {
    chromatin: new Float32Array(size),
    cytoplasm: new Float32Array(size),
    matrix: new Float32Array(size),
    blood: new Float32Array(size),
    cover: new Float32Array(size),
    labels: new Uint8Array(size),
  };
  const { cytoplasm, matrix, blood, cover, labels } = tissue;
  const { fine, mid, wide: coarse } = ground;
  const t = packing.tubules;
  const soft = Math.max(0.5, mpp);

  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const a = row * nodes + column;
      const b = a + 1;
      const c = a + nodes;
      const d = c + 1;
      const deepest = Math.max(depth[a]!, depth[b]!, depth[c]!, depth[d]!);
      if (deepest < -12) continue;
      const edgeless = Math.min(depth[a]!, depth[b]!, depth[c]!, depth[d]!) > 12;
      const cx = (warpX[a]! + warpX[b]! + warpX[c]! + warpX[d]!) / 4;
      const cy = (warpY[a]! + warpY[b]! + warpY[c]! + warpY[d]!) / 4;
      const radius = Math.max(
        Math.hypot(warpX[a]! - cx, warpY[a]! - cy),
        Math.hypot(warpX[b]! - cx, warpY[b]! - cy),
        Math.hypot(warpX[c]! - cx, warpY[c]! - cy),
        Math.hypot(warpX[d]! - cx, warpY[d]! - cy),
      );
      const list = shortlist(t, listAt(packing, cx, cy), cx, cy, radius);
      const near: number[] = [];
      for (let k = 0; k < solid.length; k++) {
        const one = solid[k]!;
        const away = Math.hypot(cx - one.x, cy - one.y);
        if (away < reachOf(one) + radius + FILLET + 24) near.push(k);
      }

      const x0 = Math.max((firstColumn + column) * block, tile.x);
      const x1 = Math.min((firstColumn + column + 1) * block, tile.x + tile.width);
      const y0 = Math.max((firstRow + row) * block, tile.y);
      const y1 = Math.min((firstRow + row + 1) * block, tile.y + tile.height);
      for (let py = y0; py < y1; py++) {
        const v = (py + 0.5) / block - (firstRow + row);
        const leftX = warpX[a]! + (warpX[c]! - warpX[a]!) * v;
        const leftY = warpY[a]! + (warpY[c]! - warpY[a]!) * v;
        const stepX = warpX[b]! + (warpX[d]! - warpX[b]!) * v - leftX;
        const stepY = warpY[b]! + (warpY[d]! - warpY[b]!) * v - leftY;
        const leftD = depth[a]! + (depth[c]! - depth[a]!) * v;
        const stepD = depth[b]! + (depth[d]! - depth[b]!) * v - leftD;
        const leftT = thickness[a]! + (thickness[c]! - thickness[a]!) * v;
        const stepT = thickness[b]! + (thickness[d]! - thickness[b]!) * v - leftT;
        const textureRow = (py & (TEXTURE - 1)) * TEXTURE;
        for (let px = x0; px < x1; px++) {
          const u = (px + 0.5) / block - (firstColumn + column);
          const i = (py - tile.y) * tile.width + px - tile.x;
          const texel = textureRow + (px & (TEXTURE - 1));
          const medium = mid[texel]!;
          let present = 1;
          const deep = leftD + stepD * u;
          if (!edgeless) {
            const rough = deep + 3.5 * medium;
            if (rough < -soft) continue;
            if (rough < soft) present = (rough + soft) / (2 * soft);
          }
          cover[i] = present * (leftT + stepT * u);
          const x = leftX + stepX * u;
          const y = leftY + stepY * u;

          let outside = 1e3;
          let inner = -1;
          let depthInside = 0;
          for (let k = 0; k < near.length; k++) {
            const one = solid[near[k]!]!;
            const s = inside(one, x, y);
            if (s > 0) {
              inner = near[k]!;
              depthInside = s;
              break;
            }
            if (-s < outside) outside = -s;
          }
          if (inner >= 0) {
            const one = solid[inner]!;
            paintStructure(tissue, i, one, tufts[inner], depthInside, x, y, fine[texel]!, medium, coarse[texel]!);
            if (one.kind === 'glomerulus') labels[i] = one.sclerosed ? 2 : 1;
            else if (one.kind !== 'follicle') labels[i] = 4;
            continue;
          }

          let first = 1e9;
          let second = 1e9;
          let third = 1e9;
          let own = -1;
          for (let k = 0; k < list.length; k++) {
            const j = list[k]!;
            const qx = x - t.x[j]!;
            const qy = y - t.y[j]!;
            const dx = t.dx[j]!;
            const dy = t.dy[j]!;
            let along = (qx * dx + qy * dy) * t.inverse[j]!;
            along = along < 0 ? 0 : along > 1 ? 1 : along;
            const ex = qx - along * dx;
            const ey = qy - along * dy;
            const score = Math.sqrt(ex * ex + ey * ey) - t.radius[j]!;
            if (score < first) {
              third = second;
              second = first;
              first = score;
              own = j;
            } else if (score < second) {
              third = second;
              second = score;
            } else if (score < third) third = score;
          }
          let edge = -OUTSIDE;
          if (own >= 0) {
            const room = t.cap[own]! - (first + t.radius[own]!);
            if (room > -OUTSIDE) {
              const gap = t.gap[own]!;
              const next = (second - first) / 2 - gap;
              const after = (third - first) / 2 - gap;
              const beside = outside - 1.5 - gap;
              edge = next < room ? next : room;
              if (beside < edge) edge = beside;
              let sum = 0;
              if (next < FILLET) sum += (FILLET - next) * (FILLET - next);
              if (after < FILLET) sum += (FILLET - after) * (FILLET - after);
              if (room < FILLET) sum += (FILLET - room) * (FILLET - room);
              if (beside < FILLET) sum += (FILLET - beside) * (FILLET - beside);
              if (sum > 0) edge = FILLET - Math.sqrt(sum);
              if (edge < -OUTSIDE) edge = -OUTSIDE;
            }
          }

          const key = own < 0 ? 0 : t.key[own]!;
          const grain = fine[((py + (key >>> 8)) & (TEXTURE - 1)) * TEXTURE + ((px + key) & (TEXTURE - 1))]!;
          if (edge > 0) {
            labels[i] = 3;
            const kind = t.kind[own]! & 7;
            const membrane = t.membrane[own]!;
            const thick = t.epithelium[own]! + 2 * medium;
            const bm = edge < 2 * membrane ? 1 - Math.abs(edge - membrane) / membrane : 0;
            const beyond = edge < membrane ? 1 - edge / membrane : 0;
            const hue = ((key >>> 16) & 255) / 255;
            let hollow = (edge - thick) / (2 * soft) + 0.5;
            hollow = hollow < 0 ? 0 : hollow > 1 ? 1 : hollow;
            let cell: number;
            let m = bm * 0.9 + beyond * 0.3;
            let lumen = 0.03;
            if (kind === PROXIMAL) {
              cell = 0.8 + 0.25 * hue + 0.2 * grain + 0.08 * medium;
              const brush = edge - thick + 2;
              if (brush > -1.6 && brush < 2.6) m += (brush < 0 ? 1 + brush / 1.6 : 1 - brush / 2.6) * 0.42;
              lumen = 0.1 + 0.1 * medium;
              m += 0.1 * (1 - hollow);
            } else {
              cell = (kind === COLLECTING ? 0.42 : 0.58) + 0.16 * hue + 0.16 * grain + 0.06 * medium;
              const rim = edge - thick + 0.6;
              if (rim > -1 && rim < 1) m += (1 - Math.abs(rim)) * 0.16;
            }
            cytoplasm[i] = cell * (1 - hollow) + (lumen > 0 ? lumen : 0) * hollow;
            matrix[i] = (t.kind[own]! & 8) !== 0 ? m + hollow * (0.8 + 0.06 * medium) : m;
          } else {
            const fibre = (scars[a]! * (1 - u) + scars[b]! * u) * (1 - v) + (scars[c]! * (1 - u) + scars[d]! * u) * v;
            const sheath = (capsule[a]! * (1 - u) + capsule[b]! * u) * (1 - v) + (capsule[c]! * (1 - u) + capsule[d]! * u) * v;
            const slit = 5 * coarse[texel]! + 1.2 * medium - 1.1 - 3 * fibre - (edge > -2 ? 2 * (2 + edge) : 0);
            let open = slit / 1.6;
            open = open < 0 ? 0 : open > 1 ? 1 : open;
            if (sheath > 0) open = 0;
            const weave =
              sheath > 0 ? Math.sin(deep * 0.9 + 5 * coarse[texel]! + 2 * medium) : Math.abs(coarse[texel]! + 0.4 * medium);
            cytoplasm[i] = (0.34 + 0.14 * medium + 0.1 * grain) * (1 - 0.85 * open);
            matrix[i] = (0.26 + 0.14 * weave + 0.14 * medium + 0.15 * fibre) * (1 - 0.92 * open);
            blood[i] = open * ((key & 7) === 0 ? 0.5 : 0);
          }
        }
      }
    }
  }
  splat(ground, tile, tissue, nucleiOf(structures, packing, wide));
  return tissue;
}

function nucleiOf(structures: readonly Structure[], packing: Packing, area: Area): Nuclei {
  const nuclei: Nuclei = [];
  const wanted = (x: number, y: number): boolean =>
    x > area.left - 70 && x < area.right + 70 && y > area.top - 70 && y < area.bottom + 70;
  const taken = (x: number, y: number): boolean => {
    for (const one of structures) {
      if (one.kind === 'thicket' || Math.abs(one.x - x) > reachOf(one) || Math.abs(one.y - y) > reachOf(one)) continue;
      if (inside(one, x, y) > -2) return true;
    }
    return false;
  };
  tubuleNuclei(packing, wanted, taken, nuclei);
  for (const one of structures) structureNuclei(one, nuclei);
  return nuclei;
}

/** Lays nuclei over painted tissue. Where they overlap the darker one shows, so that their order does not matter. */
function splat(ground: Ground, tile: Tile, tissue: Tissue, nuclei: Nuclei): void {
  const { seed, mpp, fine, mid } = ground;
  const { chromatin, cover } = tissue;
  const left = tile.x * mpp - 12;
  const right = (tile.x + tile.width) * mpp + 12;
  const top = tile.y * mpp - 12;
  const bottom = (tile.y + tile.height) * mpp + 12;
  for (let k = 0; k < nuclei.length; k += NUCLEUS) {
    const wx = nuclei[k]!;
    const wy = nuclei[k + 1]!;
    if (wx < left - WARP || wx > right + WARP || wy < top - WARP || wy > bottom + WARP) continue;
    let x = wx;
    let y = wy;
    for (let step = 0; step < 3; step++) {
      const nx = wx - pull(seed, x, y, 0);
      y = wy - pull(seed, x, y, 1);
      x = nx;
    }
    const long = nuclei[k + 2]!;
    const short = nuclei[k + 3]!;
    const cos = Math.cos(nuclei[k + 4]!);
    const sin = Math.sin(nuclei[k + 4]!);
    const strength = nuclei[k + 5]!;
    const reach = long + 1;
    const x0 = Math.max(tile.x, Math.floor((x - reach) / mpp));
    const x1 = Math.min(tile.x + tile.width, Math.ceil((x + reach) / mpp));
    const y0 = Math.max(tile.y, Math.floor((y - reach) / mpp));
    const y1 = Math.min(tile.y + tile.height, Math.ceil((y + reach) / mpp));
    const shift = (Math.floor(wx * 7) * 31 + Math.floor(wy * 13) * 17) & (TEXTURE * TEXTURE - 1);
    const sharp = short / Math.max(1.1, 1.4 * mpp);
    for (let py = y0; py < y1; py++) {
      const dy = (py + 0.5) * mpp - y;
      for (let px = x0; px < x1; px++) {
        const dx = (px + 0.5) * mpp - x;
        const p = (dx * cos + dy * sin) / long;
        const q = (dy * cos - dx * sin) / short;
        const far = Math.sqrt(p * p + q * q);
        let solid = (1 - far) * sharp + 0.5;
        if (solid <= 0) continue;
        if (solid > 1) solid = 1;
        const i = (py - tile.y) * tile.width + px - tile.x;
        if (cover[i]! === 0) continue;
        const texel = (py * TEXTURE + px + shift) & (TEXTURE * TEXTURE - 1);
        const value = solid * strength * (0.78 + 0.3 * fine[texel]! + 0.22 * mid[texel]! + 0.22 * far * far);
        if (value > chromatin[i]!) chromatin[i] = value;
      }
    }
  }
}
