import type { RasterRows, Size, SpanningSize } from '../../types.js';

/** The most output rows made at once: a stretch by a large factor must not hold many slide rows. */
const CHUNK_HEIGHT = 256;

/**
 * Resamples rows of labels from one grid to another by nearest neighbour, aligned by pixel centres: row `Y` of the
 * output shows row `floor((Y + 0.5) h / H)` of the input, and likewise for columns. The input is fed from top to
 * bottom, and the output rows follow without gaps.
 *
 * @param from size of the whole input, in pixels; `spans` says how many of its pixels the output covers, perhaps with
 *   a fraction
 * @param to size of the whole output, in pixels
 */
export function stretcher(from: SpanningSize, to: Size): (rows: RasterRows) => Iterable<RasterRows> {
  const { spans = from } = from;
  const sameSize = from.width === to.width && from.height === to.height;
  if (sameSize && spans.width === to.width && spans.height === to.height) return (rows) => [rows];
  const line = createLine(to.width, (x) => nearest(x, spans.width, to.width, from.width));
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
        const sourceRow = rowOf(row);
        const start = (sourceRow - rows.y) * from.width;
        if (sourceRow !== previous) line.show(rows.data.subarray(start, start + from.width));
        previous = sourceRow;
        data.set(line.pixels, (row - y) * to.width);
      }
      yield { y, width: to.width, height: next - y, channels: 1, data };
    }
  };
}

/** One row of the output. */
interface StretchedRow {
  readonly pixels: Uint8Array;
  /** Fills it from a row of the input. */
  show(row: Uint8Array): void;
}

/**
 * Creates a row of so many pixels. It is written four pixels at a time, which takes a third of the time: storing each
 * byte by itself is slow. So that this leaves no rest, some pixels more are written than it has.
 *
 * @param columnOf the column of the input that a column of the output shows
 */
function createLine(width: number, columnOf: (x: number) => number): StretchedRow {
  const words = new Int32Array(Math.ceil(width / 4));
  const columns = Int32Array.from({ length: 4 * words.length }, (_, x) => columnOf(x));
  return {
    pixels: new Uint8Array(words.buffer, 0, width),
    show(row) {
      for (let i = 0, x = 0; i < words.length; i++, x += 4) {
        const left = row[columns[x]!]! | (row[columns[x + 1]!]! << 8);
        const right = row[columns[x + 2]!]! | (row[columns[x + 3]!]! << 8);
        words[i] = left | (right << 16);
      }
    },
  };
}

/**
 * Two grids of `from` and `to` pixels cover the same length. Returns which pixel of `from` is nearest to pixel
 * `index` of `to`, centre to centre. The result never falls as `index` grows.
 *
 * @param count how many pixels of `from` really exist, if not `from`; `from` need not be a whole number
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
 * The first pixel of `to` that shows pixel `index` of `from`, or a pixel after it; `count.to` if none does. See
 * {@link nearest}.
 *
 * @param count how many pixels of both grids really exist, if not `from` and `to`; these need not be whole numbers
 */
export function firstShowing(index: number, from: number, to: number, count: Counts = { from, to }): number {
  let first = Math.min(Math.max(Math.ceil((index * to) / from - 0.5), 0), count.to);
  // The division may be off by the last bit.
  while (first > 0 && nearest(first - 1, from, to, count.from) >= index) first--;
  while (first < count.to && nearest(first, from, to, count.from) < index) first++;
  return first;
}
