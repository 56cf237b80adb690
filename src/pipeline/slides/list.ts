import { dirname, resolve } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { reason, SegtileError } from '../../errors.js';
import { isRemote } from '../../io/location.js';
import { mppProblem } from '../../plan/resolution/mpp-range.js';
import { plainCell } from '../../plan/text/csv.js';
import { meant } from '../../plan/text/meant.js';
import { LIST_COLUMNS, type ListColumn, METHODS, type SlideRequest } from './request.js';

/** A list of slides, as read from a file. */
export interface SlideList {
  readonly requests: readonly SlideRequest[];
  /** Its columns besides that of the slide. */
  readonly columns: readonly Exclude<ListColumn, 'slide'>[];
}

/** A further column of a list of failures, which does not affect how slides are run. */
const PASSED_OVER = 'error';

/**
 * Reads a list of slides. It is a CSV whose first line names its columns, `slide` and any of `mpp`, `roi`, `tissue`,
 * `output`; or it has one path on each line. Paths are relative to a folder, except `output`. Empty cells mean that
 * nothing is set.
 *
 * @param where names the list in messages
 * @param folder that relative paths start from
 * @throws {SegtileError} `input` naming the lines that are not valid
 */
export function parseSlideList(text: string, where: string, folder: string): SlideList {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const at = lines.findIndex((line) => line.trim() !== '');
  if (at < 0)
    throw new SegtileError('input', `${where} lists no slide`, 'give a path on each line, or a CSV with the column slide');
  const head = lines[at]!.split(',').map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .toLowerCase(),
  );
  const place = (path: string): string => (isRemote(path) ? path : fromFolder(folder, path));
  if (!head.some((cell) => (LIST_COLUMNS as readonly string[]).includes(cell))) {
    const paths = lines.flatMap((line) => (line.trim() === '' ? [] : [place(line.trim())]));
    return { requests: paths.map((path) => ({ path })), columns: [] };
  }
  return fromTable(text, where, place);
}

/** Joins a folder and a path. The result stays relative if the folder is, so it is shorter than an absolute path. */
function fromFolder(folder: string, path: string): string {
  return folder === '.' || folder === '' ? path : resolve(path) === path ? path : `${folder.replace(/[\\/]+$/, '')}/${path}`;
}

interface ListRow {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function fromTable(text: string, where: string, place: (path: string) => string): SlideList {
  const [head, ...rows] = rowsOf(text, where);
  const columns = head!.record.map((cell) => cell.trim().toLowerCase());
  checkColumns(columns, where, head!.info.lines);
  const wrong: string[] = [];
  const requests = rows.flatMap(({ record, info }): SlideRequest[] => {
    const cell = (name: ListColumn): string | undefined => plainCell(record[columns.indexOf(name)]?.trim() ?? '') || undefined;
    try {
      return [requestOf(cell, place)];
    } catch (error) {
      wrong.push(`line ${info.lines} ${reason(error)}`);
      return [];
    }
  });
  if (wrong.length > 0) {
    const more = wrong.length > LINES_TOLD ? `; and ${wrong.length - LINES_TOLD} more` : '';
    throw new SegtileError(
      'input',
      `${where}: ${wrong.slice(0, LINES_TOLD).join('; ')}${more}`,
      'mend these lines; nothing was run',
    );
  }
  if (requests.length === 0)
    throw new SegtileError('input', `${where} names columns, but lists no slide`, 'add a line for each slide');
  const known = LIST_COLUMNS.filter((name) => name !== 'slide' && columns.includes(name));
  return { requests, columns: known as SlideList['columns'] };
}

/** The most wrong lines that an error message lists. */
const LINES_TOLD = 5;

function rowsOf(text: string, where: string): ListRow[] {
  try {
    return parse(text, { bom: true, skip_empty_lines: true, info: true, trim: true }) as unknown as ListRow[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new SegtileError(
      'input',
      `${where} is not a CSV: ${error.message}`,
      'each line has as many cells as the first',
      error,
    );
  }
}

function checkColumns(columns: readonly string[], where: string, line: number): void {
  const known = [...LIST_COLUMNS, PASSED_OVER] as readonly string[];
  const strange = columns.filter((name) => !known.includes(name));
  const hint = `a list may have the columns ${LIST_COLUMNS.join(', ')}`;
  if (strange.length > 0) {
    const [first] = strange as [string];
    const which = strange.map((name) => `"${name}"`).join(', ');
    throw new SegtileError(
      'input',
      `${where}: line ${line} has columns that are not known: ${which}${meant(first, known)}`,
      hint,
    );
  }
  const twice = columns.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined) throw new SegtileError('input', `${where}: line ${line} has the column ${twice} twice`, hint);
  if (!columns.includes('slide')) throw new SegtileError('input', `${where}: line ${line} has no column slide`, hint);
}

/** @throws {Error} that says what is wrong with the line */
function requestOf(cell: (name: ListColumn) => string | undefined, place: (path: string) => string): SlideRequest {
  const [path, mpp, roi, tissue, output] = LIST_COLUMNS.map(cell);
  if (path === undefined) throw new Error('has no slide');
  if (/^https?:.*\?\.\.\.$/i.test(path)) throw new Error(`has a URL without what stood behind its "?": ${path}`);
  const micrometres = mpp === undefined ? undefined : Number(mpp);
  if (micrometres !== undefined && mppProblem({ x: micrometres, y: micrometres }) !== undefined) {
    throw new Error(`has "${mpp}" for mpp, but 0.02 to 20 µm per pixel are expected`);
  }
  return {
    path: place(path),
    mpp: micrometres,
    roi: roi === undefined ? undefined : place(roi),
    tissue: tissue === undefined || METHODS.includes(tissue) ? tissue : place(tissue),
    output,
  };
}

/** The folder that paths of a list are relative to: the folder of the list; for standard input the current folder. */
export function folderOfList(path: string): string {
  return path === '-' ? '.' : dirname(path);
}
