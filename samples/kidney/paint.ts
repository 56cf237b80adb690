import type { Glomerulus, Structure, Vessel } from './anatomy.js';
import { between, draw, keyOf } from './random.js';

/**
 * Amounts of what a stain colours, a plane each, row by row: chromatin, cytoplasm, matrix, red blood cells. Every pixel of tissue is
 * painted once; nuclei come on top.
 */
export interface Substances {
  readonly chromatin: Float32Array;
  readonly cytoplasm: Float32Array;
  readonly matrix: Float32Array;
  readonly blood: Float32Array;
}

/** Side of the cells that hold one capillary loop each, in um. */
const LOOP = 11.5;

/** The capillary loops of a glomerulus: short segments in cells of a grid, five numbers each: start, direction, state. */
export interface Tuft {
  readonly columns: number;
  readonly loops: Float32Array;
}

export function tuftOf(glomerulus: Glomerulus): Tuft {
  const half = Math.ceil((glomerulus.radius * glomerulus.stretch * 1.2) / LOOP) + 2;
  const columns = 2 * half + 1;
  const loops = new Float32Array(columns * columns * 5);
  for (let i = 0; i < columns * columns; i++) {
    const column = (i % columns) - half;
    const row = Math.floor(i / columns) - half;
    const key = keyOf(glomerulus.key ^ 0x7af7, column, row);
    const long = between(key, 2, 0, 9);
    const angle = between(key, 3, 0, Math.PI);
    const dx = Math.cos(angle) * long;
    const dy = Math.sin(angle) * long;
    loops[i * 5] = (column + between(key, 0, -0.42, 0.42)) * LOOP - dx / 2;
    loops[i * 5 + 1] = (row + between(key, 1, -0.42, 0.42)) * LOOP - dy / 2;
    loops[i * 5 + 2] = dx;
    loops[i * 5 + 3] = dy;
    loops[i * 5 + 4] = draw(key, 4);
  }
  return { columns, loops };
}

/** 1 on a line, falling to 0 at a distance of `half` on both sides. */
function line(distance: number, half: number): number {
  const off = distance < 0 ? -distance : distance;
  return off < half ? 1 - off / half : 0;
}

/** 0 below `from`, 1 above `to`. */
function ramp(value: number, from: number, to: number): number {
  return value <= from ? 0 : value >= to ? 1 : (value - from) / (to - from);
}

/**
 * Paints pixel `i` of the interior of a structure, `depth` um inside its outline, at `(x, y)` in um. `fine`, `mid` and `wide` are noise
 * with features of about 1, 5 and 30 um.
 */
export function paintStructure(
  to: Substances,
  i: number,
  one: Structure,
  tuft: Tuft | undefined,
  depth: number,
  x: number,
  y: number,
  fine: number,
  mid: number,
  wide: number,
): void {
  if (one.kind === 'glomerulus') {
    if (tuft === undefined) paintScar(to, i, one, depth, x, y, fine, mid, wide);
    else paintTuft(to, i, one, tuft, depth, x, y, fine, mid, wide);
  } else if (one.kind === 'artery' || one.kind === 'vein') paintVessel(to, i, one, depth, x, y, fine, mid, wide);
  else paintFollicle(to, i, fine, mid);
}

