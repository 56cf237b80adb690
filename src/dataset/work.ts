import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { createInterface } from 'node:readline';
import { outputError, writeWhole } from '../io/partial-file.js';
import type { Sums } from '../plan/sampling/tile-stats.js';
import { isNumber } from '../plan/text/checked.js';
import { amount, listOf, mapOf, objectOf, readIfShape, type Shape, shape, text, whole } from '../plan/text/shape.js';
import { isTile, WORK } from './layout.js';
import type { ManifestRow } from './manifest.js';
import type { CopyTotals, Totals } from './totals.js';

/** What stands at the head of a slide's record: which plan it was cut to, and what was found on the way. */
export interface RecordHead {
  /** A hash of everything that decides the slide's tiles. A record of another plan is of no use. */
  readonly plan: string;
  /** Without copies. */
  readonly tiles: number;
  readonly copies: CopyTotals;
  /** What is summed up over the dataset, by part of the split, without copies. */
  readonly totals: Readonly<Record<string, Totals>>;
}

/**
 * The folder of what is only needed until a dataset is finished: files on their way, and a record of each slide that is done. Where a
 * record stands, the slide's tiles are whole.
 */
export interface WorkFolder {
  /** Puts a file in place, whole or not at all. `path` is relative to the dataset. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** Says that a slide is done. */
  record(slide: string, head: RecordHead, rows: readonly ManifestRow[]): Promise<void>;
  /** The record's head, or undefined where there is no record, or it is damaged or of another version: the slide is not done then. */
  head(slide: string): Promise<RecordHead | undefined>;
  /** The record's rows. */
  rows(slide: string): AsyncIterable<ManifestRow>;
  /** Names of the slides that have a record. */
  recorded(): Promise<string[]>;
  /** Takes a slide's record and files away, the record first, where there is one. */
  forget(slide: string): Promise<void>;
  /** Takes files away, by their paths relative to the dataset. */
  remove(paths: readonly string[]): Promise<void>;
  /** Takes tiles away, out of folders of the dataset that may be there, that no record speaks of: what runs left that were killed. */
  sweep(folders: readonly string[]): Promise<void>;
  /** Takes the whole folder away: nothing of it is needed any more. */
  close(): Promise<void>;
}

/**
 * Opens the folder, and clears what a run that was killed had not put in place.
 *
 * @param root of the dataset, which exists
 * @param pathsOf which files belong to a row of a record
 */
export async function openWork(root: string, pathsOf: (row: ManifestRow) => readonly string[]): Promise<WorkFolder> {
  const folder = join(root, WORK);
  const pending = join(folder, 'pending');
  const records = join(folder, 'slides');
  const attempt = async <T>(path: string, work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw outputError(path, error);
    });
  await rm(pending, { recursive: true, force: true });
  await attempt(pending, mkdir(pending, { recursive: true }));
  await attempt(records, mkdir(records, { recursive: true }));
  const recordPath = (slide: string): string => join(records, `${slide}.jsonl`);
  let numbered = 0;

  async function* lines(slide: string): AsyncGenerator<string> {
    const stream = createReadStream(recordPath(slide));
    try {
      yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    } finally {
      stream.destroy();
    }
  }

  async function* rows(slide: string): AsyncGenerator<ManifestRow> {
    let first = true;
    for await (const line of lines(slide)) {
      const row = first ? undefined : readIfShape(line, manifestRow);
      first = false;
      if (row !== undefined && pathsOf(row).every(isInside)) yield row;
    }
  }

  /** Its head and its rows are looked at together: a record that was cut off speaks of less than stands in the folders. */
  async function head(slide: string): Promise<RecordHead | undefined> {
    let first: RecordHead | undefined;
    for await (const line of lines(slide)) {
      first = readIfShape(line, recordHead);
      break;
    }
    let count = 0;
    for await (const _ of rows(slide)) count++;
    return first !== undefined && count === first.tiles + first.copies.copies ? first : undefined;
  }

  async function remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) await rm(join(root, path), { force: true });
  }

  async function recorded(): Promise<string[]> {
    const found = await readdir(records, { withFileTypes: true });
    const names = found.filter((entry) => entry.isFile()).map(({ name }) => name);
    return names.filter((name) => name.endsWith('.jsonl') && !name.startsWith('.')).map((name) => name.slice(0, -6));
  }

  return {
    async put(path, bytes) {
      const target = join(root, path);
      const temporary = join(pending, String(numbered++));
      try {
        await writeFile(temporary, bytes);
        await rename(temporary, target);
      } catch (error) {
        await rm(temporary, { force: true });
        throw outputError(target, error);
      }
    },
    record: (slide, head, tileRows) =>
      writeWhole(recordPath(slide), async (file) => {
        await file.append(Buffer.from(`${JSON.stringify(head)}\n`));
        for (const row of tileRows) await file.append(Buffer.from(`${JSON.stringify(row)}\n`));
      }),
    head: async (slide) => ((await recorded()).includes(slide) ? head(slide) : undefined),
    rows,
    recorded,
    async forget(slide) {
      if (!(await recorded()).includes(slide)) return;
      const files: string[] = [];
      for await (const row of rows(slide)) files.push(...pathsOf(row));
      await rm(recordPath(slide), { force: true });
      await remove(files);
    },
    remove,
    async sweep(folders) {
      const known = new Set<string>();
      for (const slide of await recorded())
        for await (const row of rows(slide)) for (const path of pathsOf(row)) known.add(path);
      for (const sub of folders) {
        const names = await readdir(join(root, sub)).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return [];
          throw outputError(join(root, sub), error);
        });
        const paths = names.filter(isTile).map((name) => posix.join(sub, name));
        await remove(paths.filter((path) => !known.has(path)));
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const copyTotals = objectOf<CopyTotals>({ copies: whole, steps: mapOf(whole) });
const sums = objectOf<Sums>({ pixels: whole, sums: listOf(amount, 3), squares: listOf(amount, 3) });
const totals = objectOf<Totals>({ tiles: whole, image: sums, pixels: listOf(whole, 256), pixelsWhereSeen: listOf(whole, 256) });
const recordHead = objectOf<RecordHead>({ plan: text, tiles: whole, copies: copyTotals, totals: mapOf(totals) });
const cell = shape<string | number | null>(
  'a text, a number or null',
  (value) => value === null || typeof value === 'string' || isNumber(value),
);
const manifestRow: Shape<ManifestRow> = mapOf(cell);

/** Whether a path stays in the folder that it is relative to: files that rows name are taken away. */
function isInside(path: string): boolean {
  return !posix.isAbsolute(path) && !path.split(/[\\/]/).includes('..');
}
