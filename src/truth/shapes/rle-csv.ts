import { SegtileError } from '../../errors.js';
import { meant } from '../../plan/text/meant.js';
import type { Size } from '../../types.js';
import type { TruthConfig } from '../config.js';
import { namedAlike } from '../slide-names.js';
import { readTable } from '../table.js';
import type { Truth } from '../truth.js';
import { labeller, labelOfRuns } from './naming.js';
import { type Runs, readRuns, shapeOfRuns } from './rle.js';
import { shapeTruth } from './shape-truth.js';

/**
 * Names of the columns for the slide, the runs and the class, in lower case without spaces and punctuation. The first
 * name that is found is used.
 */
const COLUMNS = {
  id: ['id', 'imageid', 'image', 'imagename', 'imgid', 'img', 'filename', 'slideid'],
  runs: ['encoding', 'predicted', 'rle', 'encodedpixels', 'prediction', 'encoded', 'rlemask', 'maskrle', 'encodedrle'],
  name: ['class', 'classname', 'classid', 'category', 'categoryid', 'label'],
} as const;

/** The indices of the columns. */
interface Places {
  readonly id: number;
  readonly runs: number;
  /** -1 if there is no column of classes. */
  readonly name: number;
}

/** A row of one slide. */
interface RunsRow {
  readonly line: number;
  readonly id: string;
  readonly runs: string;
  readonly name: string | undefined;
}

/**
 * Opens the rows of a slide in a CSV of HuBMAP: `id,encoding` (truth) or `id,predicted` (predictions), with RLE at full
 * resolution. There is one row for the slide, one per object, or, with a column `class`, one per class. Rows of other
 * slides are skipped.
 *
 * @param name of the slide, as in the column `id`, with or without ending
 * @throws {SegtileError} `input` if there is no such row, or the runs do not fit the slide
 */
export async function openRleCsv(
  path: string,
  name: string,
  slide: Size,
  config: TruthConfig,
  signal?: AbortSignal,
): Promise<Truth> {
  const rows = await findRows(path, name, signal);
  const labelOf = labeller(config);
  const byLabel = new Map<number, Runs>();
  for (const { line, id, runs, name: named } of rows) {
    const where = rows.length === 1 ? `${path}: id ${id}` : `${path}: line ${line}, id ${id}`;
    const label = named === undefined ? labelOfRuns(config, where) : labelOf({ name: named, color: undefined }, where);
    if (label === undefined) continue;
    const all = byLabel.get(label) ?? { starts: [], ends: [] };
    byLabel.set(label, all);
    readRuns(runs, slide, where, all);
  }
  const found = [...byLabel].map(([label, runs]) => shapeOfRuns(runs, slide, label));
  const overlaps = found.reduce((sum, each) => sum + each.overlaps, 0);
  const notes = overlaps === 0 ? [] : [`${path}: ${overlaps} runs of ${name} overlap others: each pixel counts once`];
  const shapes = found.flatMap(({ shape }) => (shape.tops.length === 0 ? [] : [shape]));
  return shapeTruth({ path, kind: 'RLE', slide, config, shapes, notes });
}

/**
 * The ids of a CSV of runs, each once, in the order of the file.
 *
 * @throws {SegtileError} `input` if it cannot be read, or is not a CSV of runs
 */
export async function idsOfRuns(path: string, signal?: AbortSignal): Promise<readonly string[]> {
  const ids = new Set<string>();
  for await (const { id } of rowsOf(path, signal)) ids.add(id);
  return [...ids];
}

async function findRows(path: string, name: string, signal: AbortSignal | undefined): Promise<readonly RunsRow[]> {
  let found: RunsRow[] = [];
  let fit = 1;
  const ids = new Set<string>();
  for await (const row of rowsOf(path, signal)) {
    const fits = namedAlike(row.id, name);
    if (fits === 0) ids.add(row.id);
    if (fits > fit) found = [];
    if (fits >= fit) found.push(row);
    fit = Math.max(fit, fits);
  }
  const [first] = found;
  if (first === undefined) {
    const some = [...ids].slice(0, 5).join(', ') + (ids.size > 5 ? `, … (${ids.size} in all)` : '');
    const what = `${path} has no row with the id ${name}${meant(name, [...ids])}`;
    throw new SegtileError('input', what, `its ids are ${some || 'none'}`);
  }
  const other = found.find(({ id }) => id !== first.id);
  if (other === undefined) return found;
  const what = `${path} has the ids ${first.id} and ${other.id}, and both may mean ${name}`;
  throw new SegtileError('input', what, 'keep the rows of one of them');
}

async function* rowsOf(path: string, signal: AbortSignal | undefined): AsyncGenerator<RunsRow> {
  let places: Places | undefined;
  for await (const { line, cells } of readTable(path, signal)) {
    if (places === undefined) {
      places = placesOf(path, cells);
      continue;
    }
    const name = places.name < 0 ? undefined : cells[places.name]!.trim() || undefined;
    yield { line, id: cells[places.id]!.trim(), runs: cells[places.runs]!, name };
  }
}

function placesOf(path: string, header: readonly string[]): Places {
  const names = header.map((name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
  const place = (wanted: readonly string[]) => names.indexOf(wanted.find((name) => names.includes(name)) ?? '?');
  const places = { id: place(COLUMNS.id), runs: place(COLUMNS.runs), name: place(COLUMNS.name) };
  if (places.id >= 0 && places.runs >= 0) return places;
  throw new SegtileError(
    'input',
    `${path} has the columns ${header.join(', ').slice(0, 80)}, not id and encoding`,
    'a CSV of runs has the columns id (or ImageId) and encoding, predicted, rle or EncodedPixels',
  );
}
