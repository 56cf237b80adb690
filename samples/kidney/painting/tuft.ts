import { between, draw, keyOf } from '../random.js';
import { type Glomerulus, inside } from '../structures/anatomy.js';
import type { Nuclei } from '../structures/nuclei.js';
import { line, ramp, type Substances } from './substances.js';

/** Side of the grid cells, in µm. Each holds one capillary loop. */
const LOOP = 11;

/** How many numbers a loop has: start and direction of its axis (x and y each), state, lobule. */
const NUMBERS = 6;

/** The lobule of an absent loop. Its place is urinary space. */
const ABSENT = -1;

/** The state of a piece of mesangium, which has no lumen. Loops have states between 0 and 1. */
const MESANGIUM = 2;

/**
 * The capillary loops of a glomerulus: short segments in the cells of a square grid, relative to its centre. Loops belong
 * to lobules, which are separated by clefts of urinary space. Each lobule has a core of mesangium.
 */
export interface Tuft {
  readonly columns: number;
  readonly loops: Float32Array;
}

/**
 * The middle of a lobule relative to the glomerulus' centre, and how much farther from the capsule than others it stays,
 * in µm.
 */
interface Lobule {
  readonly x: number;
  readonly y: number;
  readonly back: number;
}

function lobulesOf(glomerulus: Glomerulus): Lobule[] {
  const key = keyOf(glomerulus.key, 6, 6);
  const count = 5 + Math.floor(3 * draw(key, 0));
  const turn = between(key, 1, 0, 2 * Math.PI);
  const ring = Array.from({ length: count }, (_, k) => {
    const angle = turn + ((k + between(key, 10 + k, -0.25, 0.25)) / count) * 2 * Math.PI;
    const far = glomerulus.radius * between(key, 20 + k, 0.5, 0.66);
    return { x: Math.cos(angle) * far, y: Math.sin(angle) * far, back: 8 * draw(key, 30 + k) ** 2 };
  });
  return [{ x: 0, y: 0, back: 0 }, ...ring];
}

/** Lays out the capillary loops of a glomerulus. */
export function tuftOf(glomerulus: Glomerulus): Tuft {
  const { radius, stretch, space, lean, poleX, poleY } = glomerulus;
  const half = Math.ceil((radius * stretch * 1.2) / LOOP) + 2;
  const columns = 2 * half + 1;
  const loops = new Float32Array(columns * columns * NUMBERS);
  const lobules = lobulesOf(glomerulus);
  const core = between(keyOf(glomerulus.key, 6, 7), 0, 7, 13);
  for (let i = 0; i < columns * columns; i++) {
    const column = (i % columns) - half;
    const row = Math.floor(i / columns) - half;
    const key = keyOf(glomerulus.key ^ 0x7af7, column, row);
    const long = between(key, 2, 0, 8);
    const angle = between(key, 3, 0, Math.PI);
    const x = (column + between(key, 0, -0.4, 0.4)) * LOOP;
    const y = (row + between(key, 1, -0.4, 0.4)) * LOOP;
    let own = 0;
    let near = Infinity;
    for (const [k, lobule] of lobules.entries()) {
      const far = Math.hypot(x - lobule.x, y - lobule.y);
      if (far < near) [own, near] = [k, far];
    }
    const r = Math.hypot(x, y) + 1e-6;
    const room =
      inside(glomerulus, glomerulus.x + x, glomerulus.y + y) - Math.max(1, space - (lean * (x * poleX + y * poleY)) / r);
    const at = i * NUMBERS;
    loops[at] = x - (Math.cos(angle) * long) / 2;
    loops[at + 1] = y - (Math.sin(angle) * long) / 2;
    loops[at + 2] = Math.cos(angle) * long;
    loops[at + 3] = Math.sin(angle) * long;
    loops[at + 4] = near < core && draw(key, 5) < 0.85 ? MESANGIUM : draw(key, 4);
    loops[at + 5] = room < 3 + lobules[own]!.back ? ABSENT : own;
  }
  return { columns, loops };
}

/**
 * Paints pixel `i` of a glomerulus, `depth` µm inside its outline, at `(x, y)` in µm: its capsule, Bowman's space, and the
 * tuft. `fine`, `mid` and `wide` are noise with features of about 1, 5 and 25 µm.
 */
