import { SegtileError } from '../../../errors.js';
import type { RasterRows, Size } from '../../../types.js';
import { numberLists, type Scratch } from './number-lists.js';
import { runEnds } from './run-ends.js';
import { runLine } from './run-text.js';

/**
 * The order in which runs go through the pixels. `columns`: down the first column, then down the second, as in HuBMAP
 * and COCO. `rows`: along the first row, then along the second.
 */
export type RunOrder = 'columns' | 'rows';

/** Takes rows of labels from top to bottom and returns the runs of groups of labels. */
export interface LabelRuns {
  add(rows: RasterRows): Promise<void>;
  /** The runs of a group (numbered from 1) as text, in pieces. Call it after all rows were added. */
  text(group: number): AsyncGenerator<Uint8Array>;
}

/** How many neighbouring columns share a list until their runs are sorted: a power of two. */
const COLUMN_BITS = 6;
const COLUMNS = 2 ** COLUMN_BITS;

/**
 * Encodes the pixels of groups of labels as runs: pairs of `start length` separated by blanks. The first pixel has
 * number one. Memory is bounded even though rows come from top to bottom and runs may go down the columns. Each place
 * where a column enters or leaves a group is noted in a list for its block of neighbouring columns. Lists that become
 * long are moved to a scratch file.
 *
 * @param size of the whole image, in pixels
 * @param groupOf the group of each of the 256 labels; 0 for no group
 * @param order see {@link RunOrder}
 * @param scratch takes the lists that become long
 * @throws {SegtileError} `usage` if the image is too high for runs down its columns
 */
export function runsOfLabel(size: Size, groupOf: Uint8Array, order: RunOrder, scratch: Scratch): LabelRuns {
  return order === 'rows' ? runsOfRows(size, groupOf, scratch) : runsOfColumns(size, groupOf, scratch);
}

function runsOfColumns({ width, height }: Size, groupOf: Uint8Array, scratch: Scratch): LabelRuns {
  if (height > 2 ** (32 - COLUMN_BITS))
    throw new SegtileError('usage', `an image ${height} px high is too high for runs down its columns`, 'use --rle rows');
  const blocks = Math.ceil(width / COLUMNS);
  const lists = numberLists(blocks * Math.max(...groupOf), scratch);
  // Two rows, padded to whole 32-bit words, so that they can be compared four pixels at a time.
  let above = new Uint8Array(4 * Math.ceil(width / 4));
  let line = new Uint8Array(above.length);

  function compare(y: number): void {
    const now = new Int32Array(line.buffer);
    const before = new Int32Array(above.buffer);
    for (let word = 0; word < now.length; word++) {
      if (now[word] === before[word]) continue;
      for (let x = 4 * word; x < 4 * word + 4; x++) {
        const from = groupOf[above[x]!]!;
        const to = groupOf[line[x]!]!;
        if (from === to) continue;
        const place = ((y << COLUMN_BITS) | (x & (COLUMNS - 1))) >>> 0;
        if (from !== 0) lists.push((from - 1) * blocks + (x >> COLUMN_BITS), place);
        if (to !== 0) lists.push((to - 1) * blocks + (x >> COLUMN_BITS), place);
      }
    }
  }

  return {
    async add({ y, height: rows, data }) {
      for (let row = 0; row < rows; row++) {
        line.set(data.subarray(row * width, (row + 1) * width));
        compare(y + row);
        [above, line] = [line, above];
        await lists.settle();
      }
    },
    async *text(group) {
      const text = runLine();
      for (let block = 0; block < blocks; block++) {
        const places = await lists.whole((group - 1) * blocks + block);
        const ends = columnEnds(places);
        const rows = byColumn(places, ends);
        for (let column = 0; column < COLUMNS; column++) {
          const top = (block * COLUMNS + column) * height;
          const last = ends[column]!;
          for (let i = column === 0 ? 0 : ends[column - 1]!; i < last; i += 2) {
            // A run without an end in its column reaches the bottom of the image.
            text.run(top + rows[i]!, top + (i + 1 < last ? rows[i + 1]! : height));
          }
          const piece = text.take(false);
          if (piece) yield piece;
        }
      }
      const piece = text.take(true);
      if (piece) yield piece;
    },
  };
}

/** For each column, the number of places in it and all columns before it. */
function columnEnds(places: Uint32Array): Uint32Array {
  const ends = new Uint32Array(COLUMNS);
  for (const place of places) ends[place & (COLUMNS - 1)]!++;
  for (let column = 1; column < COLUMNS; column++) ends[column]! += ends[column - 1]!;
  return ends;
}

/** The row numbers of the places, sorted by column. */
function byColumn(places: Uint32Array, ends: Uint32Array): Uint32Array {
  const next = new Uint32Array(COLUMNS);
  next.set(ends.subarray(0, COLUMNS - 1), 1);
  const rows = new Uint32Array(places.length);
  for (const place of places) rows[next[place & (COLUMNS - 1)]!++] = place >>> COLUMN_BITS;
  return rows;
}

function runsOfRows({ width }: Size, groupOf: Uint8Array, scratch: Scratch): LabelRuns {
  /** Three numbers for each run: its row, its first column and the first column after it. */
  const lists = numberLists(Math.max(...groupOf), scratch);
  return {
    async add({ y, height: rows, data }) {
      for (let row = 0; row < rows; row++) {
        const line = data.subarray(row * width, (row + 1) * width);
        const endOfRun = runEnds(line);
        for (let x = 0; x < width; ) {
          const group = groupOf[line[x]!]!;
          const end = endOfRun(x);
          if (group !== 0) for (const value of [y + row, x, end]) lists.push(group - 1, value);
          x = end;
        }
        await lists.settle();
      }
    },
    async *text(group) {
      const text = runLine();
      // Lists are moved between two rows, so that no piece ends within a run.
      for await (const runs of lists.pieces(group - 1)) {
        for (let i = 0; i < runs.length; i += 3) {
          const first = runs[i]! * width;
          text.run(first + runs[i + 1]!, first + runs[i + 2]!);
          const piece = text.take(false);
          if (piece) yield piece;
        }
      }
      const piece = text.take(true);
      if (piece) yield piece;
    },
  };
}
