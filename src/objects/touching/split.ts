import type { Size } from '../../types.js';
import type { RegionPart } from '../find.js';
import type { TracedRegion } from '../regions.js';
import { eachRun } from '../rows.js';
import { traceRegions } from '../trace.js';
import { squaredDistances } from './distance.js';
import { LARGEST_SPLIT } from './largest.js';
import { flood } from './watershed.js';

/** How touching objects are separated. */
export interface TouchingSettings {
  /**
   * Pixels farther than this from the border of their object, in pixels of the mask, are seeds. Seed pixels that
   * touch at sides or corners form one seed.
   */
  readonly seedDistance: number;
  /** The size of the mask, in pixels. */
  readonly size: Size;
}

/** Splits objects. */
export interface Splitter {
  /**
   * The parts of an object, in the order of their seeds: from top to bottom, then from left to right, by their first
   * pixels. The object itself if it has fewer than two seeds or is too large.
   */
  split(region: TracedRegion): readonly RegionPart[];
  /** How many objects were not split because they are too large. */
  readonly tooLarge: number;
}

/**
 * Splits objects by a watershed on the distance to their border. The border of the mask does not count as a border of
 * an object, as in scipy's `distance_transform_edt`. Each object is split as by scikit-image's watershed of the whole
 * image, except for pixels that are equally near to two seeds; see {@link flood}.
 */
export function createSplitter({ seedDistance, size }: TouchingSettings): Splitter {
  let tooLarge = 0;
  let parts: TracedRegion[] = [];
  const tracer = traceRegions((region) => parts.push(region));
  const least = seedDistance * seedDistance;

  return {
    get tooLarge() {
      return tooLarge;
    },
    split(region) {
      const [left, top, right, bottom] = boxAround(region);
      // With one pixel of margin on each side.
      const [width, height] = [right - left + 2, bottom - top + 2];
      // No pixel of an object is farther from its border than half the shorter side of its box, unless the object
      // reaches the border of the mask.
      const reaches = left === 0 || top === 0 || right === size.width || bottom === size.height;
      if (!reaches && Math.min(width, height) / 2 <= seedDistance) return [region];
      if (width * height > LARGEST_SPLIT) {
        tooLarge++;
        return [region];
      }
      const set = new Uint8Array(width * height);
      eachRun(region.polygons, (y, start, end) => {
        const row = (y - top + 1) * width - left + 1;
        set.fill(1, row + start, row + end);
      });
      const squares = new Int32Array(set.length);
      squaredDistances(withBorder(set, width, height, { left, top, right, bottom }, size), width, height, squares);
      for (let at = 0; at < set.length; at++) if (set[at] === 0) squares[at] = 0;
      const labels = new Int32Array(set.length);
      const seeds = labelSeeds(squares, least, labels, width);
      if (seeds < 2) return [region];
      flood(squares, labels, width, height);
      parts = [];
      for (const runs of runsByLabel(labels, seeds, width, height)) traceRuns(runs, left - 1, top - 1);
      const isJunction = junctionsOf(labels, width, left - 1, top - 1);
      return parts.map((part) => ({ ...part, isJunction }));
    },
  };

  /**
   * Traces one part from its runs. Each run is three numbers: its row, its first column, and the column after its
   * last.
   */
  function traceRuns(runs: readonly number[], x: number, y: number): void {
    let row = runs[0]!;
    let sides: number[] = [];
    for (let i = 0; i < runs.length; i += 3) {
      if (runs[i] !== row) {
        tracer.row(row + y, Int32Array.from(sides), sides.length);
        row = runs[i]!;
        sides = [];
      }
      sides.push(runs[i + 1]! + x, runs[i + 2]! + x);
    }
    tracer.row(row + y, Int32Array.from(sides), sides.length);
    tracer.row(row + 1 + y, new Int32Array(0), 0);
  }
}

function boxAround({ polygons }: TracedRegion): readonly [number, number, number, number] {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [outer] of polygons) {
    for (let i = 0; i < outer.length; i += 2) {
      left = Math.min(left, outer[i]!);
      right = Math.max(right, outer[i]!);
      top = Math.min(top, outer[i + 1]!);
      bottom = Math.max(bottom, outer[i + 1]!);
    }
  }
  return [left, top, right, bottom];
}

interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A copy of the pixels in which the margin is set to 1 on the sides that lie on the border of the mask. */
function withBorder(set: Uint8Array, width: number, height: number, box: Edges, size: Size): Uint8Array {
  const own = set.slice();
  if (box.top === 0) own.fill(1, 0, width);
  if (box.bottom === size.height) own.fill(1, (height - 1) * width);
  for (let y = 0; y < height; y++) {
    if (box.left === 0) own[y * width] = 1;
    if (box.right === size.width) own[(y + 1) * width - 1] = 1;
  }
  return own;
}

/**
 * Labels the seeds from 1 on, in reading order, and returns their number. A seed is a region of pixels that touch at
 * sides or corners and whose squared distance exceeds `least`.
 */
function labelSeeds(squares: Int32Array, least: number, labels: Int32Array, width: number): number {
  const steps = [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1];
  let seeds = 0;
  const stack: number[] = [];
  for (let at = 0; at < squares.length; at++) {
    if (labels[at] !== 0 || squares[at]! <= least) continue;
    labels[at] = ++seeds;
    stack.push(at);
    for (let from = stack.pop(); from !== undefined; from = stack.pop()) {
      for (const step of steps) {
        if (labels[from + step] !== 0 || squares[from + step]! <= least) continue;
        labels[from + step] = seeds;
        stack.push(from + step);
      }
    }
  }
  return seeds;
}

/** Tells in which corners of pixels more than two pieces of border meet. */
function junctionsOf(labels: Int32Array, width: number, left: number, top: number): (x: number, y: number) => boolean {
  return (x, y) => {
    const at = (y - top) * width + x - left;
    const [a, b, c, d] = [labels[at - width - 1]!, labels[at - width]!, labels[at - 1]!, labels[at]!];
    return (a === b ? 0 : 1) + (c === d ? 0 : 1) + (a === c ? 0 : 1) + (b === d ? 0 : 1) > 2;
  };
}

function runsByLabel(labels: Int32Array, count: number, width: number, height: number): number[][] {
  const runs: number[][] = Array.from({ length: count }, () => []);
  for (let y = 0; y < height; y++) {
    for (let x = 0, row = y * width; x < width; ) {
      const label = labels[row + x]!;
      const start = x;
      while (x < width && labels[row + x] === label) x++;
      if (label !== 0) runs[label - 1]!.push(y, start, x);
    }
  }
  return runs;
}
