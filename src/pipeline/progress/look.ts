import { readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parse } from 'csv-parse/sync';
import { findStrips } from '../../strip/file.js';
import { FAILED } from '../slides/failed.js';
import { isOf, workFiles } from './left-files.js';

/** A slide, or a shard of one, that a process is working on. */
export interface Running {
  /** The name of its results, relative to the folder. */
  readonly slide: string;
  readonly host: string | null;
  readonly pid: number | null;
  /** When that process started on it, as an ISO date by the clock of that process. */
  readonly since: string;
  /** Finished rows of the working image, and all rows; null if none is finished yet. */
  readonly rows: { readonly done: number; readonly total: number } | null;
  /** Estimated seconds until its rows are done; null if no estimate is possible. */
  readonly left: number | null;
}

/** What is going on in a folder of results. */
export interface Look {
  readonly time: string;
  readonly done: number;
  readonly running: readonly Running[];
  /** Slides and shards with finished rows that no process is working on. The same command resumes them. */
  readonly stopped: readonly string[];
  /** Slides with shards that wait for `segtile merge`, with the number of finished shards and of all shards. */
  readonly shards: readonly { readonly slide: string; readonly done: number; readonly total: number }[];
  readonly failed: readonly { readonly slide: string; readonly error: string }[];
}

/** The number of finished rows at a time in milliseconds, by the path of their strips. */
export type RowsThen = Map<string, { readonly time: number; readonly rows: number }>;

/**
 * Finds out what is going on in a folder of results, only from claims, strips, records and the list of failures.
 *
 * @param before the findings of earlier calls, from which the speed is computed; new findings are added
 * @throws {SegtileError} `input` if the folder cannot be read
 */
export async function lookAt(folder: string, before: RowsThen = new Map()): Promise<Look> {
  const { results, claims, others } = await workFiles(folder);
  const named = (path: string): string => relative(folder, path);
  const held = claims.filter(({ holder }) => !holder.left);
  const strips = others.filter(({ kind }) => kind === 'strips');
  const running = await Promise.all(
    held.map(async (claim): Promise<Running> => {
      const own = strips.filter((file) => isOf(file, claim));
      const seen = (await Promise.all(own.map(({ path }) => rowsOf(path, claim.holder.since, before)))).filter(
        (each) => each !== undefined,
      );
      const sum = (of: (each: Rows) => number): number => seen.reduce((total, each) => total + of(each), 0);
      const rows = seen.length === 0 ? null : { done: sum(({ done }) => done), total: sum(({ total }) => total) };
      const rate = sum(({ perSecond }) => perSecond ?? 0);
      const { process, since } = claim.holder;
      return {
        slide: named(claim.of),
        host: process?.host ?? null,
        pid: process?.pid ?? null,
        since,
        rows,
        left: rows === null || !(rate > 0) ? null : Math.round((rows.total - rows.done) / rate),
      };
    }),
  );
  const left = strips.filter((file) => !held.some((claim) => isOf(file, claim)));
  return {
    time: new Date().toISOString(),
    done: results.filter((path) => path.endsWith('.run.json')).length,
    running: running.filter(({ slide }) => !OTHER_CLAIMS.test(slide)),
    stopped: [...new Set(left.map(({ of }) => named(of).replace(COLUMN, '')))],
    shards: shardsIn(results.map(named)),
    failed: await failuresIn(folder),
  };
}

/** Claims that do not belong to a slide: those of histories and other files to which one process at a time adds. */
const OTHER_CLAIMS = /\.(jsonl|json|csv)$|(^|[\\/])\.?segtile$/;

const COLUMN = /\.column-\d+-of-\d+$/;

interface Rows {
  readonly done: number;
  readonly total: number;
  readonly perSecond: number | undefined;
}

/**
 * The progress of a file of strips, and its speed: since an earlier call, otherwise since the file was begun, if the
 * same process made all of it.
 */
async function rowsOf(path: string, since: string, before: RowsThen): Promise<Rows | undefined> {
  const found = await findStrips(path).catch(() => undefined);
  const times = await stat(path).catch(() => undefined);
  if (found === undefined || times === undefined) return undefined;
  const { piece } = found.head;
  const done = Math.max(0, found.rows - piece.y);
  const now = Date.now();
  const then = before.get(path);
  if (then === undefined) before.set(path, { time: now, rows: done });
  const begun =
    times.birthtimeMs > 0 && times.birthtimeMs >= Date.parse(since) - 1000 ? { time: times.birthtimeMs, rows: 0 } : undefined;
  const from = then !== undefined && done > then.rows ? then : begun;
  const perSecond = from === undefined || now <= from.time ? undefined : ((done - from.rows) * 1000) / (now - from.time);
  return { done, total: piece.height, perSecond };
}

function shardsIn(names: readonly string[]): Look['shards'] {
  const sets = new Map<string, { slide: string; done: number; total: number }>();
  for (const name of names) {
    const [, slide, , total] = /^(.+)\.shard-(\d+)-of-(\d+)\.strips$/.exec(name) ?? [];
    if (slide === undefined) continue;
    const key = `${slide}/${total}`;
    const set = sets.get(key) ?? { slide, done: 0, total: Number(total) };
    set.done++;
    sets.set(key, set);
  }
  return [...sets.values()];
}

async function failuresIn(folder: string): Promise<Look['failed']> {
  try {
    const text = await readFile(join(folder, FAILED), 'utf8');
    const rows = parse(text, { columns: true }) as Readonly<Record<string, string>>[];
    return rows.flatMap(({ slide, error }) => (slide === undefined ? [] : [{ slide, error: error ?? '' }]));
  } catch {
    // There is no list, or another process is just replacing it.
    return [];
  }
}
