import type { FileHandle } from 'node:fs/promises';
import { SegtileError } from '../../errors.js';

/** Rows of one key that stand together in a file of a submission: bytes from `from` up to but not including `to`, without what parts them from others. */
export interface RowRange {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** How the rows of a submission stand in its file, one a line. */
export interface RowForm {
  readonly head: string;
  /** Between two rows. */
  readonly between: string;
  readonly tail: string;
  /** What the beginning of a line says its key is. */
  readonly key: RegExp;
}

/** A CSV of HuBMAP, by the id of each row. */
export const csvRows: RowForm = { head: 'id,predicted\n', between: '\n', tail: '\n', key: /^([^,\n]+),/ };

/** COCO's results as {@link cocoForm} writes them, by the id of the image. */
export const cocoRows: RowForm = { head: '[\n', between: ',\n', tail: '\n]\n', key: /^\{"image_id":("(?:[^"\\]|\\.)*"|\d+),/ };

const LINE_FEED = 10;
const COMMA = 44;

/** Bytes that are read together, and of which at most a key is long. */
const PIECE = 2 ** 20;
const KEY = 2 ** 12;

/**
 * Where the rows of a file stand: one range for all rows of a key that follow each other.
 *
 * @throws {SegtileError} `output` where the file does not have this form
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
  // The last line has its end, as all others.
  if (lineStart !== at || at === 0) throw foreign();
  return ranges;
}
