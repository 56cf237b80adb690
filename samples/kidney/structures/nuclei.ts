import { between, draw, keyOf } from '../random.js';
import { type Area, inside, reachOf, type Structure } from './anatomy.js';
import { depthIn, distance, listAt, type Packing } from './packing.js';
import type { Section } from './section.js';
import { ATROPHIC, CAPILLARY, COLLECTING, DISTAL, KIND, PROXIMAL, SMALL } from './tubules.js';

/**
 * Nuclei as ellipses, six numbers each: centre x and y, half axes along and across in µm, direction in radians, and
 * strength.
 */
export type Nuclei = number[];
/** How many numbers a nucleus has in {@link Nuclei}. */
export const NUCLEUS = 6;

/** The farthest that a nucleus can lie beyond the extent of the skeleton or centre that it belongs to, in µm. */
export const NUCLEUS_REACH = 8;

/**
 * Adds to `out` the nuclei of the tubules of a packing, and of the connective tissue beside them.
 *
 * @param wanted whether the middle of a tubule's skeleton is near enough to matter
 * @param taken whether a place belongs to a larger structure, which has nuclei of its own
 */
export function tubuleNuclei(
  packing: Packing,
  wanted: (x: number, y: number) => boolean,
  taken: (x: number, y: number) => boolean,
  out: Nuclei,
): void {
  const t = packing.tubules;
  for (let i = 0; i < t.count; i++) {
    const dx = t.dx[i]!;
    const dy = t.dy[i]!;
    const cx = t.x[i]! + dx / 2;
    const cy = t.y[i]! + dy / 2;
    if (!wanted(cx, cy)) continue;
    const kind = t.kind[i]! & KIND;
    const long = Math.hypot(dx, dy);
    // Nuclei lie along a stadium around the skeleton: two straight sides and two half circles.
    const bend = Math.PI * t.cap[i]! * 0.62;
    const around = 2 * (long + bend);
    const count = Math.round(around / SPACING[kind]!);
    const turned = Math.atan2(dy, dx);
    for (let k = 0; k < count; k++) {
      const key = keyOf(t.key[i]!, k, 7);
      if (draw(key, 0) < 0.22) continue;
      const way = ((k + between(key, 1, -0.36, 0.36)) / count) * around;
      const side = ((way % (long + bend)) + (long + bend)) % (long + bend);
      const flip = way % around < long + bend ? 1 : -1;
      const shift = side < long ? side / long - 0.5 : 0.5;
      const angle =
        turned + (flip < 0 ? Math.PI : 0) + (side < long ? -Math.PI / 2 : -Math.PI / 2 + ((side - long) / bend) * Math.PI);
      const ux = Math.cos(angle);
      const uy = Math.sin(angle);
      const sx = cx + dx * shift * flip;
      const sy = cy + dy * shift * flip;
      const list = listAt(packing, sx, sy);
      let near = 0;
      let far = t.cap[i]!;
      if (depthIn(t, list, i, sx, sy) < (kind === CAPILLARY ? 2 : 3)) continue;
      for (let step = 0; step < 6; step++) {
        const at = (near + far) / 2;
        if (depthIn(t, list, i, sx + ux * at, sy + uy * at) > 0) near = at;
        else far = at;
      }
      const size = between(key, 3, 0.8, 1.2) * SIZE[kind]!;
      const height = t.epithelium[i]! * between(key, 4, kind === PROXIMAL ? 0.3 : 0.42, 0.62);
      const at = near - Math.max(height, size * 0.9);
      if (kind === CAPILLARY) {
        const rim = near - 0.8;
        if (k < 2) {
          out.push(sx + ux * rim, sy + uy * rim, size * 1.3, size * 0.5, angle + Math.PI / 2, between(key, 7, 0.7, 1.1));
        }
        continue;
      }
      if (at > -4 && !taken(sx + ux * at, sy + uy * at)) {
        const flat = between(key, 5, 0.76, 1);
        out.push(sx + ux * at, sy + uy * at, size, size * flat, angle + between(key, 6, 0.9, 2.2), between(key, 7, 0.55, 1));
      }
      const beside = near + t.gap[i]! * 0.8 + 1.6;
      if (draw(key, 8) < 0.34 && !taken(sx + ux * beside, sy + uy * beside)) {
        out.push(
          sx + ux * beside,
          sy + uy * beside,
          between(key, 9, 2.6, 4.6),
          between(key, 10, 1.1, 1.7),
          angle + Math.PI / 2,
          between(key, 11, 0.8, 1.25),
        );
      }
    }
  }
}

const SPACING: Record<number, number> = {
  [PROXIMAL]: 14.5,
  [DISTAL]: 10.5,
  [COLLECTING]: 10.5,
  [SMALL]: 9,
  [ATROPHIC]: 9.5,
  [CAPILLARY]: 20,
};
const SIZE: Record<number, number> = {
  [PROXIMAL]: 3.5,
  [DISTAL]: 3.1,
  [COLLECTING]: 3.1,
  [SMALL]: 2.9,
  [ATROPHIC]: 2.8,
  [CAPILLARY]: 2.8,
};

/** Side of the grid cells in the connective tissue, in µm. Each holds at most one nucleus. */
const STROMA_CELL = 13;

