import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SegtileError } from '../errors.js';
import { fileName, isRemote, shownPath } from '../io/location.js';
import { meant } from '../plan/text/meant.js';
import { REGION_MARK, slideName, slidesOfTruth } from './slide-names.js';
import { readTable } from './table.js';

export { slideName };

/** A slide and the file that holds its truth. */
export interface TruthPair {
  readonly slide: string;
  readonly truth: string;
  /** The patient, if given: all slides of a patient are one group. */
  readonly patient: string | undefined;
}

/**
 * The kind of file to find for each slide: its name in messages, its columns in a CSV, and how its files are named
 * after a slide.
 */
export interface Beside {
  readonly noun: string;
  /** Names of the column; any of these is accepted. */
  readonly columns: readonly [string, ...string[]];
  readonly mark?: RegExp;
  /** Example endings of the file for a slide, for hints. */
  readonly example: string;
}

const TRUTH: Beside = { noun: 'truth', columns: ['truth'], example: '.truth.tif, _mask.png or .geojson' };

/** The kinds of files that `--tissue` and `--roi` take. */
export const REGIONS: Readonly<Record<'tissue' | 'roi', Beside>> = {
  tissue: { noun: 'tissue', columns: ['tissue', 'mask', 'truth'], mark: REGION_MARK, example: '.tissue.png or .geojson' },
  roi: { noun: 'region', columns: ['roi', 'region', 'mask', 'truth'], mark: REGION_MARK, example: '.roi.geojson or .png' },
};

/**
 * Finds the truth file of each slide. `given` is one of these:
 *
 * - a folder: the truth is the file in it that is named after the slide, see {@link slidesOfTruth}
 * - a CSV with the columns `slide` and `truth`, and optionally `patient` (or `case`, `patient_id` and the like): paths
 *   are relative to the CSV; slides are found by path, by name, or by name without ending
 * - a CSV of runs or a COCO file, which hold the truth of many slides
 * - any other file, for a single slide
 *
 * @param slides if empty, all slides that the CSV of pairs lists
 * @param nameOf gives the name of a slide; by default the name of its file
 * @param beside the kind of file to find; by default truth
 * @throws {SegtileError} `input` naming the slides that have no truth, or several
 */
export async function matchTruths(
  slides: readonly string[],
  given: string,
  nameOf: (slide: string) => string = slideName,
  beside: Beside = TRUTH,
): Promise<readonly TruthPair[]> {
  const { noun, columns } = beside;
  const found = await stat(given).catch((cause: unknown) => {
    throw new SegtileError('input', `there is no file or folder ${shownPath(given)}`, `check the path given as ${noun}`, cause);
  });
  if (found.isDirectory()) return matchFolder(slides, given, await readdir(given), nameOf, beside);
  if (/\.csv(\.gz|\.zip)?$/i.test(given)) {
    const pairs = await readPairs(given, columns);
    if (pairs !== undefined) return matchPairs(slides, pairs, given, nameOf);
    return slides.map((slide) => ({ slide, truth: given, patient: undefined }));
  }
  if (slides.length > 1 && !(/\.json(\.gz|\.zip)?$/i.test(given) && (await isCoco(given)))) {
    throw new SegtileError(
      'input',
      `${given} holds the ${noun} of one slide, but ${slides.length} slides were given`,
      `give a folder, or a CSV with the columns slide and ${columns[0]}`,
    );
  }
  return slides.map((slide) => ({ slide, truth: given, patient: undefined }));
}

/**
 * Pairs slides with the truth files of a folder. A slide is never its own truth.
 *
 * @param names of the files in the folder
 * @throws {SegtileError} `input` naming the slides without truth, or one with several, and the files
 */
export function matchFolder(
  slides: readonly string[],
  folder: string,
  names: readonly string[],
  nameOf: (slide: string) => string = slideName,
  { noun, columns, mark, example }: Beside = TRUTH,
): TruthPair[] {
  const themselves = new Set(slides.map((slide) => resolve(slide)));
  const bySlide = new Map<string, string[]>();
  for (const name of names) {
    if (themselves.has(resolve(folder, name))) continue;
    for (const of of slidesOfTruth(name, mark)) bySlide.set(of, [...(bySlide.get(of) ?? []), name]);
  }
  const candidates = slides.map((slide) => bySlide.get(nameOf(slide).toLowerCase()) ?? []);
  const without = slides.filter((_, i) => candidates[i]!.length === 0);
  if (without.length > 0) {
    const stem = nameOf(without[0]!);
    const some = without.slice(0, 5).map(nameOf).join(', ') + (without.length > 5 ? ', …' : '');
    throw new SegtileError(
      'input',
      `${folder} has no ${noun} for ${without.length} of ${slides.length} slides: ${some}`,
      `name it like ${example.replaceAll(/(?<=^|[ ])(?=[._])/g, stem)}, or give a CSV with the columns slide and ${columns[0]}`,
    );
  }
  return slides.map((slide, i) => {
    const [truth, ...more] = candidates[i]!;
    if (more.length === 0) return { slide, truth: join(folder, truth!), patient: undefined };
    throw new SegtileError(
      'input',
      `${folder} has several ${noun === 'truth' ? 'truths' : 'files'} for ${nameOf(slide)}: ${candidates[i]!.join(', ')}`,
      `keep one of them, or name it in a CSV with the columns slide and ${columns[0]}`,
    );
  });
}

