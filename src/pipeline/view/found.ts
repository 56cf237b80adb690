import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SegtileError } from '../../errors.js';
import { fileName, isRemote } from '../../io/location.js';
import { readRegularText } from '../../io/regular-file.js';
import { objectOf, optional, readIfShape } from '../../plan/text/shape.js';
import { findStrips } from '../../strip/file.js';
import { type ComparedVariant, variantIn } from '../compare/variant-folder.js';
import { predictedName } from '../evaluate/prediction.js';
import { workFiles } from '../progress/left-files.js';
import { type RecordedSlide, recordedSlide } from '../records/known-record.js';
import { stripsOf } from '../resume/strips-of.js';
import { allFilesAt, isPattern } from '../slides/find.js';
import { SLIDES } from '../slides/kinds.js';
import type { FoundFile } from '../slides/walk.js';

/** A result of a slide: all files with the same name in a folder. */
export interface FoundRun {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly mask: string | undefined;
  readonly probabilities: string | undefined;
  /**
   * The files of rows that are done, of a run that is going on, was stopped, or waits to be merged; there is no mask
   * yet. A run in shards or columns has several.
   */
  readonly strips: readonly string[];
  readonly disagreement: string | undefined;
  /** The path of its record, whether or not it exists. */
  readonly record: string;
  /** The variant of `segtile compare` that it is a result of, if any; null for what a comparison made for several of them. */
  readonly variant: ComparedVariant | null | undefined;
  /** When its files were last written, in milliseconds. */
  readonly written: number;
}

/** A slide that was named, or from which a result was made. */
export interface FoundSlide {
  readonly id: string;
  readonly name: string;
  /** Undefined if the slide no longer exists. */
  readonly path: string | undefined;
  /** The slide as a run saw it, if there is a record. */
  readonly seen: RecordedSlide | undefined;
  readonly runs: readonly FoundRun[];
}

const MASK = /^[^.].*\.mask(\.ome)?\.tiff?$/i;
const PROBABILITIES = /^[^.].*\.probabilities(\.ome)?\.tiff?$/i;
const STRIPS = /^\.?(.+?)(\.shard-\d+-of-\d+)?(\.column-\d+-of-\d+)?\.strips$/;
const IMAGE = /^[^.].*\.(tiff?|svs|ndpi|scn|bif|qptiff|btf|png|jpe?g)$/i;

/** A short id for a path, always the same. */
export function idOf(path: string): string {
  return createHash('sha256')
    .update(isRemote(path) ? path : resolve(path))
    .digest('hex')
    .slice(0, 12);
}

/**
 * Finds the slides and results to show.
 *
 * @param paths slides, masks, folders of either, and patterns of names. From a folder of results, with its subfolders,
 *   the results are taken, from any other folder all images.
 * @throws {SegtileError} `input` if a path does not exist, or a folder or pattern has nothing to show
 */
export async function findSlides(paths: readonly string[]): Promise<readonly FoundSlide[]> {
  const found = await Promise.all(paths.map(filesAt));
  const files = found.flat();
  const isResult = (path: string): boolean => [MASK, PROBABILITIES, STRIPS].some((each) => each.test(fileName(path)));
  const named = files.filter((path) => !isResult(path));
  const all = await Promise.all(groupRuns(files.filter(isResult)).map((run) => withSlide(run, named)));
  const own = all.filter(({ run }) => run.variant !== null);
  const runs = own.length > 0 ? own : all;
  const slides = new Map<string, FoundSlide>();
  for (const path of named) slides.set(idOf(path), { id: idOf(path), name: fileName(path), path, seen: undefined, runs: [] });
  for (const { run, path, seen } of runs) {
    const id = idOf(path ?? seen?.path ?? join(run.folder, run.name));
    const before = slides.get(id);
    const name = path === undefined && seen === undefined ? run.name : fileName(path ?? seen!.path);
    slides.set(id, { id, name, path, seen: seen ?? before?.seen, runs: [...(before?.runs ?? []), run] });
  }
  return [...slides.values()];
}