export function paintTuft(
  to: Substances,
  i: number,
  g: Glomerulus,
  { columns, loops }: Tuft,
  depth: number,
  x: number,
  y: number,
  fine: number,
  mid: number,
  wide: number,
): void {
  const px = x - g.x;
  const py = y - g.y;
  const half = (columns - 1) / 2;
  const column = Math.round(px / LOOP) + half;
  const row = Math.round(py / LOOP) + half;
  let first = 1e9;
  let second = 1e9;
  let own = 0;
  let other = 0;
  for (let v = row - 1; v <= row + 1; v++) {
    for (let u = column - 1; u <= column + 1; u++) {
      const at = (v * columns + u) * NUMBERS;
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
        other = own;
        first = far;
        own = at;
      } else if (far < second) {
        second = far;
        other = at;
      }
    }
  }
  const state = loops[own + 4]!;
  const lobule = loops[own + 5]!;
  const beside = loops[other + 5]!;
  const near = Math.sqrt(first);
  const border = (Math.sqrt(second) - near) / 2;
  // A loop is as wide as its neighbours allow, but no wider than a capillary.
  const size = 3.4 + 2.4 * (state < 1 ? (state * 7) % 1 : 0.5);
  let cover = lobule === ABSENT ? 0 : 1;
  let skin = 1e3;
  if (cover > 0 && beside !== lobule) {
    const middle = Math.sqrt(px * px + py * py) / g.radius;
    const cleft = beside === ABSENT ? 0.2 : ramp(middle, 0.1, 0.8) * (1.9 + 2.4 * wide);
    skin = Math.min(border - cleft, beside === ABSENT ? size + 2.2 - near : 1e3) + 0.5 * mid;
    cover = ramp(skin, -0.5, 0.6);
  }
  let cytoplasm = 0.03;
  let matrix = line(depth - 0.9, 1.6) * 0.95;
  let blood = 0;
  if (cover > 0) {
    const c = 0.55 + 0.16 * fine + 0.16 * mid;
    if (state === MESANGIUM) {
      cytoplasm += cover * c * 0.7;
      matrix += cover * (0.5 + 0.3 * mid + 0.12 * fine);
    } else {
      const wall = Math.min(border - 0.5, size - near, skin - 0.9) + 0.7 * mid;
      const open = ramp(wall, 0.2, 1.3);
      const hollow = state < 0.74 ? 0.92 : state < 0.88 ? 0.5 : 0.1;
      const m = 0.2 + 0.16 * mid + (state > 0.88 ? 0.3 : 0);
      cytoplasm += cover * c * (1 - hollow * open);
      matrix += cover * (m * (1 - hollow * open) + line(wall, 0.95) * 0.56);
      if (state > 0.25 && state < 0.42) blood = open * (0.5 + 0.25 * mid) * cover;
    }
  }
  to.cytoplasm[i] = cytoplasm + line(depth - 2.4, 1.8) * 0.3;
  to.matrix[i] = matrix;
  to.blood[i] = blood;
}

/**
 * Adds to `out` the nuclei of a tuft: those of mesangial cells in the cores, and those of endothelium and podocytes
 * between loops.
 */
export function tuftNuclei({ key, x, y }: Glomerulus, { columns, loops }: Tuft, out: Nuclei): void {
  const middle = (at: number, axis: 0 | 1): number => loops[at + axis]! + loops[at + 2 + axis]! / 2;
  for (let row = 0; row < columns - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const at = (row * columns + column) * NUMBERS;
      if (loops[at + 5] === ABSENT) continue;
      const draws = keyOf(key ^ 0x2b1d, column, row);
      const size = between(draws, 1, 2.4, 3.4);
      const long = size * between(draws, 2, 1, 1.25);
      const [turn, strength] = [between(draws, 3, 0, Math.PI), between(draws, 4, 0.6, 1.05)];
      if (loops[at + 4] === MESANGIUM) {
        if (draw(draws, 0) < 0.85) out.push(x + middle(at, 0), y + middle(at, 1), long, size * 0.9, turn, strength);
        continue;
      }
      if (draw(draws, 0) > 0.6) continue;
      const to = at + (draw(draws, 5) < 0.5 ? 1 : columns) * NUMBERS;
      const share = loops[to + 5] === ABSENT ? 0.62 : 0.5;
      const nx = middle(at, 0) + (middle(to, 0) - middle(at, 0)) * share;
      const ny = middle(at, 1) + (middle(to, 1) - middle(at, 1)) * share;
      out.push(x + nx, y + ny, long, size * 0.75, turn, strength);
    }
  }
}
