import type { RasterRows, Size } from '../types.js';

/** Output rows made at once, in pixels: a stretch by a large factor must not hold many slide rows. */
const CHUNK_HEIGHT = 256;

/**
 * Brings label rows of one grid to another by nearest neighbour, pixel centre to pixel centre: row `Y` of the output shows row
 * `floor((Y + 0.5) h / H)` of the input, and columns alike. Fed from top to bottom, the output rows follow without gap.
 *
 * @param from size of the whole input, in pixels
 * @param to size of the whole output, in pixels
 */
export function stretcher(from: Size, to: Size): (rows: RasterRows) => Iterable<RasterRows> {
  if (from.width === to.width && from.height === to.height) return (rows) => [rows];
  const columns = Int32Array.from({ length: to.width }, (_, x) => nearest(x, from.width, to.width));
  let next = 0;

  return function* (rows) {
    const end = rows.y + rows.height;
    while (next < to.height && nearest(next, from.height, to.height) < end) {
      const y = next;
      while (next < to.height && next - y < CHUNK_HEIGHT && nearest(next, from.height, to.height) < end) next++;
      const data = new Uint8Array(to.width * (next - y));
      let previous = -1;
      for (let row = y; row < next; row++) {
        const at = (row - y) * to.width;
        const sourceRow = nearest(row, from.height, to.height);
        if (sourceRow === previous) {
          data.copyWithin(at, at - to.width, at);
          continue;
        }
        previous = sourceRow;
        const base = (sourceRow - rows.y) * from.width;
        for (let x = 0; x < to.width; x++) data[at + x] = rows.data[base + columns[x]!]!;
      }
      yield { y, width: to.width, height: next - y, channels: 1, data };
    }
  };
}

/**
 * Which of `from` pixels lies nearest to pixel `index` of `to` that cover the same length, centre to centre. It never falls as `index`
 * grows.
 */
export function nearest(index: number, from: number, to: number): number {
  return Math.min(Math.floor(((index + 0.5) * from) / to), from - 1);
}

/** The first pixel of `to` that shows pixel `index` of `from`, or one after it; `to` where none does. See {@link nearest}. */
export function firstShowing(index: number, from: number, to: number): number {
  let first = Math.min(Math.max(Math.ceil((index * to) / from - 0.5), 0), to);
  // The division may be off by the last bit.
  while (first > 0 && nearest(first - 1, from, to) >= index) first--;
  while (first < to && nearest(first, from, to) < index) first++;
  return first;
}
