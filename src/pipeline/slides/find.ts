import { existsSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import pLimit from 'p-limit';
import { SegtileError } from '../../errors.js';
import { REGION_MARK, slideName, slidesOfTruth } from '../../truth/slide-names.js';
import { type Contents, contentsOf } from './contents.js';
import type { LeftOut, PathKind } from './kinds.js';
import type { SlideRequest } from './request.js';
import { type FoundFile, filesBelow } from './walk.js';

/** How many files are examined at the same time. */
const AT_ONCE = 16;

/** A folder with this file is a dataset of `segtile make-dataset`: its images are tiles. */
const DATASET = 'dataset.json';

/** The files that were found in a folder or by a pattern. */
export interface FoundRequests {
  readonly requests: readonly SlideRequest[];
  /** A sentence on the files that were skipped; undefined if none were. */
  readonly note: string | undefined;
}

/** Whether a text is a pattern of names: it has `*`, `?`, brackets or braces, and no file has exactly that name. */
export function isPattern(given: string): boolean {
  return /[*?]|\[.+\]|\{.*,.*\}/.test(given) && !existsSync(given);
}

/**
 * All files of a kind in a folder and its subfolders, or that match a pattern, in order. Results of segtile, truths and
 * tiles of datasets are not slides. They are recognized by their names. If the name does not tell, a TIFF is recognized
 * as a result by its tag Software. A grey or palette image is recognized as truth if it is named as the truth of
 * another slide beside it.
 *
 * @param given a folder, or a pattern such as `slides/*.svs`
 * @param except files and folders that are something else, such as the folder of results
 * @returns the files, including those that cannot be read, as requests with a problem; if nothing was found, one
 *   request with a problem
 */
export async function findFiles(given: string, kind: PathKind, except: readonly string[]): Promise<FoundRequests> {
  const { base, depth, matches } = await searchOf(given);
  const others = new Set(except.map((path) => resolve(path)));
  const skip = (path: string, names: readonly string[]): boolean =>
    kind.lookInside && path !== base && (names.includes(DATASET) || others.has(resolve(path)));
  const { files, unread } = await filesBelow(base, { depth, skip });
  const problems = unread.map(({ path, error }): SlideRequest => ({ path, problem: error }));
  const here = files.filter((file) => matches(file) && !others.has(resolve(file.path)));
  const { requests, note } = await sortedOut(given, kind, here);
  if (requests.length === 0 && problems.length > 0) return { requests: problems, note };
  return requests.length === 0
    ? { requests: [nothing(given, kind, note)], note: undefined }
    : { requests: [...requests, ...problems], note };
}

/**
 * All files in a folder and its subfolders, or that match a pattern, whatever they are; in order.
 *
 * @throws {SegtileError} `input` if the folder cannot be read; folders below it that cannot be read are skipped
 */
export async function allFilesAt(given: string): Promise<readonly FoundFile[]> {
  const { base, depth, matches } = await searchOf(given);
  const { files, unread } = await filesBelow(base, { depth });
  const own = unread.find(({ path }) => path === base);
  if (own) throw own.error;
  return files.filter(matches);
}

/** The files of a kind, or, if there are none, of the kind to look for then; with a note on skipped files. */
async function sortedOut(given: string, kind: PathKind, here: readonly FoundFile[]): Promise<FoundRequests> {
  const passed = new Map<LeftOut, FoundFile[]>();
  const pass = (why: LeftOut, file: FoundFile): void => void passed.set(why, [...(passed.get(why) ?? []), file]);
  const named = here.filter((file) => {
    const sorted = kind.sort(file.name);
    if (sorted !== undefined && sorted !== 'taken') pass(sorted, file);
    return sorted === 'taken';
  });
  const taken = kind.lookInside ? await lookedInto(named, pass) : named;
  const requests: SlideRequest[] = taken.map(({ path, place }) => ({ path, place }));
  if (requests.length === 0 && kind.or !== undefined) return sortedOut(given, kind.or, here);
  const said = passedText(passed);
  return { requests, note: said === '' ? undefined : `${given}: ${requests.length} ${kind.nouns}; passed over: ${said}` };
}

/** Where to search, how deep, and which files match. */
interface FileSearch {
  readonly base: string;
  readonly depth: number | undefined;
  readonly matches: (file: FoundFile) => boolean;
}

async function searchOf(given: string): Promise<FileSearch> {
  if (!isPattern(given)) return { base: given, depth: undefined, matches: () => true };
  const { default: picomatch } = await import('picomatch');
  const { base, glob } = picomatch.scan(given);
  const matches = picomatch(glob);
  // A pattern without `**` determines the depth.
  const depth = glob.includes('**') ? undefined : glob.split('/').length - 1;
  return { base: base === '' ? '.' : base, depth, matches: ({ place, name }) => matches(posix.join(place, name)) };
}

/** The files that are slides also by their contents. */
async function lookedInto(files: readonly FoundFile[], pass: (why: LeftOut, file: FoundFile) => void): Promise<FoundFile[]> {
  const limit = pLimit(AT_ONCE);
  const seen = await Promise.all(
    files.map((file) => limit(async () => (/\.(tiff?|png)$/i.test(file.name) ? await contentsOf(file.path) : NOTHING))),
  );
  // Keys of files, from folder and name, that are not label images. Two label images thus cannot make each other truth.
  const slides = new Set(
    files.flatMap((file, i) => (seen[i]!.own || seen[i]!.labels ? [] : [keyOf(file, slideName(file.name))])),
  );
  return files.filter((file, i) => {
    const { own, labels } = seen[i]!;
    const truth = labels && truthOf(file.name).some((name) => slides.has(keyOf(file, name)));
    if (own) pass('results of segtile', file);
    else if (truth) pass('truths', file);
    return !own && !truth;
  });
}

const NOTHING: Contents = { own: false, labels: false };

function keyOf({ place }: FoundFile, name: string): string {
  return `${place}/${name.toLowerCase()}`;
}

/** The names of the slides whose truth or region a file may be, by its name. */
function truthOf(name: string): readonly string[] {
  return [...slidesOfTruth(name), ...slidesOfTruth(name, REGION_MARK)];
}

function passedText(passed: ReadonlyMap<LeftOut, readonly FoundFile[]>): string {
  const each = [...passed].map(([why, files]) => {
    const some = files.slice(0, 2).map(({ name }) => name);
    return `${files.length} ${why} (${some.join(', ')}${files.length > some.length ? ', …' : ''})`;
  });
  return each.join(', ');
}

function nothing(given: string, kind: PathKind, note: string | undefined): SlideRequest {
  let last = kind;
  while (last.or !== undefined) last = last.or;
  const where = isPattern(given)
    ? `nothing that matches ${given} is a ${last.noun}`
    : `the folder ${given} holds no ${last.noun}`;
  return { path: given, problem: new SegtileError('input', note === undefined ? where : `${where} (${note})`, last.hint) };
}