function paintTuft(
  to: Substances,
  i: number,
  g: Glomerulus,
  tuft: Tuft,
  depth: number,
  x: number,
  y: number,
  fine: number,
  mid: number,
  wide: number,
): void {
  const px = x - g.x;
  const py = y - g.y;
  const r = Math.sqrt(px * px + py * py) + 1e-6;
  const space = g.space - g.lean * ((px * g.poleX + py * g.poleY) / r);
  const within = depth - Math.max(space, 1) + 8 * wide + 1.2 * mid;
  let cytoplasm = 0.03;
  let matrix = line(depth - 0.9, 1.6) * 0.95;
  let blood = 0;
  const cover = ramp(within, -0.6, 0.6);
  if (cover > 0) {
    const { columns, loops } = tuft;
    const half = (columns - 1) / 2;
    const column = Math.round(px / LOOP) + half;
    const row = Math.round(py / LOOP) + half;
    let first = 1e9;
    let second = 1e9;
    let state = 0;
    let size = 0;
    for (let v = row - 1; v <= row + 1; v++) {
      for (let u = column - 1; u <= column + 1; u++) {
        const at = (v * columns + u) * 5;
        const qx = px - loops[at]!;
        const qy = py - loops[at + 1]!;
        const dx = loops[at + 2]!;
        const dy = loops[at + 3]!;
        let along = (qx * dx + qy * dy) / (dx * dx + dy * dy + 1e-6);
        along = along < 0 ? 0 : Math.min(along, 1);
        const ex = qx - along * dx;
        const ey = qy - along * dy;
        const far = ex * ex + ey * ey;
        if (far < first) {
          second = first;
          first = far;
          state = loops[at + 4]!;
          size = dx * dx > dy * dy ? state : 1 - state;
        } else if (far < second) second = far;
      }
    }
    // A loop is as wide as its neighbours let it be, and no wider than a capillary.
    const near = Math.sqrt(first);
    const shared = (Math.sqrt(second) - near) / 2;
    const own = 3.3 + 2.6 * size - near;
    const wall = Math.min(shared - 0.5, own) + 0.7 * mid;
    const open = ramp(wall, 0.2, 1.3);
    const hollow = state < 0.66 ? 0.9 : state < 0.8 ? 0.5 : 0.1;
    const thick = state > 0.8 ? 0.3 : 0;
    const c = 0.62 + 0.16 * fine + 0.14 * mid;
    const m = 0.25 + 0.16 * mid + thick;
    cytoplasm += cover * c * (1 - hollow * open);
    matrix += cover * (m * (1 - hollow * open) + line(wall, 0.95) * 0.5);
    if (state > 0.3 && state < 0.41) blood = open * (0.5 + 0.25 * mid) * cover;
  }
  to.cytoplasm[i] = cytoplasm + line(depth - 2.4, 1.8) * 0.3;
  to.matrix[i] = matrix;
  to.blood[i] = blood;
}

function paintScar(
  to: Substances,
  i: number,
  g: Glomerulus,
  depth: number,
  x: number,
  y: number,
  fine: number,
  mid: number,
  wide: number,
): void {
  const swirl =
    Math.sin((x * g.ux + y * g.uy) * 0.35 + 6 * wide + 2 * mid) -
    2 * line(wide + 0.35 * mid, 0.06) +
    line(wide - 0.3 - 0.3 * mid, 0.05);
  const rim = ramp(depth, 4 + 3 * wide, 7 + 3 * wide);
  to.cytoplasm[i] = 0.25 + 0.2 * rim + 0.06 * fine;
  to.matrix[i] =
    0.28 +
    rim * (0.56 + 0.08 * swirl + 0.14 * wide) +
    0.05 * fine +
    line(depth - 1.2, 2) * 0.45 +
    line(depth - 5.5 - 3 * wide, 1.2) * 0.25;
}

function paintVessel(
  to: Substances,
  i: number,
  v: Vessel,
  depth: number,
  x: number,
  y: number,
  fine: number,
  mid: number,
  wide: number,
): void {
  const wall = v.wall * (1 + 0.12 * wide);
  const hollow = ramp(depth - wall, -0.7, 0.7);
  let cytoplasm: number;
  let matrix: number;
  if (v.kind === 'artery') {
    const outer = Math.min(6, wall * 0.2);
    const media = ramp(depth, outer - 1, outer + 1);
    const stripe = Math.sin(depth * 1.15 + 2.2 * mid + 1.5 * wide);
    cytoplasm = 0.3 + media * 0.62 + 0.09 * stripe + 0.08 * fine;
    matrix = 0.34 + 0.16 * media + 0.1 * stripe * media + 0.1 * mid;
    if (wall > 7 && depth > wall - 8) {
      const angle = Math.atan2(y - v.y, x - v.x);
      const wave = wall - 3.2 + 1.1 * Math.sin(angle * Math.round((v.radius - wall) * 0.75 + 5)) + mid;
      matrix += line(depth - wave, 1.1) * 0.75;
    } else matrix += line(depth - wall + 1, 1.1) * 0.4;
  } else {
    cytoplasm = 0.42 + 0.1 * fine;
    matrix = 0.42 + 0.15 * mid + line(depth - wall + 1, 1.2) * 0.3;
  }
  const pool = v.blood > 0.45 ? ramp(mid * 0.5 + wide + (v.blood - 0.72) * 3, -0.1, 0.15) * ramp(depth - wall, 0.5, 2) : 0;
  to.cytoplasm[i] = cytoplasm * (1 - hollow) + 0.02 * hollow;
  to.matrix[i] = matrix * (1 - hollow);
  to.blood[i] = hollow * pool * (0.55 + 0.4 * mid + 0.15 * fine);
}

function paintFollicle(to: Substances, i: number, fine: number, mid: number): void {
  to.cytoplasm[i] = 0.5 + 0.12 * mid + 0.12 * fine;
  to.matrix[i] = 0.12 + 0.1 * mid;
}
