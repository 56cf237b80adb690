import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import { SegtileError, throwIfAborted } from '../errors.js';
import { meant } from '../plan/checked.js';
import type { Size } from '../types.js';
import type { TruthConfig } from './config.js';
import { labelOfRuns } from './naming.js';
import { decodeRle } from './rle.js';
import { shapeTruth } from './shape-truth.js';
import type { Truth } from './truth.js';

/** What the column of runs may be called: in truth, in predictions, in HuBMAP 2022. */
const RUN_COLUMNS = ['encoding', 'predicted', 'rle'];

/**
 * Opens the row of a slide in a CSV of HuBMAP: `id,encoding` (truth) or `id,predicted` (predictions), RLE at full resolution. Rows of
 * other slides are read over, not held.
 *
 * @param name of the slide, as the column `id` has it
 * @throws {SegtileError} `input` where there is no such row or several, and where the runs do not fit the slide
 */
export async function openRleCsv(
  path: string,
  name: string,
  slide: Size,
  config: TruthConfig,
  signal?: AbortSignal,
): Promise<Truth> {
  const encoding = await findRow(path, name, signal);
  const where = `${path}: id ${name}`;
  const shape = decodeRle(encoding, slide, labelOfRuns(config, where), where);
  return shapeTruth({ path, kind: 'RLE', slide, config, shapes: shape.tops.length === 0 ? [] : [shape] });
}

async function findRow(path: string, name: string, signal: AbortSignal | undefined): Promise<string> {
  const file = createReadStream(path);
  const rows = parse({ bom: true, skip_empty_lines: true });
  file.on('error', (error) => rows.destroy(error));
  file.pipe(rows);
  let columns: { readonly id: number; readonly runs: number } | undefined;
  let found: string | undefined;
  const ids: string[] = [];
  try {
    for await (const row of rows as AsyncIterable<readonly string[]>) {
      throwIfAborted(signal);
      if (columns === undefined) {
        columns = columnsOf(path, row);
        continue;
      }
      const id = row[columns.id]!;
      if (id === name && found !== undefined) {
        throw new SegtileError('input', `${path} has several rows with the id ${name}`, 'leave one');
      }
      if (id === name) found = row[columns.runs]!;
      else ids.push(id);
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new SegtileError('input', `${path} is no CSV: ${cause.message}`, 'save it as CSV again', cause);
  } finally {
    file.destroy();
  }
  if (found !== undefined) return found;
  const some = ids.slice(0, 5).join(', ') + (ids.length > 5 ? `, … (${ids.length} in all)` : '');
  throw new SegtileError('input', `${path} has no row with the id ${name}${meant(name, ids)}`, `its ids are ${some || 'none'}`);
}

function columnsOf(path: string, header: readonly string[]): { id: number; runs: number } {
  const names = header.map((name) => name.trim().toLowerCase());
  const id = names.indexOf('id');
  const runs = names.findIndex((name) => RUN_COLUMNS.includes(name));
  if (id >= 0 && runs >= 0) return { id, runs };
  throw new SegtileError(
    'input',
    `${path} has the columns ${header.join(', ').slice(0, 80)}, not id and encoding`,
    `a CSV of runs has the columns id and one of ${RUN_COLUMNS.join(', ')}`,
  );
}
