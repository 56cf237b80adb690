import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { columnsBuilder } from './columns.js';
import type { PixelColumns } from './shapes.js';

/**
 * Runs in the order of their text: pixels from `starts` up to but not including `ends`, counted from 0 down the first
 * column, then down the second.
 */
export interface Runs {
  readonly starts: number[];
  readonly ends: number[];
}

/**
 * How files write that there are no runs: an empty cell, a word for a missing value, or a run of no pixels as contests
 * require it.
 */
const EMPTY = /^\s*(-1|nan|null|none|n\/?a|[01]\s+0)?\s*$/i;

/**
 * Reads the RLE of HuBMAP: pairs of `start length`, separated by spaces, in pixels counted from 1 down the first
 * column, then down the second. Pairs may come in any order and overlap. An empty text, `-1` and `nan` mean an empty
 * mask.
 *
 * @param size of the image, in pixels
 * @param where names the text in errors
 * @param runs the lists to which the runs are added
 * @throws {SegtileError} `input` naming the run that is wrong
 */
export function readRuns(text: string, size: Size, where: string, { starts, ends }: Runs): void {
  if (text.length < 16 && EMPTY.test(text)) return;
  const pixels = size.width * size.height;
  let runs = 0;
  let start = 0;
  let halfRun = false;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (isBlank(code)) {
      at++;
      continue;
    }
    const from = at;
    let value = 0;
    for (; at < text.length; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === from || at - from > 15 || (at < text.length && !isBlank(text.charCodeAt(at)))) {
      const word = /\S{1,20}/y;
      word.lastIndex = from;
      const found = word.exec(text)?.[0];
      throw bad(where, `run ${runs + 1} has ${JSON.stringify(found)} instead of a whole number`);
    }
    if (!halfRun) {
      if (value === 0) throw bad(where, `run ${runs + 1} starts at pixel 0, but pixels are counted from 1`);
      start = value - 1;
    } else {
      runs++;
      if (value === 0) throw bad(where, `run ${runs}, from pixel ${start + 1}, has length 0`);
      const end = start + value;
      if (end > pixels)
        throw bad(
          where,
          `run ${runs} ends at pixel ${end}, but ${size.width} × ${size.height} px are only ${pixels} pixels`,
          'check that it is the truth of this slide, at full resolution',
        );
      starts.push(start);
      ends.push(end);
    }
    halfRun = !halfRun;
  }
  if (halfRun)
    throw bad(where, `it has an odd count of numbers: run ${runs + 1} has a start but no length`, 'copy the file again');
}

/**
 * The shape of runs in any order. A pixel in several runs counts once.
 *
 * @returns the shape, and how many runs overlap an earlier one
 */
export function shapeOfRuns({ starts, ends }: Runs, size: Size, label: number): { shape: PixelColumns; overlaps: number } {
  const builder = columnsBuilder(size, size);
  const rising = starts.every((start, i) => i === 0 || start >= starts[i - 1]!);
  const order = Uint32Array.from(starts, (_, i) => i);
  if (!rising) order.sort((a, b) => starts[a]! - starts[b]!);
  let end = 0;
  let overlaps = 0;
  for (const i of order) {
    const start = Math.max(starts[i]!, end);
    if (starts[i]! < end) overlaps++;
    if (ends[i]! <= start) continue;
    end = ends[i]!;
    builder.add(start, end - start);
  }
  return { shape: builder.build(label), overlaps };
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function bad(where: string, what: string, hint = 'expected pairs of "start length", both at least 1'): SegtileError {
  return new SegtileError('input', `${where}: ${what}`, hint);
}
