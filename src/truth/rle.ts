import { SegtileError } from '../errors.js';
import type { Size } from '../types.js';
import { columnsBuilder } from './columns.js';
import type { Columns } from './shapes.js';

/**
 * Decodes the RLE of HuBMAP (SPEC: files): pairs of `start length`, parted by blanks, in pixels counted from 1 down the first
 * column, then down the second; rising, without overlap. An empty text is an empty mask.
 *
 * @param size of the image, in pixels
 * @param where names the text in errors
 * @throws {SegtileError} `input` naming the run that is no good
 */
export function decodeRle(text: string, size: Size, label: number, where: string): Columns {
  const pixels = size.width * size.height;
  const builder = columnsBuilder(size, size);
  let runs = 0;
  let start = 0;
  let end = 0;
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
      if (value - 1 < end) throw bad(where, `run ${runs + 1} starts at pixel ${value}, but the one before ends at ${end}`);
      start = value - 1;
    } else {
      runs++;
      if (value === 0) throw bad(where, `run ${runs}, from pixel ${start + 1}, has length 0`);
      end = start + value;
      if (end > pixels)
        throw bad(
          where,
          `run ${runs} ends at pixel ${end}, but ${size.width} x ${size.height} px are only ${pixels}`,
          'check that it is the truth of this slide at full resolution',
        );
      builder.add(start, value);
    }
    halfRun = !halfRun;
  }
  if (halfRun) throw bad(where, `it ends after the start of run ${runs + 1}: an odd count of numbers`, 'copy the file again');
  return builder.build(label);
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function bad(where: string, what: string, hint = 'pairs of "start length" are due, rising, without overlap'): SegtileError {
  return new SegtileError('input', `${where}: ${what}`, hint);
}
