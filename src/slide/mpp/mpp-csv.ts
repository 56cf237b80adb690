import { extname } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { SegtileError } from '../../errors.js';
import { fileName } from '../../io/location.js';
import { requireMpp } from '../../plan/resolution/mpp-range.js';
import type { SlideMpp } from '../slide.js';

/** Micrometres per pixel, by what the CSV calls a slide: its path, its name, or its name without the extension. */
export type MppTable = ReadonlyMap<string, { readonly mpp: number; readonly line: number }>;

/** Usual names of the second column. */
const HEADER = /^[a-zµ_ ]*(mpp|micron|micromet|pixel|resolution|um|µm)/i;

/**
 * Reads a CSV of `slide,mpp`: one line per slide, with the micrometres per pixel of its level 0. Further columns, empty
 * lines and a header line are ignored.
 *
 * @param path names the file in messages
 * @throws {SegtileError} `input` naming the line, if a number is not valid or a slide has two lines
 */
export function parseMppCsv(text: string, path: string): MppTable {
  const table = new Map<string, { readonly mpp: number; readonly line: number }>();
  for (const { line, row } of rowsOf(text, path)) {
    const [slide = '', value] = row;
    if (line === 1 && value !== undefined && HEADER.test(value)) continue;
    if (slide === '' || value === undefined) {
      const got = row.join(',');
      throw new SegtileError(
        'input',
        `expected a slide and its micrometres per pixel in line ${line} of ${path} but got "${got}"`,
        HINT,
      );
    }
    const mpp = Number(value === '' ? Number.NaN : value);
    if (!(mpp > 0 && Number.isFinite(mpp))) {
      throw new SegtileError('input', `expected a positive number for mpp in line ${line} of ${path} but got "${value}"`, HINT);
    }
    requireMpp(mpp, `line ${line} of ${path}`, 'input');
    const before = table.get(slide);
    if (before !== undefined && before.mpp !== mpp) {
      const both = `${before.mpp} in line ${before.line} and ${mpp} in line ${line}`;
      throw new SegtileError('input', `${path} gives ${slide} two values: ${both}`, 'leave one line for each slide');
    }
    if (before === undefined) table.set(slide, { mpp, line });
  }
  return table;
}

const HINT = 'each line is a slide and its micrometres per pixel, such as slide-1.svs,0.25';

/** The rows of a CSV that are not empty, each with the number of its line. */
function rowsOf(text: string, path: string): { readonly line: number; readonly row: readonly string[] }[] {
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;
    const rows = parse(text, options) as unknown as { readonly info: { readonly lines: number }; readonly record: string[] }[];
    return rows
      .map(({ info, record }) => ({ line: info.lines, row: record }))
      .filter(({ row }) => row.some((cell) => cell !== ''));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new SegtileError('input', `${path} cannot be read as CSV: ${error.message}`, HINT, error);
  }
}

/**
 * Looks up a slide in a table: by its path as given, then by its file name, then by its name without the extension.
 *
 * @returns undefined if the table has no line for the slide
 */
export function lookUpMpp(table: MppTable, slide: string): SlideMpp | undefined {
  const found = namesOf(slide).flatMap((name) => table.get(name) ?? [])[0];
  return found && { x: found.mpp, y: found.mpp, source: '--slide-mpp-csv' };
}

/**
 * Makes sure that every line of a table belongs to one of the slides. A line that does not is a mistake, or belongs to
 * another study.
 *
 * @param path names the file in messages
 * @throws {SegtileError} `input` naming the lines that belong to no slide
 */
export function requireMatched(table: MppTable, path: string, slides: readonly string[]): void {
  const names = new Set(slides.flatMap(namesOf));
  const strays = [...table].filter(([name]) => !names.has(name)).map(([name, { line }]) => `${name} in line ${line}`);
  if (strays.length === 0) return;
  const some = strays.slice(0, 5).join(', ') + (strays.length > 5 ? `, … (${strays.length} in all)` : '');
  throw new SegtileError(
    'input',
    `${path} lists slides that were not given: ${some}`,
    `the slides are ${slides.slice(0, 5).map(fileName).join(', ')}${slides.length > 5 ? ', …' : ''}; mend the line or leave it out`,
  );
}

/** The names that a CSV may use for a slide: its path as given, its file name, its name without the extension. */
function namesOf(slide: string): [path: string, name: string, stem: string] {
  const name = fileName(slide);
  return [slide, name, name.slice(0, name.length - (/\.ome\.tiff?$/i.exec(name)?.[0].length ?? extname(name).length))];
}
