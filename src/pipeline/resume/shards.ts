import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { type Shard, shardRows } from '../../plan/shards.js';
import type { Blend } from '../../plan/windows/blend.js';
import { type Piece, spanOf } from '../../plan/windows/piece.js';
import { findStrips, STRIP_FORMAT, type StripHead, type StripsFound } from '../../strip/file.js';
import { pieceTotal, windowCounts } from '../prepare/passes.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { RunRecord } from '../records/record.js';
import type { SlideRequest } from '../slides/request.js';

/**
 * Splits a slide into pieces for shards of its rows, from top to bottom. Some pieces are empty if there are more shards
 * than rows of windows.
 */
export function shardPieces(plan: SlidePlan, passes: readonly number[], blend: Blend, count: number): Piece[] {
  const span = spanOf(blend);
  const windows = [plan, ...plan.others].flatMap(({ grid, selection }, index) =>
    Array.from({ length: grid.rows }, (_, row) => ({
      ...span(grid.y, row),
      work: selection.kept(row).length * passes[index]!,
    })),
  );
  const { width, height } = plan.view;
  return shardRows(height, windows, count).map(({ start, length }) => ({ x: 0, y: start, width, height: length }));
}

/** The cost of splitting a slide into shards of its rows. */
export interface ShardCost {
  /** The number of windows of each shard. */
  readonly windows: readonly number[];
  /** The windows of all shards together as a multiple of the windows of one run; 1 if no window is run twice. */
  readonly times: number;
}

/** Computes the exact cost of splitting a slide into shards of its rows. */
export function shardCost(plan: SlidePlan, pieces: readonly Piece[], blend: Blend, looked: boolean): ShardCost {
  const windows = pieces.map((piece) => pieceTotal(plan, blend, piece, looked));
  const sum = windows.reduce((total, each) => total + each, 0);
  return { windows, times: sum / Math.max(1, windowCounts(plan).run) };
}

/** The path of a shard of a slide's rows. `stem` is the start of the names of all files of its result. */
export function shardPath(stem: string, { index, count }: Shard): string {
  return `${stem}.shard-${index}-of-${count}.strips`;
}

/** The path of a shard while it is being made. */
export function hiddenShardPath(stem: string, shard: Shard): string {
  const path = shardPath(stem, shard);
  return join(dirname(path), `.${basename(path)}`);
}

/** The data after the last strip of a shard. */
export interface ShardEnd {
  readonly end: RunRecord['device'];
}

/** Where a shard comes from. It is stored besides the strips. */
export interface ShardOrigin {
  readonly shard: Shard;
  /** The slide as it was given, and the current folder at that time. */
  readonly slide: string;
  /** The values that a list gives for this slide alone. */
  readonly said: Pick<SlideRequest, 'mpp' | 'roi' | 'tissue'>;
  readonly folder: string;
  /** The ending of the mask, after the common start of all names. */
  readonly maskEnding: string;
  /** The options of the run, in the form that `plainOptions` makes. */
  readonly options: object;
}

/** A complete shard. */
export interface FoundShard {
  readonly path: string;
  readonly found: StripsFound;
  readonly origin: ShardOrigin;
  readonly device: RunRecord['device'];
}

/**
 * Reads the shard at a path.
 *
 * @returns undefined if there is none
 * @throws {SegtileError} `input` if it is damaged or of another version
 */
export async function shardAt(path: string): Promise<FoundShard | undefined> {
  const found = await findStrips(path);
  if (found === undefined) return undefined;
  const hint = 'delete it, and run this shard again';
  if (found.head.format !== STRIP_FORMAT) throw new SegtileError('input', `${path} is of another version of segtile`, hint);
  const { piece, more }: StripHead = found.head;
  const end = found.notes.find((note): note is ShardEnd => 'end' in note);
  if (found.torn || end === undefined || found.rows !== piece.y + piece.height) {
    throw new SegtileError(
      'input',
      `${path} is damaged: it is whole up to row ${found.rows} of ${piece.y + piece.height}`,
      hint,
    );
  }
  return { path, found, origin: more as ShardOrigin, device: end.end };
}

/** The shards of one slide in a folder that belong together, complete or not. */
export interface ShardSet {
  readonly stem: string;
  readonly count: number;
  readonly paths: readonly string[];
  /** Numbers of the missing shards. */
  readonly missing: readonly number[];
}

/**
 * The sets of shards in a folder, one for each slide. If a slide has several sets, the one with the fewest missing
 * shards is taken.
 */
export async function shardSets(folder: string): Promise<ShardSet[]> {
  const names = await readdir(folder);
  const sets = new Map<string, { stem: string; count: number; indices: Set<number> }>();
  for (const name of names) {
    const [, stem, index, count] = /^([^.].*)\.shard-(\d+)-of-(\d+)\.strips$/.exec(name) ?? [];
    if (stem === undefined) continue;
    const key = `${stem}/${count}`;
    const set = sets.get(key) ?? { stem, count: Number(count), indices: new Set() };
    set.indices.add(Number(index));
    sets.set(key, set);
  }
  const best = new Map<string, ShardSet>();
  for (const { stem, count, indices } of sets.values()) {
    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    const missing = numbers.filter((index) => !indices.has(index));
    const paths = numbers.filter((index) => indices.has(index)).map((index) => shardPath(join(folder, stem), { index, count }));
    const other = best.get(stem);
    if (!other || missing.length < other.missing.length) best.set(stem, { stem: join(folder, stem), count, paths, missing });
  }
  return [...best.values()].sort((a, b) => (a.stem < b.stem ? -1 : 1));
}

/** Options in a form that JSON can hold. */
export function plainOptions(options: object): object {
  return JSON.parse(JSON.stringify(options, (_, value: unknown) => (value instanceof Map ? { map: [...value] } : value)));
}

/** The inverse of {@link plainOptions}. */
export function shardOptionsOf<Options>(plain: object): Options {
  return JSON.parse(JSON.stringify(plain), (_, value) => (Array.isArray(value?.map) ? new Map(value.map) : value)) as Options;
}