async function filesAt(given: string): Promise<string[]> {
  if (isRemote(given)) return [given];
  const pattern = isPattern(given);
  if (!pattern) {
    const there = await stat(given).catch((cause: unknown) => {
      throw new SegtileError('input', `there is no file or folder ${given}`, 'check the path', cause);
    });
    if (!there.isDirectory()) return [given];
  }
  const files = await allFilesAt(given);
  const strips = pattern ? [] : await stripsIn(given);
  const results = files.filter(({ name }) => MASK.test(name) || PROBABILITIES.test(name));
  const images = files.filter(({ name }) => IMAGE.test(name) && SLIDES.sort(name) !== 'results of segtile');
  // A folder of slides may have a folder of results in it. What lies in the folder itself says which of them it is.
  const holds = (some: readonly FoundFile[]): boolean => some.some(({ place }) => place === '');
  const isResults = results.length > 0 || strips.length > 0;
  const kept = isResults && (holds(results) || !holds(images)) ? results : images;
  if (kept.length + strips.length > 0) return [...kept.map(({ path }) => path), ...strips];
  const what = pattern
    ? `nothing that matches ${given} is a result or a slide`
    : `the folder ${given} holds neither results nor slides`;
  throw new SegtileError('input', what, 'segtile infer makes results');
}

/** The files of strips in a folder of results: of slides, and of their shards and columns. */
async function stripsIn(folder: string): Promise<string[]> {
  const { others, results } = await workFiles(folder);
  const unfinished = others.filter(({ kind }) => kind === 'strips').map(({ path }) => path);
  const kept: string[] = [];
  for (const path of [...unfinished, ...results.filter((each) => STRIPS.test(fileName(each)))]) {
    const found = await findStrips(path).catch(() => undefined);
    if (found && stripsOf(found.head.more)) kept.push(path);
  }
  return kept;
}

/** Groups the files of a folder by their names. */
function groupRuns(files: readonly string[]): FoundRun[] {
  const groups = new Map<string, string[]>();
  for (const path of files) {
    const key = join(dirname(path), STRIPS.exec(fileName(path))?.[1] ?? predictedName(path));
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  return [...groups].map(([stem, own]) => ({
    id: idOf(stem),
    name: basename(stem),
    folder: dirname(stem),
    mask: own.find((path) => MASK.test(fileName(path))),
    probabilities: own.find((path) => PROBABILITIES.test(fileName(path))),
    strips: own.filter((path) => STRIPS.test(fileName(path))),
    disagreement: `${stem}.disagreement.tif`,
    record: `${stem}.run.json`,
    variant: undefined,
    written: 0,
  }));
}

const beside = objectOf<{ readonly slide: RecordedSlide | undefined }>({ slide: optional(recordedSlide) });

/** `<slide>.result.json` of a variant. The record of one that differs from another only in its threshold names no slide. */
const result = objectOf({ record: beside });

async function slideSeen({ record, strips, variant }: FoundRun): Promise<RecordedSlide | undefined> {
  const [first] = strips;
  if (first !== undefined) {
    const found = await findStrips(first).catch(() => undefined);
    return found && stripsOf(found.head.more)?.slide;
  }
  const text = (path: string): Promise<string> => readRegularText(path).catch(() => '');
  const seen = readIfShape(await text(record), beside)?.slide;
  if (seen || !variant) return seen;
  return readIfShape(await text(record.replace(/run\.json$/, 'result.json')), result)?.record.slide;
}

/** Finds the slide of a run: a named slide with a matching name, otherwise the slide in its record, if it still exists. */
async function withSlide(found: FoundRun, named: readonly string[]) {
  const run = { ...found, variant: await variantIn(found.folder) };
  const seen = await slideSeen(run);
  const own = (path: string): boolean => predictedName(path) === run.name || fileName(path) === (seen && fileName(seen.path));
  const path = named.find(own) ?? (seen && (await firstThere(seen.path, run.folder)));
  const files = [run.mask, run.probabilities, ...run.strips].flatMap((each) => each ?? []);
  const times = await Promise.all(files.map((each) => stat(each).catch(() => undefined)));
  const written = Math.max(0, ...times.map((each) => each?.mtimeMs ?? 0));
  return { run: { ...run, written }, path, seen };
}

/**
 * The first place where a file of a record exists. A path in a record is as it was given in another folder, perhaps on
 * another machine.
 */
async function firstThere(path: string, folder: string): Promise<string | undefined> {
  if (isRemote(path)) return path;
  const name = basename(path);
  for (const each of [path, join(folder, path), join(folder, name), join(dirname(resolve(folder)), name)]) {
    if ((await stat(each).catch(() => undefined))?.isFile()) return each;
  }
  return undefined;
}