/** Names of columns that hold the patient. If such a column were overlooked, parts of a dataset could share patients. */
const PATIENT = /^(patient|case|subject|donor|participant)([ _-]?(id|no|nr|number|name|code|barcode))?$/;

/** The rows of a CSV of pairs, or undefined if it has other columns. */
async function readPairs(path: string, names: Beside['columns']): Promise<TruthPair[] | undefined> {
  let columns: readonly string[] | undefined;
  let truthColumn = names[0];
  let patientColumn: string | undefined;
  const pairs: TruthPair[] = [];
  for await (const { line, cells } of readTable(path)) {
    if (columns === undefined) {
      columns = cells.map((cell) => cell.trim().toLowerCase());
      const named = names.find((name) => columns!.includes(name));
      if (!columns.includes('slide') || named === undefined) return undefined;
      truthColumn = named;
      patientColumn = columnOfPatients(path, columns);
      continue;
    }
    const cell = (name: string) => (columns!.includes(name) ? cells[columns!.indexOf(name)]!.trim() : undefined);
    for (const name of ['slide', truthColumn, ...(patientColumn === undefined ? [] : [patientColumn])]) {
      if (cell(name) === '')
        throw new SegtileError('input', `${path}: line ${line} has no ${name}`, 'fill every cell of the column');
    }
    const beside = (name: string) => (isRemote(cell(name)!) ? cell(name)! : resolve(dirname(path), cell(name)!));
    pairs.push({
      slide: beside('slide'),
      truth: beside(truthColumn),
      patient: patientColumn === undefined ? undefined : cell(patientColumn),
    });
  }
  return pairs;
}

function columnOfPatients(path: string, columns: readonly string[]): string | undefined {
  const [first, second] = columns.includes('patient') ? ['patient'] : columns.filter((name) => PATIENT.test(name));
  if (second === undefined) return first;
  const message = `${path} has several columns that may hold the patient: ${first} and ${second}`;
  throw new SegtileError('input', message, 'rename the right one to patient');
}

/**
 * Picks the pairs of the given slides.
 *
 * @param path of the CSV, for messages
 * @throws {SegtileError} `input` naming the slide that is listed twice or not at all, or the rows that belong to no slide
 */
function matchPairs(
  slides: readonly string[],
  pairs: readonly TruthPair[],
  path: string,
  nameOf: (slide: string) => string = slideName,
): readonly TruthPair[] {
  if (slides.length === 0) {
    const twice = [...grouped(pairs, ({ slide }) => slide).values()].find((same) => same.length > 1);
    if (twice) throw listedTwice(path, twice[0]!.slide);
    return pairs;
  }
  const taken = new Set<TruthPair>();
  const ways = [
    { rows: grouped(pairs, (pair) => resolve(pair.slide)), keyOf: (slide: string) => resolve(slide) },
    { rows: grouped(pairs, (pair) => fileName(pair.slide)), keyOf: fileName },
    { rows: grouped(pairs, (pair) => slideName(pair.slide)), keyOf: nameOf },
  ];
  const found = slides.map((slide) => {
    for (const { rows, keyOf } of ways) {
      const mine = rows.get(keyOf(slide)) ?? [];
      if (mine.length > 1) throw listedTwice(path, slide);
      if (mine.length === 1) {
        taken.add(mine[0]!);
        return { ...mine[0]!, slide };
      }
    }
    const names = pairs.map((pair) => slideName(pair.slide));
    throw new SegtileError(
      'input',
      `${path} does not list the slide ${nameOf(slide)}${meant(nameOf(slide), names)}`,
      'add a row for it, or leave the slide out',
    );
  });
  requireAllTaken(pairs, taken, path);
  return found;
}

/** Rows by a key, as a list may have thousands. */
function grouped(pairs: readonly TruthPair[], keyOf: (pair: TruthPair) => string): ReadonlyMap<string, readonly TruthPair[]> {
  const groups = new Map<string, TruthPair[]>();
  for (const pair of pairs) {
    const key = keyOf(pair);
    const group = groups.get(key);
    if (group) group.push(pair);
    else groups.set(key, [pair]);
  }
  return groups;
}

/** Refuses rows that belong to no slide: such a row is a mistake, or its slide was forgotten. */
function requireAllTaken(pairs: readonly TruthPair[], taken: ReadonlySet<TruthPair>, path: string): void {
  const strays = pairs.filter((pair) => !taken.has(pair)).map(({ slide }) => fileName(shownPath(slide)));
  if (strays.length === 0) return;
  const some = strays.slice(0, 5).join(', ') + (strays.length > 5 ? `, … (${strays.length} in all)` : '');
  throw new SegtileError(
    'input',
    `${path} lists slides that were not given: ${some}`,
    'delete these rows, or give these slides as well',
  );
}

function listedTwice(path: string, slide: string): SegtileError {
  return new SegtileError('input', `${path} lists the slide ${slideName(slide)} more than once`, 'keep one row for each slide');
}

/** Whether a file holds the truth of many slides. What reads shapes is loaded only when it is asked. */
async function isCoco(path: string): Promise<boolean> {
  return (await import('./shapes/json-truth.js')).isCoco(path);
}
