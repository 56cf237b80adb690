import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { existsError } from '../../io/partial-file.js';
import { readRegularText } from '../../io/regular-file.js';
import { isNumber, isText } from '../../plan/text/values.js';
import { pathsOf, type RunFiles } from '../outputs/files.js';
import type { RunRecord } from '../records/record.js';
import { differences, type ResultFile, type RunKey } from './key.js';

/** The current files of a result, except its record. */
export async function filesOfResult(files: RunFiles): Promise<ResultFile[]> {
  const found: ResultFile[] = [];
  for (const path of pathsOf(files)) {
    if (path !== files.record) found.push({ name: basename(path), bytes: (await stat(path)).size });
  }
  return found;
}

/**
 * Finds out whether the result that a run would make exists already: a record with the same key, and all its files.
 *
 * @returns the record; undefined if there is none
 * @throws {SegtileError} `output` if there is a record of another run, or one of its files is missing or has another
 *   size
 */
export async function standingResult(files: RunFiles, key: RunKey): Promise<RunRecord | undefined> {
  const text = await readRegularText(files.record).catch((error: NodeJS.ErrnoException) => {
    // If there is a file where a folder should be, the error is reported when the folder is made.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw existsError(files.record);
  });
  if (text === undefined) return undefined;
  const record = recordIn(text);
  if (record === undefined) throw existsError(files.record);
  const differing = differences(record.key, key);
  if (differing.length > 0) {
    throw new SegtileError(
      'output',
      `${files.record} is there already, of a run with other settings: ${differing.join('; ')}`,
      'use --overwrite to replace it, or choose another place or name',
    );
  }
  for (const { name, bytes } of record.files) {
    const path = join(dirname(files.record), name);
    const found = await stat(path).catch(() => undefined);
    if (found?.size === bytes) continue;
    const what = found ? `has ${found.size} bytes, not the ${bytes}` : `is missing, of ${bytes} bytes`;
    throw new SegtileError('output', `${path} ${what} that ${files.record} lists`, 'use --overwrite to make all of them again');
  }
  return record;
}

/** The record in a text; undefined if the text is no record with a key. */
function recordIn(text: string): RunRecord | undefined {
  try {
    const { key, files } = JSON.parse(text) as Partial<RunRecord>;
    const texts = typeof key === 'object' && key !== null && Object.values(key).every((value) => typeof value === 'string');
    const sizes = Array.isArray(files) && files.every(({ name, bytes }) => isText(name) && isNumber(bytes));
    return texts && sizes ? (JSON.parse(text) as RunRecord) : undefined;
  } catch {
    return undefined;
  }
}
