import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { bandLayouts, cutSpans, type Shard, type WindowLine } from '../../plan/shards.js';
import type { Blend } from '../../plan/windows/blend.js';
import { columnAxis, type Grid } from '../../plan/windows/grid.js';
import { PIECE_COLUMNS, type Piece, pieceWindows, spanOf } from '../../plan/windows/piece.js';
import type { Selection } from '../../plan/windows/selection.js';
import { findStrips, STRIP_FORMAT, type StripHead, type StripsFound } from '../../strip/file.js';
import type { Size } from '../../types.js';
import { gridTotals, pieceTotal, windowCounts } from '../prepare/models/passes.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { ProofCount } from '../proof/facts.js';
import type { RunRecord } from '../records/record.js';
import type { SlideRequest } from '../slides/request.js';

/** What of a plan decides how its slide is split. */
type Windows = Pick<SlidePlan, 'grid' | 'selection' | 'others'> & { readonly view: Size };

/** How a slide is split into shards. */
export interface ShardSplit {
  /** Rectangles that cover the working image, in bands from top to bottom, each from left to right. */
  readonly pieces: readonly Piece[];
  /** The number of windows of each shard. */
  readonly windows: readonly number[];
  /** The windows of all shards together as a multiple of the windows of one run; 1 if no window is run twice. */
  readonly times: number;
}

/**
 * Splits a slide into rectangles for shards: bands of rows, which may be cut into columns. Windows that reach over a
 * cut are run on both sides. Of all layouts, the one with the least work wins: what all shards do counts twice as much
 * as what they would do if all were as large as the largest. Some pieces are empty if there are more shards than windows.
 *
 * @param looked whether an output looks at windows, see `pieceTotal`
 */
export function splitIntoShards(
  plan: Windows,
  passes: readonly number[],
  blend: Blend,
  count: number,
  looked: boolean,
): ShardSplit {
  const layouts = bandLayouts(count).map((layout) => {
    const pieces = layoutPieces(plan, passes, blend, layout);
    const work = pieces.map((piece) => gridTotals(plan, blend, piece, looked).reduce((sum, n, i) => sum + n * passes[i]!, 0));
    const sum = work.reduce((total, each) => total + each, 0);
    return { pieces, cost: 2 * sum + count * Math.max(...work) };
  });
  const { pieces } = layouts.reduce((best, each) => (each.cost < best.cost ? each : best));
  const windows = pieces.map((piece) => pieceTotal(plan, blend, piece, looked));
  const sum = windows.reduce((total, each) => total + each, 0);
  return { pieces, windows, times: sum / Math.max(1, windowCounts(plan).run) };
}

/** The rectangles of a layout of bands, see `bandLayouts`. */
function layoutPieces(plan: Windows, passes: readonly number[], blend: Blend, layout: readonly number[]): Piece[] {
  const span = spanOf(blend);
  const grids = [plan, ...plan.others];
  const rows = grids.flatMap(({ grid, selection }, index) =>
    Array.from({ length: grid.rows }, (_, row) => ({
      ...span(grid.y, row),
      work: selection.kept(row).length * passes[index]!,
    })),
  );
  const { width, height } = plan.view;
  const bands = cutSpans(height, rows, layout);
  const places = Array.from({ length: Math.floor(width / PIECE_COLUMNS) }, (_, i) => (i + 1) * PIECE_COLUMNS);
  return bands.flatMap((band, index) => {
    const whole = { x: 0, y: band.start, width, height: band.length };
    const count = layout[index]!;
    if (count === 1) return [whole];
    const columns = grids.flatMap(({ grid, selection }, i) => columnsOf(grid, selection, blend, whole, passes[i]!));
    const cut = cutSpans(width, columns, Array(count).fill(1), places);
    return cut.map(({ start, length }) => (length > 0 ? { ...whole, x: start, width: length } : { ...whole, height: 0 }));
  });
}