/**
 * Adds to `out` the nuclei in the connective tissue between tubules: fibroblasts, and lymphocytes where there is scarring.
 *
 * @param taken whether a place belongs to a larger structure, which has nuclei of its own
 */
export function interstitialNuclei(
  packing: Packing,
  section: Section,
  seed: number,
  area: Area,
  taken: (x: number, y: number) => boolean,
  out: Nuclei,
): void {
  const t = packing.tubules;
  for (let row = Math.floor(area.top / STROMA_CELL); row * STROMA_CELL < area.bottom; row++) {
    for (let column = Math.floor(area.left / STROMA_CELL); column * STROMA_CELL < area.right; column++) {
      const key = keyOf(seed + 105, column, row);
      const x = (column + draw(key, 1)) * STROMA_CELL;
      const y = (row + draw(key, 2)) * STROMA_CELL;
      const list = listAt(packing, x, y);
      let own = -1;
      let nearest = Infinity;
      for (const j of list) {
        const score = distance(t, j, x, y) - t.radius[j]!;
        if (score < nearest) [own, nearest] = [j, score];
      }
      if ((own >= 0 && depthIn(t, list, own, x, y) > -2) || taken(x, y)) continue;
      const scars = section.fibrosis(x, y);
      if (draw(key, 0) > 0.5 + 0.4 * scars) continue;
      if (draw(key, 3) < 0.2 + 0.4 * scars) out.push(x, y, between(key, 4, 2.2, 2.8), 2.2, 0, between(key, 5, 0.85, 1.2));
      else {
        const turn = between(key, 6, 0, Math.PI);
        out.push(x, y, between(key, 4, 3, 5.5), between(key, 7, 1, 1.6), turn, between(key, 5, 0.7, 1.15));
      }
    }
  }
}

/** Adds to `out` the nuclei of a larger structure, except those of a tuft; see `tuftNuclei`. */
export function structureNuclei(one: Structure, out: Nuclei): void {
  switch (one.kind) {
    case 'glomerulus':
      if (one.sclerosed) scatter(one, 17, 0.55, 4, 200, [2, 3.2], 0.55, out);
      else {
        ring(one, 3, 19, out);
      }
      return;
    case 'artery':
      for (let depth = one.wall * 0.16; depth < one.wall * 0.9; depth += 6.5) ring(one, depth, 17, out);
      ring(one, one.wall + 0.6, 18, out);
      return;
    case 'vein':
      ring(one, one.wall * 0.7, 22, out);
      return;
    case 'follicle':
      scatter(one, 7.6, 0.88, -6, 400, [2.3, 3], 0.85, out);
      return;
    case 'thicket':
      return;
  }
}

/** Nuclei on a jittered grid with cells `side` µm wide, where the depth inside the structure is between `from` and `to` µm. */
function scatter(
  one: Structure,
  side: number,
  share: number,
  from: number,
  to: number,
  sizes: readonly [number, number],
  flat: number,
  out: Nuclei,
): void {
  const steps = Math.ceil((reachOf(one) + 10) / side);
  for (let row = -steps; row <= steps; row++) {
    for (let column = -steps; column <= steps; column++) {
      const key = keyOf(one.key ^ 0x51ed, column, row);
      if (draw(key, 0) > share) continue;
      const x = one.x + (column + between(key, 1, -0.45, 0.45)) * side;
      const y = one.y + (row + between(key, 2, -0.45, 0.45)) * side;
      const depth = inside(one, x, y);
      if (depth < from || depth > to) continue;
      const size = between(key, 3, sizes[0], sizes[1]);
      out.push(x, y, size, size * between(key, 4, flat, 1), between(key, 5, 0, Math.PI), between(key, 6, 0.65, 1.1));
    }
  }
}

/** Flat nuclei along the outline of a structure, `depth` µm inside it and about `spacing` µm apart. */
function ring(one: Structure, depth: number, spacing: number, out: Nuclei): void {
  const count = Math.round((2 * Math.PI * (one.radius - depth) * (1 + one.stretch)) / 2 / spacing);
  for (let k = 0; k < count; k++) {
    const key = keyOf(one.key ^ Math.round(depth * 64), k, 3);
    if (draw(key, 0) < 0.25) continue;
    const angle = ((k + between(key, 1, -0.4, 0.4)) / count) * 2 * Math.PI;
    const along = Math.cos(angle) * one.stretch;
    const across = Math.sin(angle);
    const ux = along * one.ux - across * one.uy;
    const uy = along * one.uy + across * one.ux;
    // The outline is star-shaped around the centre: scale the direction until the depth is right.
    let near = 0;
    let far = one.radius * 1.4;
    for (let step = 0; step < 9; step++) {
      const at = (near + far) / 2;
      if (inside(one, one.x + ux * at, one.y + uy * at) > depth) near = at;
      else far = at;
    }
    const tx = -Math.sin(angle) * one.stretch;
    const ty = Math.cos(angle);
    const turn = Math.atan2(tx * one.uy + ty * one.ux, tx * one.ux - ty * one.uy);
    out.push(
      one.x + ux * near,
      one.y + uy * near,
      between(key, 3, 2.8, 5),
      between(key, 4, 1, 1.5),
      turn + between(key, 5, -0.2, 0.2),
      between(key, 6, 0.7, 1.1),
    );
  }
}
