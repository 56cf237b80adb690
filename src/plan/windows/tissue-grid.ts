import type { Span } from '../../types.js';
import { coreFrom, type WindowAxis } from './axis.js';
import type { Grid, LaidRow } from './grid.js';
import type { Selection } from './selection.js';

/** The runs of rows that hold tissue, and the runs of columns that hold tissue in some rows; sorted, in working px. */
export interface RunsOfTissue {
  readonly rows: readonly Span[];
  across(rows: Span): readonly Span[];
}

/**
 * If the phase of a network is not known, windows start at multiples of this from the border, in px, as far as the stride
 * allows: it is a multiple of the total stride of most networks.
 */
const USUAL_PHASE = 32;

/** The most places that are tried for a row of windows. */
const TRIED = 24;

/**
 * The windows along tissue, by {@link layTissue}, or those of the fixed grid if a network sees fewer pixels of these: rows are
 * tried at some places only, which may be worse where tissue is all of one piece.
 *
 * @param grid a fixed grid with the same windows
 * @param select the windows of a grid that are run
 * @param cut cuts the windows of a grid to tissue, if they are to be
 * @returns `fixed`: how many windows the fixed grid runs
 */
export function alongTissue(
  grid: Grid,
  tissue: RunsOfTissue,
  select: (grid: Grid) => Selection,
  cut: (grid: Grid) => Grid = (each) => each,
): { readonly grid: Grid; readonly selection: Selection; readonly fixed: number } {
  const [fixedGrid, laid] = [grid, layTissue(grid, tissue)].map(cut) as [Grid, Grid];
  const [along, selected] = [select(laid), select(fixedGrid)];
  const fixed = selected.keptCount;
  return along.seenPixels > selected.seenPixels
    ? { grid: fixedGrid, selection: selected, fixed }
    : { grid: laid, selection: along, fixed };
}

/**
 * Lays windows where tissue is. Each run of tissue in a row of windows is covered from its own left edge: its first core
 * begins there, and the others follow by the stride. A run that the core of the window before reaches is gone on with. Rows
 * of windows cover all rows that hold tissue, by the same rule, but where a row may lie higher without a gap, the places are
 * chosen so that all rows together have the fewest windows.
 *
 * Every pixel of tissue lies in the core of a window. Starts are multiples of the phase, if it is known.
 *
 * @param grid a fixed grid with the same windows
 */
export function layTissue(grid: Grid, tissue: RunsOfTissue): Grid {
  const across = layer(grid.x, grid.phase);
  const down = layer(grid.y, grid.phase);
  const known = new Map<number, readonly number[]>();
  const startsAt = (y: number): readonly number[] => {
    const there = known.get(y) ?? cover(across, tissue.across(down.core(y)));
    known.set(y, there);
    return there;
  };
  const found = fewest(down, tissue.rows, (y) => startsAt(y).length);
  // There is at least one row of windows, so that rows without windows are passed on as well.
  const rows = found.length > 0 ? found : [down.first];
  const laid: LaidRow[] = [];
  let [total, columns] = [0, 0];
  for (const y of rows) {
    const starts = startsAt(y);
    laid.push({ x: { ...grid.x, starts }, first: total });
    total += starts.length;
    columns = Math.max(columns, starts.length);
  }
  return {
    ...grid,
    columns,
    rows: rows.length,
    y: { ...grid.y, starts: rows },
    laid,
  };
}

/** The places that windows may have along an axis. */
interface PlacesAlong {
  readonly first: number;
  /** The last place: a window that starts there reaches the border. */
  readonly last: number;
  readonly unit: number;
  readonly stride: number;
  core(start: number): Span;
  /** The end of the core of a window. */
  end(start: number): number;
  /** The last place with which the core of a window begins at a pixel or before. */
  from(pixel: number): number;
}

