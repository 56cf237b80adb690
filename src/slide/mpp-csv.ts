import { extname } from 'node:path';
import { SegtileError } from '../errors.js';
import { fileName } from '../tiff/location.js';
import type { SlideMpp } from './slide.js';

/** Microns per pixel by what a file calls a slide: its path, its name, or its name without the extension. */
export type MppTable = ReadonlyMap<string, { readonly mpp: number; readonly line: number }>;

/** What people call the second column. */
const HEADER = /^[a-zµ_ ]*(mpp|micron|micromet|pixel|resolution|um|µm)/i;

/**
 * Reads a CSV of `slide,mpp`: a line a slide, the micrometres per pixel of its level 0. Further columns are passed over, as are empty lines and
 * a first line that names its columns.
 *
 * @param path names the file in messages
 * @throws {SegtileError} `input` naming the line, for a number that is none or a slide that has two
 */
export function parseMppCsv(text: string, path: string): MppTable {
  const table = new Map<string, { readonly mpp: number; readonly line: number }>();
  for (const [index, row] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (row.trim() === '') continue;
    const line = index + 1;
    const [slide = '', value] = fields(row);
    const mpp = Number(value === '' ? Number.NaN : value);
    if (line === 1 && value !== undefined && HEADER.test(value)) continue;
    const hint = 'each line is a slide and its micrometres per pixel, such as slide-1.svs,0.25';
    if (slide === '' || value === undefined) {
      throw new SegtileError(
        'input',
        `expected a slide and its microns per pixel in line ${line} of ${path} but got "${row}"`,
        hint,
      );
    }
    if (!(mpp > 0 && Number.isFinite(mpp))) {
      throw new SegtileError('input', `expected a positive number for mpp in line ${line} of ${path} but got "${value}"`, hint);
    }
    const before = table.get(slide);
    if (before !== undefined && before.mpp !== mpp) {
      const both = `${before.mpp} in line ${before.line} and ${mpp} in line ${line}`;
      throw new SegtileError('input', `${path} gives ${slide} two values: ${both}`, 'leave one line for each slide');
    }
    if (before === undefined) table.set(slide, { mpp, line });
  }
  return table;
}

/** The fields of a line of CSV, without the quotes and the space around them (RFC 4180; no field goes over lines here). */
function fields(row: string): string[] {
  const found: string[] = [];
  for (const match of row.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))/g)) {
    found.push(match[1]?.replaceAll('""', '"') ?? match[2]!.trim());
  }
  return found;
}

/**
 * What a table says of a slide: by its path as given, else by its file name, else by its name without the extension.
 *
 * @returns undefined where it says nothing
 */
export function lookUpMpp(table: MppTable, slide: string): SlideMpp | undefined {
  const name = fileName(slide);
  const stem = name.slice(0, name.length - (/\.ome\.tiff?$/i.exec(name)?.[0].length ?? extname(name).length));
  const found = table.get(slide) ?? table.get(name) ?? table.get(stem);
  return found && { x: found.mpp, y: found.mpp, source: '--slide-mpp-csv' };
}