/** The columns of windows of a grid in a band of rows. If windows follow tissue, each row has its own. */
function columnsOf(grid: Grid, selection: Selection, blend: Blend, band: Piece, passes: number): WindowLine[] {
  const { kept, first, end } = pieceWindows(grid, selection, blend, band, false);
  const span = spanOf(blend);
  const lines = new Map<string, WindowLine>();
  for (let row = first; row < end; row++) {
    const axis = columnAxis(grid, row);
    for (const { column } of kept(row)) {
      const { start, length } = span(axis, column);
      const key = `${start} ${length}`;
      lines.set(key, { start, length, work: (lines.get(key)?.work ?? 0) + passes });
    }
  }
  return [...lines.values()];
}

/** A shard that was made, or was there already. */
export interface ShardFacts {
  readonly shard: Shard;
  readonly path: string;
  readonly slide: string;
  /** Rows and columns of the working image. */
  readonly rows: { readonly from: number; readonly to: number };
  readonly columns: ShardFacts['rows'];
}

/** The rows and columns of a piece. */
export function pieceReach({ x, y, width, height }: Piece): Pick<ShardFacts, 'rows' | 'columns'> {
  return { rows: { from: y, to: y + height }, columns: { from: x, to: x + width } };
}

/** The path of a shard of a slide. `stem` is the start of the names of all files of its result. */
export function shardPath(stem: string, { index, count }: Shard): string {
  return `${stem}.shard-${index}-of-${count}.strips`;
}

/** The path of a shard while it is being made. */
export function hiddenShardPath(stem: string, shard: Shard): string {
  const path = shardPath(stem, shard);
  return join(dirname(path), `.${basename(path)}`);
}

/** The data after the last strip of a shard. */
interface ShardEnd {
  readonly end: RunRecord['device'];
  /** What was found in its part of the sample; absent if none was run the dense way. */
  readonly proof?: ProofCount | undefined;
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
  readonly proof: ProofCount | undefined;
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
  if (found.head.format !== STRIP_FORMAT)
    throw new SegtileError('input', `${path} was written by another version of segtile`, hint);
  const { piece, more }: StripHead = found.head;
  const end = found.notes.find((note): note is ShardEnd => 'end' in note);
  if (found.torn || end === undefined || found.rows !== piece.y + piece.height) {
    throw new SegtileError(
      'input',
      `${path} is damaged: it is whole up to row ${found.rows} of ${piece.y + piece.height}`,
      hint,
    );
  }
  return { path, found, origin: more as ShardOrigin, device: end.end, proof: end.proof };
}

/**
 * The shards of an image in bands from top to bottom, each from left to right; without empty ones.
 *
 * @throws {SegtileError} `input` if they do not cover the image exactly once: other versions of segtile may cut it in
 *   other places
 */
export function shardBands(shards: readonly FoundShard[], { width, height }: Size): readonly (readonly FoundShard[])[] {
  const byStart = new Map<number, FoundShard[]>();
  for (const shard of shards) {
    const { piece } = shard.found.head;
    if (piece.height > 0) byStart.set(piece.y, [...(byStart.get(piece.y) ?? []), shard]);
  }
  const bands = [...byStart].sort(([a], [b]) => a - b);
  let y = 0;
  for (const [start, band] of bands) {
    band.sort((a, b) => a.found.head.piece.x - b.found.head.piece.x);
    const { height: rows } = band[0]!.found.head.piece;
    let x = 0;
    for (const { path, found } of band) {
      const { piece } = found.head;
      if (start !== y || piece.x !== x || piece.height !== rows) throw notCovered(path);
      x += piece.width;
    }
    if (x !== width) throw notCovered(band[0]!.path);
    y += rows;
  }
  if (y !== height) throw notCovered(shards[0]!.path);
  return bands.map(([, band]) => band);
}

function notCovered(path: string): SegtileError {
  return new SegtileError(
    'input',
    `${path} and the other shards of its slide do not cover it: they were cut by different versions of segtile`,
    'delete them, and run them again',
  );
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
