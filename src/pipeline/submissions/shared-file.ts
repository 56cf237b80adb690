import { type FileHandle, open } from 'node:fs/promises';
import { SegtileError } from '../../errors.js';
import { alone } from '../../io/alone.js';
import { type PartialFile, writeWhole } from '../../io/partial-file.js';
import { requireRegular } from '../../io/regular-file.js';
import type { MaskClass } from '../../types.js';
import { type SubmissionFacts, type SubmissionOptions, submissionForm, submissionRows } from './options.js';
import { cocoRows, csvRows, type RowForm, type RowRange, rowRanges } from './rows.js';

/**
 * Checks before the work that rows of a slide may be added to the submission, if one is asked for.
 *
 * @throws {SegtileError} `usage` as {@link submissionRows}; `output` if it has some of the rows and they may not be
 *   replaced, or if it is no submission
 */
export async function checkSubmission(
  options: SubmissionOptions,
  slide: string,
  classes: readonly MaskClass[],
  replace: boolean,
): Promise<void> {
  const { submission: shared } = options;
  if (shared === undefined) return;
  const ids = submissionForm(options) === 'csv' ? submissionRows(slide, classes, options).map(({ id }) => id) : [slide];
  const file = await openThere(shared);
  if (file === undefined) return;
  try {
    const there = await rowRanges(shared, file, formOf(shared));
    if (!replace) refuseAny(shared, there, keysOf(shared, ids));
  } finally {
    await file.close();
  }
}

/** Adds the rows that a run wrote to the submission, if there is one; see {@link addRows}. */
export async function addSubmission(facts: SubmissionFacts | null, replace: boolean): Promise<void> {
  if (facts !== null) await addRows(facts.file, facts.path, replace);
}

/**
 * Makes sure that the rows of a result that is kept are in the submission that is asked for now, because the file may
 * have been moved away since.
 *
 * @throws {SegtileError} as {@link addRows}
 */
export async function restoreSubmission(facts: SubmissionFacts | null, { submission }: SubmissionOptions): Promise<void> {
  if (facts === null || submission === undefined) return;
  const file = await openThere(submission);
  if (file !== undefined) {
    try {
      const there = new Set((await rowRanges(submission, file, formOf(submission))).map(({ key }) => key));
      if ([...keysOf(submission, facts.ids)].every((key) => there.has(key))) return;
    } finally {
      await file.close();
    }
  }
  await addRows(submission, facts.path, true);
}

/**
 * Adds the rows of a slide to a submission. Afterwards the file is either complete with them or unchanged. Rows are in
 * the order of their ids, so the file does not depend on the order in which slides are done. Processes that add to the
 * same file wait for each other.
 *
 * @param own a file of the same form with the rows of the slide alone
 * @param replace whether existing rows with the same ids are replaced
 * @throws {SegtileError} `output` if there are rows with the same ids already, or the file cannot be written
 */
export async function addRows(shared: string, own: string, replace: boolean): Promise<void> {
  const form = formOf(shared);
  await alone(shared, async () => {
    const [mine, old] = [await open(own), await openThere(shared)];
    try {
      const added = (await rowRanges(own, mine, form)).map((range) => ({ ...range, file: mine }));
      const keys = new Set(added.map(({ key }) => key));
      const there = old === undefined ? [] : await rowRanges(shared, old, form);
      if (!replace) refuseAny(shared, there, keys);
      const kept = there.filter(({ key }) => !keys.has(key)).map((range) => ({ ...range, file: old! }));
      const rows = [...kept, ...added].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.from - b.from));
      await writeWhole(shared, (file) => writeRows(file, rows, form));
    } finally {
      await mine.close();
      await old?.close();
    }
  });
}

function formOf(shared: string): RowForm {
  return submissionForm({ submission: shared }) === 'csv' ? csvRows : cocoRows;
}

/** Ids as they are written in the file. */
function keysOf(shared: string, ids: readonly string[]): ReadonlySet<string> {
  return new Set(formOf(shared) === csvRows ? ids : ids.map((id) => JSON.stringify(cocoId(id))));
}

/** The `image_id` of a slide. COCO numbers its images, so a name that consists of digits becomes a number. */
export function cocoId(slide: string): string | number {
  return /^\d{1,15}$/.test(slide) ? Number(slide) : slide;
}

function refuseAny(shared: string, there: readonly RowRange[], keys: ReadonlySet<string>): void {
  const found = there.find(({ key }) => keys.has(key));
  if (found === undefined) return;
  throw new SegtileError(
    'output',
    `${shared} has rows of ${found.key} already`,
    'use --overwrite to replace them, or choose another name with --submission',
  );
}

async function openThere(path: string): Promise<FileHandle | undefined> {
  try {
    await requireRegular(path);
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SegtileError('output', `cannot add to ${path}: ${(error as Error).message}`, 'choose another name', error);
  }
}

const PIECE = 2 ** 20;

async function writeRows(
  file: PartialFile,
  rows: readonly (RowRange & { readonly file: FileHandle })[],
  { head, between, tail }: RowForm,
): Promise<void> {
  const write = (text: string) => file.append(new TextEncoder().encode(text));
  await write(head);
  for (const [index, { file: from, ...range }] of rows.entries()) {
    if (index > 0) await write(between);
    for (let at = range.from; at < range.to; ) {
      const bytes = new Uint8Array(Math.min(PIECE, range.to - at));
      const { bytesRead } = await from.read(bytes, 0, bytes.length, at);
      if (bytesRead === 0) throw new SegtileError('output', 'a submission became shorter while it was read', 'try again');
      await file.append(bytes.subarray(0, bytesRead));
      at += bytesRead;
    }
  }
  await write(tail);
}
