import type { Area } from './anatomy.js';
import { pick, type Tubules } from './tubules.js';

/** Radius in µm with which the corners of a tubule between its neighbours are rounded. */
export const FILLET = 9;

/** How far outside the nearest tubule a place is makes no difference beyond this distance, in µm. */
export const OUTSIDE = 40;

const SIDE = 64;

/** The tubules that can matter in each square of an area. The lists never miss one, so they only make drawing faster. */
export interface Packing {
  readonly tubules: Tubules;
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  readonly lists: readonly Int32Array[];
}

/**
 * Removes the tubules of an area that have too little room, and packs the rest, which grow into the room that becomes
 * free. If two crowd each other, the one with the smaller key is removed, whichever of them lacks room, so that never both
 * go.
 */
export function relax(t: Tubules, area: Area): Packing {
  const gone = new Uint8Array(t.count);
  const squares = new Map<number, number[]>();
  const squareOf = (x: number, y: number): number => Math.floor(y / SIDE) * 65_536 + Math.floor(x / SIDE);
  for (let i = 0; i < t.count; i++) {
    const square = squareOf(t.x[i]! + t.dx[i]! / 2, t.y[i]! + t.dy[i]! / 2);
    const there = squares.get(square);
    if (there) there.push(i);
    else squares.set(square, [i]);
  }
  for (let i = 0; i < t.count; i++) {
    const x = t.x[i]! + t.dx[i]! / 2;
    const y = t.y[i]! + t.dy[i]! / 2;
    const room = 2 * (Math.min(7, t.cap[i]! * 0.25) + t.gap[i]!) - t.radius[i]!;
    // Half a skeleton is at most 90 µm, and no tubule crowds another from more than 45 µm away: a little over two squares.
    for (let v = -3; v <= 3; v++) {
      for (let u = -3; u <= 3; u++) {
        for (const j of squares.get(squareOf(x + u * SIDE, y + v * SIDE)) ?? []) {
          if (j !== i && distance(t, j, x, y) - t.radius[j]! < room) gone[t.key[i]! < t.key[j]! ? i : j] = 1;
        }
      }
    }
  }
  const kept: number[] = [];
  for (let i = 0; i < t.count; i++) if (gone[i] === 0) kept.push(i);
  return pack(pick(t, kept), area);
}

/** Packs the tubules of an area: makes the shortlist of each square. */
export function pack(tubules: Tubules, area: Area): Packing {
  const columns = Math.ceil((area.right - area.left) / SIDE);
  const rows = Math.ceil((area.bottom - area.top) / SIDE);
  const all = Int32Array.from({ length: tubules.count }, (_, i) => i);
  const lists: Int32Array[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = area.left + (column + 0.5) * SIDE;
      const y = area.top + (row + 0.5) * SIDE;
      // Half the diagonal of a square, plus room for a block of pixels whose centre lies in the square.
      lists.push(shortlist(tubules, all, x, y, SIDE * 0.71 + 24));
    }
  }
  return { tubules, left: area.left, top: area.top, columns, rows, lists };
}

/** The shortlist of the square that contains a place. */
export function listAt(packing: Packing, x: number, y: number): Int32Array {
  const column = Math.max(0, Math.min(packing.columns - 1, Math.floor((x - packing.left) / SIDE)));
  const row = Math.max(0, Math.min(packing.rows - 1, Math.floor((y - packing.top) / SIDE)));
  return packing.lists[row * packing.columns + column]!;
}

let scores = new Float64Array(1024);

/**
 * Selects those of `from` that, anywhere within `radius` of a place, can be the nearest, the second nearest, or a third
 * that is near enough to round a corner. A move changes the distance to a tubule by at most its own length, hence twice
 * the radius.
 */
export function shortlist(t: Tubules, from: Int32Array, x: number, y: number, radius: number): Int32Array {
  if (scores.length < from.length) scores = new Float64Array(from.length * 2);
  let first = Infinity;
  let second = Infinity;
  let third = Infinity;
  for (let k = 0; k < from.length; k++) {
    const i = from[k]!;
    const score = distance(t, i, x, y) - t.radius[i]!;
    scores[k] = score;
    if (score < first) {
      third = second;
      second = first;
      first = score;
    } else if (score < second) {
      third = second;
      second = score;
    } else if (score < third) third = score;
  }
  const limit = Math.min(third, Math.max(second, first + 2 * FILLET)) + 2 * radius;
  let count = 0;
  for (let k = 0; k < from.length; k++) if (scores[k]! <= limit) count++;
  const out = new Int32Array(count);
  count = 0;
  for (let k = 0; k < from.length; k++) if (scores[k]! <= limit) out[count++] = from[k]!;
  return out;
}

/** Distance from a place to a tubule's skeleton, in µm. */
export function distance(t: Tubules, i: number, x: number, y: number): number {
  const px = x - t.x[i]!;
  const py = y - t.y[i]!;
  const dx = t.dx[i]!;
  const dy = t.dy[i]!;
  let along = (px * dx + py * dy) * t.inverse[i]!;
  along = along < 0 ? 0 : Math.min(along, 1);
  const ex = px - along * dx;
  const ey = py - along * dy;
  return Math.sqrt(ex * ex + ey * ey);
}

/**
 * Distance inside one tubule's wall at a place, in µm: the room that is left before the nearest neighbour's share and the
 * tubule's own cap. Corners are not rounded, which is good enough to place nuclei.
 */
export function depthIn(t: Tubules, list: Int32Array, i: number, x: number, y: number): number {
  const own = distance(t, i, x, y);
  let depth = t.cap[i]! - own;
  const score = own - t.radius[i]!;
  for (let k = 0; k < list.length; k++) {
    const other = list[k]!;
    if (other === i) continue;
    const left = (distance(t, other, x, y) - t.radius[other]! - score) / 2 - t.gap[i]!;
    if (left < depth) depth = left;
  }
  return depth;
}
