import type { Box } from '../types.js';
import type { TracedPolygon } from './regions.js';

/**
 * Returns a function that counts the pixels of the convex hull of an object. It reuses its memory from one object to
 * the next. The hull is that of the midpoints of the sides of its pixels, as in scikit-image's `convex_hull_image`. A
 * pixel belongs to the hull if its centre lies inside the hull or on its border.
 */
export function createHullCounter(): (polygons: readonly TracedPolygon[], box: Box) => number {
  /**
   * Where the object begins and ends in each half row, from half row -1 on. The unit is half a pixel, counted from
   * the centre of the top left pixel of the box. The middle of a long vertical side need not be noted: the hull of
   * the ends of the side contains it.
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

  /**
   * Notes that the pixel of a row with its centre at `x` belongs to the object. Outwards is the direction in which
   * `x` grows (1) or shrinks (-1).
   */
  function reach(ends: Int32Array, row: number, x: number, outwards: 1 | -1): void {
    const place = 2 * row + 1;
    if ((ends[place]! - x - outwards) * outwards < 0) ends[place] = x + outwards;
    if ((ends[place - 1]! - x) * outwards < 0) ends[place - 1] = x;
    if ((ends[place + 1]! - x) * outwards < 0) ends[place + 1] = x;
  }

  /**
   * Sums over all rows the column, counted from the first, up to which one side of the hull reaches; negated for the
   * left side.
   */
  function inside(ends: Int32Array, places: number, outwards: 1 | -1): number {
    // The corners of this side of the hull, from top to bottom. It is convex: it never turns outwards.
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
      // Odd places are rows of pixels. The last corner lies in an even place, so no row is missed.
      for (let place = top + ((top + 1) % 2); place < bottom; place += 2) {
        const x = (from + (across * (place - top)) / down) / 2;
        sum += outwards > 0 ? Math.floor(x) : -Math.ceil(x);
      }
    }
    return sum;
  }
}

/** Marks a half row without any pixel so far. */
const NONE = 2 ** 30;
