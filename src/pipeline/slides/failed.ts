import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { alone, clearAbandoned } from '../../io/alone.js';
import { isRemote, shownPath } from '../../io/location.js';
import { writeWhole } from '../../io/partial-file.js';
import { csvCell, plainCell } from '../../plan/text/csv.js';
import type { FilesDone } from '../each-file.js';
import { makeFolder } from '../outputs/clashes.js';
import { folderOf, isMaskName, LIST_COLUMNS, METHODS, type SlideRequest } from './request.js';

/** The name of the list of failures in the folder of results. */
export const FAILED = 'failed.csv';

const HEAD = [...LIST_COLUMNS, 'error'].join(',');

/**
 * Updates the list of failures in a folder of results, which `--from` can read. New failures are added, files that are
 * done now are removed, and an empty list is deleted. A list is begun only if more than one file was asked for.
 *
 * @returns the path of the list, if it has lines
 * @throws {SegtileError} `output` if it cannot be written, or a file of that name is something else
 */
export async function keepFailures(output: string, { files, outcomes, failures }: FilesDone): Promise<string | undefined> {
  const path = join(output, FAILED);
  // A file whose run was stopped did not fail.
  const failed = failures.filter(({ error }) => !(error instanceof SegtileError && error.code === 'aborted'));
  await clearAbandoned(path);
  const begins = failed.length > 0 && files.length > 1;
  if (!begins && (await linesOf(path)) === undefined) return undefined;
  await makeFolder(path);
  // Jobs that share the slides of a folder end at about the same time, so the list is claimed.
  return alone(path, () => keepLines(path, { files, outcomes, failures: failed }));
}

async function keepLines(path: string, { files, outcomes, failures: failed }: FilesDone): Promise<string | undefined> {
  const before = await linesOf(path);
  const done = files.filter((_, i) => outcomes[i] === 'done' || outcomes[i] === 'kept');
  const settled = new Set([...done, ...failed.map(({ file }) => file)].map(keyOf));
  const lines = (before ?? []).filter(({ key }) => !settled.has(key)).map(({ line }) => line);
  lines.push(...failed.map(({ file, error }) => lineOf(file, reason(error))));
  if (lines.length === 0) {
    await rm(path, { force: true });
    return undefined;
  }
  const bytes = new TextEncoder().encode([HEAD, ...lines, ''].join('\n'));
  await writeWhole(path, (file) => file.append(bytes));
  return path;
}

/** The lines of an existing list of failures, each with its key. */
async function linesOf(path: string): Promise<readonly { readonly key: string; readonly line: string }[] | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new SegtileError('output', `${path} cannot be read: ${reason(error)}`, 'check its permissions', error);
  });
  if (text === undefined) return undefined;
  const { CsvError, parse } = await import('csv-parse/sync');
  try {
    const [head, ...rows] = parse(text) as string[][];
    if (head!.join(',') !== HEAD) throw foreign(path);
    return rows.map((row) => {
      const cells = row.map(plainCell);
      return { key: JSON.stringify([cells[0], cells[OUTPUT]]), line: cells.map(csvCell).join(',') };
    });
  } catch (error) {
    throw error instanceof CsvError ? foreign(path) : error;
  }
}

const OUTPUT = LIST_COLUMNS.indexOf('output');

function foreign(path: string): SegtileError {
  return new SegtileError(
    'output',
    `${path} is not a list of failures that segtile wrote`,
    'rename it, or choose another --output',
  );
}

/** The key of a line: a slide and the folder of its results. */
function keyOf(file: SlideRequest): string {
  return JSON.stringify([pathOf(file.path), placeOf(file)]);
}

function lineOf(file: SlideRequest, error: string): string {
  const { path, mpp = '', roi, tissue } = file;
  const cells = [
    pathOf(path),
    mpp,
    roi === undefined ? '' : pathOf(roi),
    tissue === undefined || METHODS.includes(tissue) ? (tissue ?? '') : pathOf(tissue),
    placeOf(file),
    error.replace(/\s+/g, ' '),
  ];
  return cells.map(csvCell).join(',');
}

/** A path that means the same in a list that is in another folder. */
function pathOf(path: string): string {
  return isRemote(path) ? shownPath(path) : resolve(path);
}

function placeOf(file: SlideRequest): string {
  const { output } = file;
  if (output !== undefined && isMaskName(output)) return output;
  const folder = folderOf(file);
  return folder === '.' ? '' : folder;
}
