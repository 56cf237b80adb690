import { type Squash, squashed } from '../plan/scores/squash.js';
import type { Grid } from '../plan/windows/grid.js';
import type { Pixels, Scores, Size, Window } from '../types.js';

/** How much overlapping windows differ at places with a distance in this range to the nearest border of a window. */
export interface DistanceBin {
  /**
   * The range of distances in px, from `from` up to, but not including, `to`. The distance of a place is the smaller
   * of its distances to the borders of the two windows.
   */
  readonly from: number;
  readonly to: number;
  /** Number of places that were compared. */
  readonly count: number;
  /** Mean and largest difference in probability at these places. */
  readonly mean: number;
  readonly largest: number;
}

/** What a {@link DisagreementMeter} has found. */
export interface Disagreement {
  /** Number of places that were compared between two windows. */
  readonly compared: number;
  /** Mean difference in probability over all these places. */
  readonly mean: number;
  readonly bins: readonly DistanceBin[];
  /** The smallest margin, in px, beyond which nothing is gained; undefined if no margin helps or no windows overlap. */
  readonly margin: number | undefined;
  /**
   * `agree`: windows agree everywhere. `border`: they differ only near borders, so a margin helps. `everywhere`: they
   * differ also far from any border. `unknown`: no windows overlap.
   */
  readonly kind: 'agree' | 'border' | 'everywhere' | 'unknown';
}

/** The findings in some of the windows. Parts can be added in any order with the same result. */
export interface DisagreementPart {
  /** By distance, see {@link DistanceBin}; sums and largest values are whole numbers of {@link UNIT}. */
  readonly bins: readonly { readonly count: number; readonly sum: number; readonly largest: number }[];
  /**
   * The rows of the map that were covered, from row `y` on. A value is the largest difference in probability `p` in
   * one square of the image, as `255 p`, rounded.
   */
  readonly map: { readonly y: number; readonly rows: Uint8Array };
}

/** Compares windows with their neighbours as they come, in plan order. */
export interface DisagreementMeter {
  /**
   * @param counts whether to compare this window with its neighbours; false if it only serves as a neighbour of later
   *   windows
   */
  add(scores: Scores, counts?: boolean): void;
  /** The findings since the last call. */
  take(): DisagreementPart;
}

/** The findings in all windows. */
export interface DisagreementTotal {
  add(part: DisagreementPart): void;
  finish(): Disagreement;
  /**
   * The largest difference in probability `p` in each square of the image, as `255 p`, rounded: one channel, with
   * sides of at most {@link MAP_SIDE} px.
   */
  map(): Pixels;
}

/** The unit of sums of differences. Sums are whole numbers of it, so they are the same in any order. */
const UNIT = 2 ** -24;

/** The spacing, in px, of the lattice on which windows are compared, and the width of the bins of distances. */
const STEP = 4;

/** Longest side of the map. */
const MAP_SIDE = 2048;

/** Up to this mean difference in probability, windows count as agreeing. */
const SMALL = 0.005;

/** The scores of a window at the points of the lattice. */
interface Sampled {
  readonly window: Window;
  readonly x0: number;
  readonly y0: number;
  readonly columns: number;
  readonly rows: number;
  /** Planes of `columns * rows`. */
  readonly values: Float32Array;
}

/**
 * The layout of the findings for a grid: the largest distance in px (`reach`), the size of the map, and the side in
 * px of the square of the image that one pixel of the map shows (`scale`).
 */
function layoutOf({ size, window: side, stride }: Grid): { reach: number; scale: number; mapSize: Size } {
  const reach = Math.min(side.width - stride.width, side.height - stride.height) / 2;
  const scale = Math.max(1, Math.max(size.width, size.height) / MAP_SIDE);
  return { reach, scale, mapSize: { width: Math.ceil(size.width / scale), height: Math.ceil(size.height / scale) } };
}

function emptyBins(reach: number): { count: number; sum: number; largest: number }[] {
  return Array.from({ length: Math.ceil(reach / STEP) }, () => ({ count: 0, sum: 0, largest: 0 }));
}

/**
 * Measures how much overlapping windows disagree, as a function of the distance to the nearer border. A network whose
 * receptive field reaches no farther than `r` px agrees with itself at distances of `r` and more. A network that
 * normalises over its window (InstanceNorm) agrees nowhere.
 *
 * Each window is compared with its left and its upper neighbour, on every fourth row and column. A side of a window
 * on the border of the image does not count as a border. Distances go up to half of the overlap of neighbours. Places
 * farther away are covered twice only where windows crowd at the border of the image, which says little. Memory: a
 * sixteenth of the scores of one row of windows.
 *
 * @param squash how to turn the scores into probabilities, if they are logits
 */
