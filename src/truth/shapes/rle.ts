import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { columnsBuilder } from './columns.js';
import type { PixelColumns } from './shapes.js';

/** Runs as a text has them, in its order: pixels from `starts` to before `ends`, counted from 0 down the first column, then down the second. */
export interface Runs {
  readonly starts: number[];
  readonly ends: number[];
}

/** What stands where there are no runs: nothing, what stands for it in tables, or the run of no pixels that contests ask for. */
const EMPTY = /^\s*(-1|nan|null|none|n\/?a|[01]\s+0)?\s*$/i;

/**
 * Reads the RLE of HuBMAP (SPEC: files): pairs of `start length`, parted by blanks, in pixels counted from 1 down the first
 * column, then down the second. They may come in any order, and overlap. No runs, `-1` and `nan` are an empty mask.
 *
 * @param size of the image, in pixels
 * @param where names the text in errors
 * @param runs what the runs are added to
 * @throws {SegtileError} `input` naming the run that is no good
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
      throw bad(where, `run ${runs + 1} has ${JSON.stringify(found)} where a whole number is due`);
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
          `run ${runs} ends at pixel ${end}, but ${size.width} x ${size.height} px are only ${pixels}`,
          'check that it is the truth of this slide at full resolution',
        );
      starts.push(start);
      ends.push(end);
    }
    halfRun = !halfRun;
  }
  if (halfRun) throw bad(where, `it ends after the start of run ${runs + 1}: an odd count of numbers`, 'copy the file again');
}

/**
 * The shape of runs, whatever their order; a pixel that lies in several counts once.
 *
 * @returns also how many runs overlap one before them
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

function bad(where: string, what: string, hint = 'pairs of "start length" are due, both at least 1'): SegtileError {
  return new SegtileError('input', `${where}: ${what}`, hint);
}
