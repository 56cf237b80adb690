import type { RasterRows, Size, SpanningSize } from '../../types.js';

/** Output rows made at once, in pixels: a stretch by a large factor must not hold many slide rows. */
const CHUNK_HEIGHT = 256;

/**
 * Brings label rows of one grid to another by nearest neighbour, pixel centre to pixel centre: row `Y` of the output shows row
 * `floor((Y + 0.5) h / H)` of the input, and columns alike. Fed from top to bottom, the output rows follow without gap.
 *
 * @param from size of the whole input, in pixels; the output is as large as what its pixels span
 * @param to size of the whole output, in pixels
 */
export function stretcher(from: SpanningSize, to: Size): (rows: RasterRows) => Iterable<RasterRows> {
  const { spans = from } = from;
  const sameSize = from.width === to.width && from.height === to.height;
  if (sameSize && spans.width === to.width && spans.height === to.height) return (rows) => [rows];
  const columns = Int32Array.from({ length: to.width }, (_, x) => nearest(x, spans.width, to.width, from.width));
  const rowOf = (y: number): number => nearest(y, spans.height, to.height, from.height);
  let next = 0;

  return function* (rows) {
    const end = rows.y + rows.height;
    while (next < to.height && rowOf(next) < end) {
      const y = next;
      while (next < to.height && next - y < CHUNK_HEIGHT && rowOf(next) < end) next++;
      const data = new Uint8Array(to.width * (next - y));
      let previous = -1;
      for (let row = y; row < next; row++) {
        const at = (row - y) * to.width;
        const sourceRow = rowOf(row);
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
 * Which of `from` pixels lies nearest to pixel `index` of `to` that cover the same length, centre to centre. It never falls as
 * `index` grows.
 *
 * @param count how many pixels there are where that is not `from`, which need not be a whole number
 */
export function nearest(index: number, from: number, to: number, count: number = from): number {
  return Math.min(Math.floor(((index + 0.5) * from) / to), count - 1);
}

/** See {@link firstShowing}. */
export interface Counts {
  readonly from: number;
  readonly to: number;
}

/**
 * The first pixel of `to` that shows pixel `index` of `from`, or one after it; `count.to` where none does. See {@link nearest}.
 *
 * @param count how many pixels there are of both where that is not `from` and `to`, which need not be whole numbers
 */
export function firstShowing(index: number, from: number, to: number, count: Counts = { from, to }): number {
  let first = Math.min(Math.max(Math.ceil((index * to) / from - 0.5), 0), count.to);
  // The division may be off by the last bit.
  while (first > 0 && nearest(first - 1, from, to, count.from) >= index) first--;
  while (first < count.to && nearest(first, from, to, count.from) < index) first++;
  return first;
}
