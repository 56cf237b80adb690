import { SegtileError } from '../../../errors.js';
import type { RasterRows, Size } from '../../../types.js';
import { numberLists, type Scratch } from './number-lists.js';
import { runEnds } from './run-ends.js';
import { runLine } from './run-text.js';

/** How runs go: down the first column, then down the second, as in HuBMAP and COCO; or along the first row, then along the second. */
export type RunOrder = 'columns' | 'rows';

/** Takes label rows from top to bottom and gives the runs of groups of labels. */
export interface LabelRuns {
  add(rows: RasterRows): Promise<void>;
  /** The runs of a group, from 1 on, as text in pieces; when every row was added. */
  text(group: number): AsyncGenerator<Uint8Array>;
}

/** Columns that are held together until their runs are put in order: a power of two. */
const COLUMN_BITS = 6;
const COLUMNS = 2 ** COLUMN_BITS;

/**
 * Encodes the pixels of some labels as runs: pairs of `start length` parted by blanks, in pixels counted from 1. Memory is bounded, though rows come from top
 * to bottom and runs may go down the columns: where a column enters and leaves a group is noted in a list of its neighbourhood, and lists that become
 * long lie in a scratch file.
 *
 * @param size of the whole image, in pixels
 * @param groupOf the group of each of the 256 labels; 0 for none
 */
export function runsOfLabel(size: Size, groupOf: Uint8Array, order: RunOrder, scratch: Scratch): LabelRuns {
  return order === 'rows' ? runsOfRows(size, groupOf, scratch) : runsOfColumns(size, groupOf, scratch);
}

function runsOfColumns({ width, height }: Size, groupOf: Uint8Array, scratch: Scratch): LabelRuns {
  if (height > 2 ** (32 - COLUMN_BITS))
    throw new SegtileError('usage', `an image ${height} px high is too high for runs down its columns`, 'use --rle rows');
  const blocks = Math.ceil(width / COLUMNS);
  const lists = numberLists(blocks * Math.max(...groupOf), scratch);
  // Two rows with room for whole words, which are compared four pixels at a time.
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
            // A column that is not left before the foot of the image reaches it.
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

/** How many places lie in the columns up to each. */
function columnEnds(places: Uint32Array): Uint32Array {
  const ends = new Uint32Array(COLUMNS);
  for (const place of places) ends[place & (COLUMNS - 1)]!++;
  for (let column = 1; column < COLUMNS; column++) ends[column]! += ends[column - 1]!;
  return ends;
}

/** The rows of places, column by column. */
function byColumn(places: Uint32Array, ends: Uint32Array): Uint32Array {
  const next = new Uint32Array(COLUMNS);
  next.set(ends.subarray(0, COLUMNS - 1), 1);
  const rows = new Uint32Array(places.length);
  for (const place of places) rows[next[place & (COLUMNS - 1)]!++] = place >>> COLUMN_BITS;
  return rows;
}

function runsOfRows({ width }: Size, groupOf: Uint8Array, scratch: Scratch): LabelRuns {
  /** The row, and the columns where a run begins and ends, in turn. */
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
