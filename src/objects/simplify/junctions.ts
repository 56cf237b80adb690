import { runEnds } from '../../plan/labels/runs/run-ends.js';

/**
 * The corners of pixels that simplified outlines keep, so that neighbours keep their common border: the places where
 * more than two pieces of border meet. Each row of them is known from two rows of the mask.
 */
export interface Junctions {
  /** Takes the next row of the mask; `undefined` is the row below the last. */
  row(labels: Uint8Array | undefined): void;
  /** The columns of the junctions between rows `y - 1` and `y`, in rising order. */
  at(y: number): Int32Array;
  /** Drops the junctions above row `y`, which are not asked for any more. */
  forget(y: number): void;
}

const NONE = new Int32Array(0);

/**
 * Finds the junctions of a mask row by row. What lies outside the mask counts as background.
 *
 * @param between whether corners of the border between two classes count as junctions, too. Then that border stays as
 *   it is. It is for objects that are split: an object of another class does not know where its neighbour is split.
 */
export function createJunctions(between: boolean): Junctions {
  let above = new Uint8Array(0);
  let sidesAbove: number[] = [];
  let first = 0;
  let rows: Int32Array[] = [];

  /** Columns at which the label changes, with both ends of the row. */
  function sidesOf(labels: Uint8Array): number[] {
    const sides: number[] = [];
    const endOfRun = runEnds(labels);
    if (labels[0] !== 0) sides.push(0);
    for (let x = 0; x < labels.length; ) {
      x = endOfRun(x);
      if (x < labels.length || labels[x - 1] !== 0) sides.push(x);
    }
    return sides;
  }

  function isJunction(a: number, b: number, c: number, d: number): boolean {
    const borders = (a === b ? 0 : 1) + (c === d ? 0 : 1) + (a === c ? 0 : 1) + (b === d ? 0 : 1);
    if (borders > 2) return true;
    if (!between || (a === c && b === d)) return false;
    // Two labels at most meet here, since three would make three pieces of border.
    return Math.min(a, b, c, d) > 0;
  }

  return {
    row(labels) {
      const below = labels ?? new Uint8Array(above.length);
      if (above.length === 0) above = new Uint8Array(below.length);
      const sides = sidesOf(below);
      const found: number[] = [];
      for (let i = 0, j = 0; i < sidesAbove.length || j < sides.length; ) {
        const x = Math.min(sidesAbove[i] ?? Number.POSITIVE_INFINITY, sides[j] ?? Number.POSITIVE_INFINITY);
        if (sidesAbove[i] === x) i++;
        if (sides[j] === x) j++;
        if (isJunction(above[x - 1] ?? 0, above[x] ?? 0, below[x - 1] ?? 0, below[x] ?? 0)) found.push(x);
      }
      rows.push(found.length === 0 ? NONE : Int32Array.from(found));
      above.set(below);
      sidesAbove = sides;
    },
    at: (y) => rows[y - first] ?? NONE,
    forget(y) {
      if (y <= first) return;
      rows = rows.slice(y - first);
      first = y;
    },
  };
}