function layer(axis: WindowAxis, phase: number | undefined): PlacesAlong {
  const { length, window, margin, stride, border } = axis;
  const outside = border === 'mirror' ? margin : 0;
  const first = 0 - outside;
  const unit = commonDivisor(stride, phase ?? USUAL_PHASE);
  const room = Math.max(first, length + outside - window);
  const last = phase === undefined ? room : first + Math.ceil((room - first) / unit) * unit;
  const core = (start: number): Span => coreFrom(axis, start);
  return {
    first,
    last,
    unit,
    stride,
    core,
    end: (start) => core(start).start + core(start).length,
    from: (pixel) => Math.min(last, Math.max(first, first + Math.floor((pixel - margin - first) / unit) * unit)),
  };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** Starts of windows that cover runs of pixels from their own edges, with the fewest windows. */
function cover({ last, stride, end, from }: PlacesAlong, runs: readonly Span[]): number[] {
  const starts: number[] = [];
  let covered = Number.NEGATIVE_INFINITY;
  for (const run of runs) {
    while (covered < run.start + run.length) {
      const before = starts.at(-1);
      const next = before === undefined ? from(run.start) : before + stride;
      const start = Math.min(last, covered > run.start ? next : Math.max(next, from(run.start)));
      starts.push(start);
      covered = end(start);
    }
  }
  return starts;
}

/**
 * Starts of rows of windows that cover runs of rows, chosen so that the sum of their costs is the least. From a start on,
 * the next one depends on nothing before, so the best way to each start is found from top to bottom.
 */
function fewest(rows: PlacesAlong, runs: readonly Span[], cost: (start: number) => number): number[] {
  const ways = new Map<number, { readonly total: number; readonly before: number | undefined }>();
  let best: { readonly total: number; readonly start: number } | undefined;
  const waiting = createQueue();
  const goOn = (before: number | undefined, total: number): void => {
    for (const start of nextStarts(rows, runs, before)) {
      const sum = total + cost(start);
      const known = ways.get(start);
      if (known === undefined) waiting.add(start);
      // Of ways that cost the same, the one whose rows lie lowest is taken: they begin at the edge of tissue.
      if (known === undefined || sum <= known.total) ways.set(start, { total: sum, before });
    }
  };
  goOn(undefined, 0);
  for (let start = waiting.take(); start !== undefined; start = waiting.take()) {
    const { total } = ways.get(start)!;
    const isEnd = runs.every((run) => run.start + run.length <= rows.end(start!));
    if (!isEnd) goOn(start, total);
    else if (best === undefined || total <= best.total) best = { total, start };
  }
  const chosen: number[] = [];
  for (let start = best?.start; start !== undefined; start = ways.get(start)!.before) chosen.unshift(start);
  return chosen;
}

/** The starts that a row of windows may have after another one, so that all rows with tissue between them are covered. */
function nextStarts(rows: PlacesAlong, runs: readonly Span[], before: number | undefined): number[] {
  const covered = before === undefined ? Number.NEGATIVE_INFINITY : rows.end(before);
  const run = runs.find(({ start, length }) => start + length > covered);
  if (run === undefined) return [];
  const isGoneOnWith = before !== undefined && covered > run.start;
  const latest = Math.min(
    rows.last,
    isGoneOnWith ? before + rows.stride : Math.max(rows.from(run.start), (before ?? rows.first - rows.stride) + rows.stride),
  );
  const least = isGoneOnWith ? covered : run.start;
  const step = rows.unit * Math.max(1, Math.ceil(rows.core(latest).length / rows.unit / TRIED));
  const starts: number[] = [];
  for (let start = latest; start >= rows.first && start > (before ?? Number.NEGATIVE_INFINITY); start -= step) {
    if (rows.end(start) <= least) break;
    starts.push(start);
  }
  return starts;
}

/** A queue of numbers from which the least is taken first. */
function createQueue() {
  const heap: number[] = [];
  return {
    add(value: number): void {
      let at = heap.push(value) - 1;
      for (let up = (at - 1) >> 1; at > 0 && heap[up]! > value; up = (at - 1) >> 1) {
        heap[at] = heap[up]!;
        heap[up] = value;
        at = up;
      }
    },
    take(): number | undefined {
      const [least] = heap;
      const value = heap.pop();
      if (value === undefined || heap.length === 0) return least;
      let at = 0;
      heap[0] = value;
      for (;;) {
        const child = 2 * at + 1;
        const less = child + 1 < heap.length && heap[child + 1]! < heap[child]! ? child + 1 : child;
        if (less >= heap.length || heap[less]! >= value) return least;
        heap[at] = heap[less]!;
        heap[less] = value;
        at = less;
      }
    },
  };
}
