import type { Box } from '../../types.js';
import { runEnds } from './runs/run-ends.js';

/**
 * The runs of one line of an image with a label other than 0, from left to right. Adjacent pixels with the same label
 * are one run.
 */
export interface LineRuns {
  readonly count: number;
  /** First pixel of each run; `ends` has the first pixel after it. */
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

/** Identifies a region while it is open. When two regions turn out to be one, one of their keys stays. */
export type RegionKey = object;

/** A connected region of one label. */
export interface ConnectedRegion {
  readonly key: RegionKey;
  readonly label: number;
  readonly box: Box;
  /** Area in pixels. */
  readonly area: number;
  /**
   * The runs of its pixels, if it has fewer pixels than the tracker was told to keep: for each run three numbers, its
   * line, its first pixel and the first pixel after it.
   */
  readonly pieces?: readonly number[];
}

/** Which pixels are connected: those that share a side (4), or a side or a corner (8). */
export type Connectivity = 4 | 8;

/** Finds connected regions line by line. */
export interface RegionTracker {
  /**
   * Takes the next line and keeps it until the line after it. Returns the region of each of its runs, as far as it is
   * known at this line.
   */
  line(runs: LineRuns): readonly RegionKey[];
  /**
   * The first line of the open regions that may still stay small, so that their pieces are kept; the next line if
   * there are none.
   */
  settled(): number;
  /** Closes the regions that reach the last line. */
  finish(): void;
}

/** A region that may still grow. */
interface Open {
  /** The region that it was merged into. */
  into: Open | undefined;
  /** The last line on which it was seen; -1 once it was passed to `found`. */
  last: number;
  readonly label: number;
  area: number;
  /** See {@link ConnectedRegion}; undefined once it is too large. */
  pieces: number[] | undefined;
  left: number;
  right: number;
  top: number;
}

const nothing: LineRuns = { count: 0, starts: [], ends: [], labels: [] };

/**
 * Finds the connected regions of equal label in an image that is read line by line, with union-find over the regions
 * that reach the last line. Only these are held, never the image. A region is passed to `found` at the first line
 * that it does not reach; regions that end on the same line are passed from left to right.
 *
 * @param small regions of fewer pixels than this are passed on with their pieces
 * @param joined called when two regions turn out to be one, with the key that stays and the key that is gone
 */
export function trackRegions(
  connectivity: Connectivity,
  found: (region: ConnectedRegion) => void,
  small = 0,
  joined: (kept: RegionKey, gone: RegionKey) => void = () => undefined,
): RegionTracker {
  const reach = connectivity === 8 ? 1 : 0;
  let above = nothing;
  let aboveRegions: Open[] = [];
  let y = 0;

  function line(runs: LineRuns): readonly RegionKey[] {
    const regions: Open[] = [];
    for (let i = 0, j = 0; i < runs.count; i++) {
      const start = runs.starts[i]!;
      const end = runs.ends[i]!;
      const label = runs.labels[i]!;
      while (j < above.count && above.ends[j]! + reach <= start) j++;
      let region: Open | undefined;
      for (let k = j; k < above.count && above.starts[k]! < end + reach; k++) {
        if (above.labels[k] !== label) continue;
        const upper = rootOf(aboveRegions[k]!);
        region = region === undefined ? upper : join(region, upper, small, joined);
      }
      region ??= {
        into: undefined,
        last: y,
        label,
        area: 0,
        pieces: small > 0 ? [] : undefined,
        left: start,
        right: end,
        top: y,
      };
      region.last = y;
      region.area += end - start;
      if (region.area >= small) region.pieces = undefined;
      else region.pieces?.push(y, start, end);
      if (start < region.left) region.left = start;
      if (end > region.right) region.right = end;
      regions.push(region);
    }
    for (const each of aboveRegions) {
      const { into, last, label, area, pieces, left, right, top } = each;
      if (into !== undefined || last === y || last === -1) continue;
      each.last = -1;
      found({
        key: each,
        label,
        box: { x: left, y: top, width: right - left, height: y - top },
        area,
        ...(pieces && { pieces }),
      });
    }
    above = runs;
    aboveRegions = regions.map(rootOf);
    y++;
    return aboveRegions;
  }

  return {
    line,
    settled: () => aboveRegions.reduce((first, { pieces, top }) => (pieces && top < first ? top : first), y),
    finish: () => void line(nothing),
  };
}

/** The root of a node in union-find: follows `into` to the end. Shortens the path for the next call. */
export function rootOf<Node extends { into: Node | undefined }>(node: Node): Node {
  let root = node;
  while (root.into !== undefined) root = root.into;
  for (let each = node; each.into !== undefined; ) {
    const next = each.into;
    each.into = root;
    each = next;
  }
  return root;
}

/** Merges two regions and returns the one that is left. */
function join(a: Open, b: Open, small: number, joined: (kept: Open, gone: Open) => void): Open {
  if (a === b) return a;
  const [kept, gone] = a.area >= b.area ? [a, b] : [b, a];
  gone.into = kept;
  joined(kept, gone);
  if (kept.area + gone.area >= small) kept.pieces = undefined;
  else for (const part of gone.pieces ?? []) kept.pieces?.push(part);
  gone.pieces = undefined;
  kept.area += gone.area;
  kept.left = Math.min(kept.left, gone.left);
  kept.right = Math.max(kept.right, gone.right);
  kept.top = Math.min(kept.top, gone.top);
  kept.last = Math.max(kept.last, gone.last);
  return kept;
}

/** The runs of background in a row of labels; all get label 0. */
export function gapRuns(line: Uint8Array): LineRuns {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let x = line.indexOf(0); x >= 0; x = line.indexOf(0, x)) {
    starts.push(x);
    while (x < line.length && line[x] === 0) x++;
    ends.push(x);
  }
  return { count: starts.length, starts, ends, labels: new Uint8Array(starts.length) };
}

/** The runs of labels other than 0 in a row of labels. */
export function labelRuns(line: Uint8Array): LineRuns {
  const starts: number[] = [];
  const ends: number[] = [];
  const labels: number[] = [];
  const endOfRun = runEnds(line);
  for (let start = 0; start < line.length; ) {
    const end = endOfRun(start);
    if (line[start] !== 0) {
      starts.push(start);
      ends.push(end);
      labels.push(line[start]!);
    }
    start = end;
  }
  return { count: starts.length, starts, ends, labels };
}
