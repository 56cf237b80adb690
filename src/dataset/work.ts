import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { createInterface } from 'node:readline';
import { outputError, writeWhole } from '../io/partial-file.js';
import type { Sums } from '../plan/sampling/tile-stats.js';
import { amount, listOf, mapOf, objectOf, readIfShape, type Shape, shape, text, whole } from '../plan/text/shape.js';
import { isNumber } from '../plan/text/values.js';
import { isTile, WORK } from './layout.js';
import type { ManifestRow } from './manifest.js';
import type { CopyTotals, Totals } from './totals.js';

/** The head of a slide's record: the plan that its tiles follow, and totals. */
export interface RecordHead {
  /** A hash of everything that decides the slide's tiles. A record with another hash cannot be used. */
  readonly plan: string;
  /** The number of tiles, without copies. */
  readonly tiles: number;
  readonly copies: CopyTotals;
  /** Totals by part of the split, without copies. */
  readonly totals: Readonly<Record<string, Totals>>;
}

/**
 * The folder for files that are only needed until a dataset is finished: files being written, and a record of each
 * finished slide. If a slide has a record, all of its tiles are complete.
 */
export interface WorkFolder {
  /**
   * Writes a file, completely or not at all. `path` is relative to the dataset.
   *
   * @throws {SegtileError} `output` if the file cannot be written
   */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** Marks a slide as finished by writing its record. */
  record(slide: string, head: RecordHead, rows: readonly ManifestRow[]): Promise<void>;
  /**
   * The head of a record. Undefined if there is none, or it is damaged or of another version: then the slide is not
   * finished.
   */
  head(slide: string): Promise<RecordHead | undefined>;
  /** The rows of a record. */
  rows(slide: string): AsyncIterable<ManifestRow>;
  /** Names of the slides that have a record. */
  recorded(): Promise<string[]>;
  /** Deletes the record and the files of a slide, if any; the record first. */
  forget(slide: string): Promise<void>;
  /** Deletes files, given by paths relative to the dataset. */
  remove(paths: readonly string[]): Promise<void>;
  /** Deletes tiles that no record names from folders of the dataset: killed runs left them. The folders need not exist. */
  sweep(folders: readonly string[]): Promise<void>;
  /** Deletes the whole folder, once it is no longer needed. */
  close(): Promise<void>;
}

/**
 * Opens the folder, and deletes unfinished files of a killed run.
 *
 * @param root the folder of the dataset, which must exist
 * @param pathsOf gives the files that belong to a row of a record
 * @throws {SegtileError} `output` if the folders cannot be created
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

  /** Checks head and rows together, because a truncated record names fewer files than there are in the folders. */
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

/** Whether a path stays inside the folder that it is relative to. Checked because files that rows name may be deleted. */
function isInside(path: string): boolean {
  return !posix.isAbsolute(path) && !path.split(/[\\/]/).includes('..');
}
