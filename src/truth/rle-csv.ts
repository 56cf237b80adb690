import { SegtileError } from '../errors.js';
import { meant } from '../plan/checked.js';
import type { Size } from '../types.js';
import type { TruthConfig } from './config.js';
import { labelOfRuns } from './naming.js';
import { decodeRle } from './rle.js';
import { shapeTruth } from './shape-truth.js';
import { readTable } from './table.js';
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
  let columns: { readonly id: number; readonly runs: number } | undefined;
  let found: string | undefined;
  const ids: string[] = [];
  for await (const { line, cells } of readTable(path, signal)) {
    if (columns === undefined) {
      columns = columnsOf(path, cells);
      continue;
    }
    const id = cells[columns.id]!;
    if (id !== name) ids.push(id);
    else if (found === undefined) found = cells[columns.runs]!;
    else throw new SegtileError('input', `${path}: line ${line} has the id ${name} again`, 'leave one row for each slide');
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
