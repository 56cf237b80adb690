import type { FileHandle } from 'node:fs/promises';
import { SegtileError } from '../../errors.js';

/**
 * A range of rows with the same key in a submission file: bytes `from` up to but not including `to`, without the
 * separators around them.
 */
export interface RowRange {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** The form of a submission file with one row per line. */
export interface RowForm {
  readonly head: string;
  /** The separator between two rows. */
  readonly between: string;
  readonly tail: string;
  /** Matches the key at the beginning of a line. */
  readonly key: RegExp;
}

/** A CSV of HuBMAP. The key is the id of each row. */
export const csvRows: RowForm = { head: 'id,predicted\n', between: '\n', tail: '\n', key: /^([^,\n]+),/ };

/** COCO results as {@link cocoForm} writes them. The key is the id of the image. */
export const cocoRows: RowForm = { head: '[\n', between: ',\n', tail: '\n]\n', key: /^\{"image_id":("(?:[^"\\]|\\.)*"|\d+),/ };

const LINE_FEED = 10;
const COMMA = 44;

/** How many bytes are read at once, and the longest key in bytes. */
const PIECE = 2 ** 20;
const KEY = 2 ** 12;

/**
 * Finds the rows of a file: one range for all consecutive rows with the same key.
 *
 * @throws {SegtileError} `output` if the file does not have this form
 */
export async function rowRanges(path: string, file: FileHandle, form: RowForm): Promise<RowRange[]> {
  const ranges: { key: string; from: number; to: number }[] = [];
  const foreign = (): SegtileError =>
    new SegtileError(
      'output',
      `${path} is not a submission that segtile can add to`,
      `it begins with ${JSON.stringify(form.head.trim())} and has a row a line; choose another name, or move that file away`,
    );
  const bytes = new Uint8Array(PIECE);
  let at = 0;
  let lineStart = 0;
  let start: number[] = [];
  let last = 0;

  function endLine(end: number): void {
    const text = new TextDecoder().decode(Uint8Array.from(start));
    if (lineStart === 0) {
      if (`${text}\n` !== form.head) throw foreign();
      return;
    }
    const key = form.key.exec(text)?.[1];
    if (key === undefined) {
      if (text === '' || text === form.tail.trim()) return;
      throw foreign();
    }
    const to = form.between.startsWith(',') && last === COMMA ? end - 1 : end;
    const before = ranges.at(-1);
    if (before?.key === key) before.to = to;
    else ranges.push({ key, from: lineStart, to });
  }

  for (;;) {
    const { bytesRead } = await file.read(bytes, 0, PIECE, at);
    if (bytesRead === 0) break;
    for (let from = 0; from < bytesRead; ) {
      const found = bytes.indexOf(LINE_FEED, from);
      const end = found < 0 || found >= bytesRead ? bytesRead : found;
      for (let i = from; i < end && start.length < KEY; i++) start.push(bytes[i]!);
      if (end > from) last = bytes[end - 1]!;
      if (end === bytesRead) break;
      endLine(at + end);
      start = [];
      lineStart = at + end + 1;
      from = end + 1;
    }
    at += bytesRead;
  }
  // The last line must end like all others.
  if (lineStart !== at || at === 0) throw foreign();
  return ranges;
}
