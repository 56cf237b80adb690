import type { Box } from '../types.js';
import type { TracedPolygon } from './trace.js';

/**
 * Gives the function that counts the pixels of an object's convex hull, which keeps its memory from one object to the next. The hull is that of the
 * middles of the sides of its pixels, as in scikit-image's `convex_hull_image`; a pixel belongs to it where its middle lies in it or on its border.
 */
export function createHullCounter(): (polygons: readonly TracedPolygon[], box: Box) => number {
  /**
   * In units of half a pixel from the top left pixel's middle: where the object begins in each half row, from -1 on, and where it ends. A row that
   * a long side of the object passes in the middle need not be known: the hull of the sides' ends holds it.
   */
  let lefts = new Int32Array(0);
  let rights = new Int32Array(0);
  let hull = new Int32Array(0);

  return (polygons, box) => {
    const { height } = box;
    const places = 2 * height + 1;
    if (lefts.length < places) {
      lefts = new Int32Array(2 * places);
      rights = new Int32Array(2 * places);
      hull = new Int32Array(2 * places);
    }
    lefts.fill(NONE, 0, places);
    rights.fill(-NONE, 0, places);
    for (const [outer] of polygons) {
      for (let i = 0, last = outer.length - 2; i < outer.length; last = i, i += 2) {
        const from = outer[last + 1]! - box.y;
        const to = outer[i + 1]! - box.y;
        const x = 2 * (outer[i]! - box.x);
        if (to > from) {
          reach(rights, from, x - 2, 1);
          reach(rights, to - 1, x - 2, 1);
        } else if (to < from) {
          reach(lefts, to, x, -1);
          reach(lefts, from - 1, x, -1);
        }
      }
    }
    return inside(rights, places, 1) + inside(lefts, places, -1) + height;
  };

  /** Notes that the pixel in a row whose middle is at `x` belongs to the object: outwards is where `x` grows (1) or shrinks (-1). */
  function reach(ends: Int32Array, row: number, x: number, outwards: 1 | -1): void {
    const place = 2 * row + 1;
    if ((ends[place]! - x - outwards) * outwards < 0) ends[place] = x + outwards;
    if ((ends[place - 1]! - x) * outwards < 0) ends[place - 1] = x;
    if ((ends[place + 1]! - x) * outwards < 0) ends[place + 1] = x;
  }

  /** Sums over the rows how many pixels from the first column on lie inside of one side of the hull; less than 0 for its left side. */
  function inside(ends: Int32Array, places: number, outwards: 1 | -1): number {
    // The corners of that side of the hull, from top to bottom: it never turns outwards.
    const stack = hull;
    let count = 0;
    for (let place = 0; place < places; place++) {
      const x = ends[place]!;
      if (x === -outwards * NONE) continue;
      while (count > 1) {
        const a = stack[count - 2]!;
        const b = stack[count - 1]!;
        const turn = (ends[b]! - ends[a]!) * (place - a) - (x - ends[a]!) * (b - a);
        if (turn * outwards > 0) break;
        count--;
      }
      stack[count++] = place;
    }
    let sum = 0;
    for (let k = 1; k < count; k++) {
      const top = stack[k - 1]!;
      const bottom = stack[k]!;
      const from = ends[top]!;
      const across = ends[bottom]! - from;
      const down = bottom - top;
      // Rows of pixels are in the places that are odd; the last corner of all lies in none.
      for (let place = top + ((top + 1) % 2); place < bottom; place += 2) {
        const x = (from + (across * (place - top)) / down) / 2;
        sum += outwards > 0 ? Math.floor(x) : -Math.ceil(x);
      }
    }
    return sum;
  }
}

/** No column. */
const NONE = 2 ** 30;
