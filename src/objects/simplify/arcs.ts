import type { OutlineRing } from '../corners.js';
import type { Junctions } from './junctions.js';

/**
 * A piece of an outline between two junctions, or a whole ring without any. Its points are in an order that does not
 * depend on the side from which it is seen, so that both neighbours simplify it alike.
 */
export interface Arc {
  /** `x0, y0, x1, y1, …`: both ends and the corners between them; of a closed arc each corner once. */
  readonly points: readonly number[];
  /** Whether it is a whole ring without junctions. */
  readonly closed: boolean;
  /** Whether the ring passes it from its last point to its first. */
  readonly reversed: boolean;
}

/** Whether a corner of the outline is a junction that the mask does not show, because a split has made it. */
export type IsOwnJunction = (x: number, y: number) => boolean;

/**
 * Cuts a ring into arcs, in the order of the ring.
 *
 * @param outer whether the ring runs clockwise
 */
export function arcsOf(ring: OutlineRing, outer: boolean, junctions: Junctions, own: IsOwnJunction | undefined): Arc[] {
  const { points, marks } = withJunctions(ring, junctions, own);
  if (marks.length === 0) return [closedArc(ring, outer)];
  const arcs: Arc[] = [];
  for (const [k, from] of marks.entries()) {
    const to = marks[k + 1] ?? marks[0]! + points.length;
    const piece: number[] = [];
    for (let i = from; i <= to; i++) piece.push(points[i % points.length]!);
    // `to` is the place of an x; its y follows.
    piece.push(points[(to + 1) % points.length]!);
    arcs.push(openArc(piece));
  }
  return arcs;
}

/** The corners of a ring and the junctions on its sides, and the places of the junctions among them. */
function withJunctions(ring: OutlineRing, junctions: Junctions, own: IsOwnJunction | undefined) {
  const points: number[] = [];
  const marks: number[] = [];
  const { length } = ring;
  for (let i = 0; i < length; i += 2) {
    const [x, y] = [ring[i]!, ring[i + 1]!];
    const [nextX, nextY] = [ring[(i + 2) % length]!, ring[(i + 3) % length]!];
    if (has(junctions.at(y), x) || own?.(x, y)) marks.push(points.length);
    points.push(x, y);
    const [stepX, stepY] = [Math.sign(nextX - x), Math.sign(nextY - y)];
    if (own !== undefined || stepX === 0) {
      for (let [ax, ay] = [x + stepX, y + stepY]; ax !== nextX || ay !== nextY; ax += stepX, ay += stepY) {
        if (!has(junctions.at(ay), ax) && !own?.(ax, ay)) continue;
        marks.push(points.length);
        points.push(ax, ay);
      }
      continue;
    }
    const row = junctions.at(y);
    if (row.length === 0) continue;
    const [low, high] = [Math.min(x, nextX), Math.max(x, nextX)];
    const from = placeIn(row, low + 1);
    const to = placeIn(row, high);
    for (let k = 0; k < to - from; k++) {
      marks.push(points.length);
      points.push(stepX > 0 ? row[from + k]! : row[to - 1 - k]!, y);
    }
  }
  return { points, marks };
}

function has(row: Int32Array, x: number): boolean {
  return row.length > 0 && row[placeIn(row, x)] === x;
}

/** The place of the first column that is at least `x`. */
function placeIn(row: Int32Array, x: number): number {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rings begin at their topmost, then leftmost corner. Holes run the other way round than what fills them. */
function closedArc(ring: OutlineRing, outer: boolean): Arc {
  return { points: outer ? ring : turned(ring), closed: true, reversed: !outer };
}

/** The same ring the other way round, from the same corner. */
export function turned(ring: readonly number[]): number[] {
  const points = [ring[0]!, ring[1]!];
  for (let i = ring.length - 2; i > 0; i -= 2) points.push(ring[i]!, ring[i + 1]!);
  return points;
}

/** From the end that is further up, then further left; if both are the same, by the points next to it. */
function openArc(piece: readonly number[]): Arc {
  const last = piece.length - 2;
  const reversed = isBefore(piece, last, 0) || (!isBefore(piece, 0, last) && isBefore(piece, last - 2, 2));
  return { points: reversed ? backwards(piece) : piece, closed: false, reversed };
}

function isBefore(points: readonly number[], a: number, b: number): boolean {
  return points[a + 1]! < points[b + 1]! || (points[a + 1] === points[b + 1] && points[a]! < points[b]!);
}

/** The same points from last to first. */
export function backwards(points: readonly number[]): number[] {
  const back: number[] = [];
  for (let i = points.length - 2; i >= 0; i -= 2) back.push(points[i]!, points[i + 1]!);
  return back;
}
