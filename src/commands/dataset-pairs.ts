import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { reason, SegtileError } from '../errors.js';
import type { MakeDatasetOptions } from './make-dataset-settings.js';
import { slideStem } from './outputs.js';

/** A slide, its truth, and what it is called. */
export interface DatasetPair {
  /** Unique in the dataset; letters, digits, `-` and `_` alone. */
  readonly name: string;
  readonly slide: string;
  readonly truth: string;
  /** What stays together in a split. */
  readonly group: string;
  /** What the slide is called in files that hold the truth of several. */
  readonly slideName: string;
}

/** A slide and its truth, with what else a CSV of pairs says of them. */
interface Row {
  readonly slide: string;
  readonly truth: string;
  readonly columns: Readonly<Record<string, string>>;
}

/**
 * Which truth belongs to which slide: as `--pairs` lists them, or by name in the folder of `--truth`, or all in the one file of `--truth`.
 *
 * @throws {SegtileError} `usage` where options contradict each other, or two slides have one name; `input` where truth is missing
 */
export async function datasetPairs(slides: readonly string[], options: MakeDatasetOptions): Promise<DatasetPair[]> {
  const rows = options.pairs === undefined ? await matched(slides, options.truth) : await listed(slides, options);
  const taken = new Map<string, string>();
  return rows.map(({ slide, truth, columns }) => {
    const slideName = slideStem(slide);
    // Names of tiles are file names, keys of WebDataset, which end at a dot, and parts of paths.
    const name = slideName.replace(/[^A-Za-z0-9_-]/g, '_');
    const other = taken.get(name.toLowerCase());
    if (other !== undefined) {
      throw new SegtileError(
        'usage',
        `tiles of ${other} and ${slide} would both be called ${name}`,
        'rename one of the slides',
      );
    }
    taken.set(name.toLowerCase(), slide);
    return { name, slide, truth, slideName, group: groupOf(slide, columns, options.splitBy) };
  });
}

function groupOf(slide: string, columns: Row['columns'], splitBy: string): string {
  if (splitBy === 'slide' || splitBy === 'region') return slideStem(slide);
  const group = columns[splitBy];
  if (group === undefined) {
    const known = ['slide', 'region', ...Object.keys(columns)].join(', ');
    throw new SegtileError(
      'usage',
      `expected something to group by for --split-by but got "${splitBy}"`,
      `there are: ${known}`,
    );
  }
  if (group === '') throw new SegtileError('input', `${slide} has no ${splitBy}`, 'fill it in in the file of --pairs');
  return group;
}

async function matched(slides: readonly string[], truth: string | undefined): Promise<Row[]> {
  if (slides.length === 0) throw new SegtileError('usage', 'no slide was given', 'name slides, or a CSV of them with --pairs');
  if (truth === undefined) {
    throw new SegtileError('usage', 'no truth was given', 'say where it is with --truth, or list pairs with --pairs');
  }
  const found = await stat(truth).catch(() => undefined);
  if (!found) throw new SegtileError('input', `there is no file or folder ${truth}`, 'check the path of --truth');
  if (!found.isDirectory()) return slides.map((slide) => ({ slide, truth, columns: {} }));
  const names = (await readdir(truth)).filter((name) => !name.startsWith('.')).sort();
  return slides.map((slide) => {
    const stem = slideStem(slide);
    const fitting = names.filter(
      (name) =>
        name.startsWith(stem) && /^([._-](truth|mask|labels?|annotations?))*\.[^.]+(\.tiff?)?$/i.test(name.slice(stem.length)),
    );
    if (fitting.length === 1) return { slide, truth: join(truth, fitting[0]!), columns: {} };
    const what = fitting.length === 0 ? 'no file' : `${fitting.length} files (${fitting.join(', ')})`;
    throw new SegtileError(
      'input',
      `${truth} has ${what} for ${slide}`,
      `expected one that is called ${stem}, or list pairs with --pairs`,
    );
  });
}

async function listed(slides: readonly string[], { pairs, truth }: MakeDatasetOptions): Promise<Row[]> {
  if (slides.length > 0 || truth !== undefined) {
    throw new SegtileError(
      'usage',
      '--pairs lists slides and truth, so neither can be given besides',
      'leave one of them away',
    );
  }
  const bad = (why: string, cause?: unknown): SegtileError =>
    new SegtileError('input', `cannot use ${pairs} as pairs: ${why}`, 'expected a CSV with the columns slide and truth', cause);
  const content = await readFile(pairs!, 'utf8').catch((error: unknown) => {
    throw bad(reason(error), error);
  });
  let rows: Record<string, string>[];
  try {
    rows = parse(content, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw bad(reason(error), error);
  }
  if (rows.length === 0) throw bad('it lists none');
  return rows.map((columns, index) => {
    const { slide, truth: own } = columns;
    if (!slide || !own) throw bad(`line ${index + 2} has no ${slide ? 'truth' : 'slide'}`);
    return { slide: near(pairs!, slide), truth: near(pairs!, own), columns };
  });
}

/** Paths in a file are as seen from the folder of the file. */
function near(file: string, path: string): string {
  return isAbsolute(path) || /^[a-z0-9]+:\/\//i.test(path) ? path : join(dirname(file), path);
}