export function measureDisagreement(grid: Grid, channels: number, squash: Squash | undefined): DisagreementMeter {
  const { size } = grid;
  const { reach, scale, mapSize } = layoutOf(grid);
  const map = new Uint8Array(mapSize.width * mapSize.height);
  let bins = emptyBins(reach);
  let [seenFrom, seenTo] = [mapSize.height, 0];
  let above = new Map<number, Sampled>();
  let current = new Map<number, Sampled>();
  let row = 0;

  /** Distance in px from a place to the nearest border of a window, ignoring borders on the border of the image. */
  function toBorder({ box }: Window, x: number, y: number): number {
    const left = box.x <= 0 ? Number.POSITIVE_INFINITY : x - box.x;
    const top = box.y <= 0 ? Number.POSITIVE_INFINITY : y - box.y;
    const right = box.x + box.width >= size.width ? Number.POSITIVE_INFINITY : box.x + box.width - 1 - x;
    const bottom = box.y + box.height >= size.height ? Number.POSITIVE_INFINITY : box.y + box.height - 1 - y;
    return Math.min(left, top, right, bottom);
  }

  function compare(a: Sampled, b: Sampled): void {
    const [left, top] = [Math.max(a.x0, b.x0), Math.max(a.y0, b.y0)];
    const right = Math.min(a.x0 + a.columns * STEP, b.x0 + b.columns * STEP);
    const bottom = Math.min(a.y0 + a.rows * STEP, b.y0 + b.rows * STEP);
    if (top >= bottom) return;
    seenFrom = Math.min(seenFrom, Math.floor(top / scale));
    seenTo = Math.max(seenTo, Math.floor((bottom - 1) / scale) + 1);
    for (let y = top; y < bottom; y += STEP) {
      for (let x = left; x < right; x += STEP) {
        const distance = Math.min(toBorder(a.window, x, y), toBorder(b.window, x, y));
        const bin = bins[Math.floor(distance / STEP)];
        let most = 0;
        for (let c = 0; c < channels; c++) most = Math.max(most, Math.abs(valueAt(a, x, y, c) - valueAt(b, x, y, c)));
        if (bin) {
          const units = Math.round(most / UNIT);
          bin.count++;
          bin.sum += units;
          bin.largest = Math.max(bin.largest, units);
        }
        const place = Math.floor(y / scale) * mapSize.width + Math.floor(x / scale);
        map[place] = Math.max(map[place]!, Math.round(255 * Math.min(1, most)));
      }
    }
  }

  return {
    add({ window, data }, counts = true) {
      if (window.row !== row) {
        above = window.row === row + 1 ? current : new Map();
        current = new Map();
        row = window.row;
      }
      const sampled = sample(window, squash ? squashed(data, channels, squash) : data, channels, grid);
      for (const neighbour of counts ? [current.get(window.column - 1), above.get(window.column)] : []) {
        if (neighbour) compare(neighbour, sampled);
      }
      current.set(window.column, sampled);
    },
    take() {
      const y = Math.min(seenFrom, seenTo);
      const [from, to] = [y * mapSize.width, seenTo * mapSize.width];
      const part = { bins, map: { y, rows: map.slice(from, to) } };
      map.fill(0, from, to);
      bins = emptyBins(reach);
      [seenFrom, seenTo] = [mapSize.height, 0];
      return part;
    },
  };
}

/** Creates a total that adds up the findings in the windows of a grid. */
export function totalDisagreement(grid: Grid): DisagreementTotal {
  const { reach, mapSize } = layoutOf(grid);
  const bins = emptyBins(reach);
  const data = new Uint8Array(mapSize.width * mapSize.height);
  return {
    add(part) {
      for (const [index, { count, sum, largest }] of part.bins.entries()) {
        const bin = bins[index]!;
        bin.count += count;
        bin.sum += sum;
        bin.largest = Math.max(bin.largest, largest);
      }
      const { y, rows } = part.map;
      for (let i = 0, at = y * mapSize.width; i < rows.length; i++, at++) if (rows[i]! > data[at]!) data[at] = rows[i]!;
    },
    finish: () => summary(bins.map(({ count, sum, largest }) => ({ count, sum: sum * UNIT, largest: largest * UNIT }))),
    map: () => ({ ...mapSize, channels: 1, data }),
  };
}

function sample({ box, ...rest }: Window, data: Float32Array, channels: number, { size }: Grid): Sampled {
  const first = (start: number): number => Math.ceil(Math.max(start, 0) / STEP) * STEP;
  const [x0, y0] = [first(box.x), first(box.y)];
  const columns = Math.max(0, Math.ceil((Math.min(box.x + box.width, size.width) - x0) / STEP));
  const rows = Math.max(0, Math.ceil((Math.min(box.y + box.height, size.height) - y0) / STEP));
  const values = new Float32Array(channels * columns * rows);
  for (let c = 0, o = 0; c < channels; c++) {
    for (let j = 0; j < rows; j++) {
      const line = (c * box.height + y0 + j * STEP - box.y) * box.width + x0 - box.x;
      for (let i = 0; i < columns; i++) values[o++] = data[line + i * STEP]!;
    }
  }
  return { window: { box, ...rest }, x0, y0, columns, rows, values };
}

function valueAt({ x0, y0, columns, rows, values }: Sampled, x: number, y: number, c: number): number {
  return values[(c * rows + (y - y0) / STEP) * columns + (x - x0) / STEP]!;
}

function summary(all: readonly { readonly count: number; readonly sum: number; readonly largest: number }[]): Disagreement {
  const bins = all.flatMap(({ count, sum, largest }, i): DistanceBin[] =>
    count === 0 ? [] : [{ from: i * STEP, to: (i + 1) * STEP, count, mean: sum / count, largest }],
  );
  const compared = bins.reduce((total, { count }) => total + count, 0);
  const mean = bins.reduce((total, each) => total + each.mean * each.count, 0) / Math.max(1, compared);
  if (compared === 0) return { compared, mean: 0, bins, margin: undefined, kind: 'unknown' };
  // Disagreement in the farthest quarter of the distances is not caused by borders.
  const far = bins.slice(Math.floor((bins.length * 3) / 4));
  const floor = far.reduce((total, each) => total + each.mean, 0) / far.length;
  if (floor > SMALL) return { compared, mean, bins, margin: undefined, kind: 'everywhere' };
  const last = bins.findLastIndex((each) => each.mean > SMALL);
  if (last < 0) return { compared, mean, bins, margin: 0, kind: 'agree' };
  return { compared, mean, bins, margin: bins[last]!.to, kind: 'border' };
}
