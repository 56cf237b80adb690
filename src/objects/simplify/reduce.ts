import type { Arc } from './arcs.js';

/**
 * The points among which the simplified arc chooses, and in between the corners that it must stay near.
 *
 * An outline on the edges of pixels is a staircase along the line that it stands for. The corners of the steps lie on
 * both sides of that line, and the middles of the steps on it. So a corner next to a short side (at most twice the
 * tolerance) is replaced by two points: the middle of each of its sides, or the point at the distance of the tolerance
 * where a side is longer than that. A corner between two longer sides is a corner of the object, and stays.
 */
interface Chain {
  readonly points: readonly number[];
  /** For each point: whether the simplified arc may pass it. */
  readonly free: readonly boolean[];
}

/**
 * Simplifies an arc as Douglas and Peucker (1973) do, on the middles of its steps: the farthest point is kept until all
 * corners lie nearer than the tolerance. The result is the same from both sides of the arc, and it has the arc's ends.
 * It is the arc itself if nothing is left out.
 *
 * @param tolerance in pixels
 * @returns `x0, y0, x1, y1, …`; of a closed arc each point once
 */
export function reduced(arc: Arc, tolerance: number): readonly number[] {
  const { points, closed } = arc;
  const chain = closed ? closedChain(points, tolerance) : openChain(points, tolerance);
  const kept = closed ? keptOfClosed(chain, tolerance) : keptOfOpen(chain, tolerance);
  const simple: number[] = [];
  for (const [i, keeps] of kept.entries()) if (keeps === 1) simple.push(chain.points[2 * i]!, chain.points[2 * i + 1]!);
  const enough = !closed || simple.length >= 6;
  return enough && simple.length < points.length ? simple : points;
}

function openChain(corners: readonly number[], tolerance: number): Chain {
  const chain = chainBuilder(tolerance);
  const last = corners.length - 2;
  chain.add(corners[0]!, corners[1]!, true);
  for (let i = 2; i < last; i += 2) chain.corner(corners, i - 2, i, i + 2);
  chain.add(corners[last]!, corners[last + 1]!, true);
  return chain;
}

/** Begins with the first point that may be kept, and ends with it again. */
function closedChain(corners: readonly number[], tolerance: number): Chain {
  const chain = chainBuilder(tolerance);
  const { length } = corners;
  for (let i = 0; i < length; i += 2) chain.corner(corners, (i + length - 2) % length, i, (i + 2) % length);
  const { points } = chain;
  chain.add(points[0]!, points[1]!, true);
  return chain;
}

function chainBuilder(tolerance: number) {
  const points: number[] = [];
  const free: boolean[] = [];
  const add = (x: number, y: number, isFree: boolean): void => {
    const { length } = points;
    // The middle of a short side belongs to both of its corners.
    if (isFree && length > 0 && free.at(-1) && points[length - 2] === x && points[length - 1] === y) return;
    points.push(x, y);
    free.push(isFree);
  };
  return {
    points,
    free,
    add,
    /** Adds the corner at place `at` between its neighbours. */
    corner(corners: readonly number[], before: number, at: number, after: number): void {
      const [x, y] = [corners[at]!, corners[at + 1]!];
      const [toX, toY] = [corners[before]! - x, corners[before + 1]! - y];
      const [onX, onY] = [corners[after]! - x, corners[after + 1]! - y];
      // Sides run along rows or columns.
      const [back, on] = [Math.abs(toX + toY), Math.abs(onX + onY)];
      if (Math.min(back, on) > 2 * tolerance) {
        add(x, y, true);
        return;
      }
      const [stepBack, stepOn] = [Math.min(back / 2, tolerance), Math.min(on / 2, tolerance)];
      add(x + Math.sign(toX) * stepBack, y + Math.sign(toY) * stepBack, true);
      add(x, y, false);
      add(x + Math.sign(onX) * stepOn, y + Math.sign(onY) * stepOn, true);
    },
  };
}

function keptOfOpen(chain: Chain, tolerance: number): Uint8Array {
  const kept = new Uint8Array(chain.free.length);
  keepBetween(chain, 0, kept.length - 1, tolerance, kept);
  return kept;
}

/** Keeps the first point and the one that is farthest from it, and what is needed between them. */
function keptOfClosed(chain: Chain, tolerance: number): Uint8Array {
  const last = chain.free.length - 1;
  const kept = new Uint8Array(last + 1);
  let [far, farthest] = [0, -1];
  for (let i = 1; i < last; i++) {
    const away = squareToPiece(chain.points, i, 0, 0);
    if (chain.free[i] && away > farthest) [far, farthest] = [i, away];
  }
  keepBetween(chain, 0, far, tolerance, kept);
  keepBetween(chain, far, last, tolerance, kept);
  kept[last] = 0;
  return kept;
}

function keepBetween(chain: Chain, first: number, last: number, tolerance: number, kept: Uint8Array): void {
  const { points, free } = chain;
  const limit = tolerance * tolerance;
  const open = [first, last];
  kept[first] = 1;
  kept[last] = 1;
  while (open.length > 0) {
    const to = open.pop()!;
    const from = open.pop()!;
    let [far, farthest] = [-1, 0];
    for (let i = from + 1; i < to; i++) {
      const away = squareToPiece(points, i, from, to);
      if (away > farthest) [far, farthest] = [i, away];
    }
    // What lies as far as the tolerance is kept, so that outlines that are twice as far apart never touch.
    if (farthest < limit) continue;
    const split = free[far] ? far : besides(chain, far, from, to);
    if (split < 0) continue;
    kept[split] = 1;
    open.push(from, split, split, to);
  }
}

/** The free neighbour of a corner at which a piece is split: the one farther from it; -1 if both are its ends. */
function besides({ points }: Chain, corner: number, from: number, to: number): number {
  const [before, after] = [corner - 1, corner + 1];
  if (before === from) return after === to ? -1 : after;
  if (after === to) return before;
  return squareToPiece(points, after, from, to) > squareToPiece(points, before, from, to) ? after : before;
}

/** The squared distance of point `i` from the straight piece between two points. */
function squareToPiece(points: readonly number[], i: number, from: number, to: number): number {
  const [ax, ay] = [points[2 * from]!, points[2 * from + 1]!];
  const [dx, dy] = [points[2 * to]! - ax, points[2 * to + 1]! - ay];
  const [px, py] = [points[2 * i]! - ax, points[2 * i + 1]! - ay];
  const square = dx * dx + dy * dy;
  const along = square === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / square));
  const [x, y] = [px - along * dx, py - along * dy];
  return x * x + y * y;
}
