import { runEnds } from '../plan/labels/runs/run-ends.js';
import type { OutlineRing } from './corners.js';
import { createExtentFinder, type ObjectExtent } from './measures.js';
import type { TracedPolygon, TracedRegion } from './regions.js';
import type { IsOwnJunction } from './simplify/arcs.js';
import type { Simplifier } from './simplify/simplify.js';
import type { SampleMeasures } from './tally.js';
import { createKeepingTally } from './touching/keeping-tally.js';
import { type RegionTracer, traceRegions } from './trace.js';

/** A region of pixels of one label that share a side or a corner. */
export interface MaskObject {
  readonly label: number;
  /**
   * Its outlines, on the edges of pixels, as a valid MultiPolygon: one polygon for each part whose pixels share
   * sides. Polygons are sorted by their topmost, then leftmost corner, and so are the holes of each polygon.
   */
  readonly polygons: readonly TracedPolygon[];
  /** The outlines to write, simplified if that was asked for. */
  readonly outlines: readonly TracedPolygon[];
  readonly extent: ObjectExtent;
  /** Measures of the samples of each channel; undefined if no samples were given. */
  readonly samples: readonly SampleMeasures[] | undefined;
}

/**
 * Returns, for a label, the channels of the current row whose mean, deviation and largest value are measured over the
 * objects with that label. Each channel has one value for each column. The number of channels is always the same.
 */
export type SamplesOf = (label: number) => readonly ArrayLike<number>[];

/** A region, or a part that a split has made of it. */
export interface RegionPart extends TracedRegion {
  /** Whether the borders of several parts meet in a corner of pixels. */
  readonly isJunction?: IsOwnJunction | undefined;
}

/** Splits a region into parts that are objects of their own. A region that is not split is its own only part. */
export type Split = (region: TracedRegion) => readonly RegionPart[];

/** Finds objects row by row. */
export interface ObjectFinder {
  /** Takes the next row of the mask. Samples are given in every row or in none. */
  row(labels: Uint8Array, samples?: SamplesOf): void;
  /** Completes the objects that reach the last row, and passes them to `found`. */
  finish(): void;
}

/** The state for one label. */
interface TracedLabel {
  readonly label: number;
  readonly tracer: RegionTracer;
  /** Columns at which the current row enters and leaves the label, in turn; the first `count` are valid. */
  sides: Int32Array;
  count: number;
}

/**
 * Finds the objects of a mask, with their outlines and measures. Only objects that are still open are in memory. Each
 * label other than 0 is a class with objects of its own. When the row below an object is read, `found` is called with
 * the object, or with each of its parts. Objects that end in the same row come in the order of their labels, and
 * within a label from left to right by the ends of their last runs.
 */
export function findObjects(found: (object: MaskObject) => void, split?: Split, simplifier?: Simplifier): ObjectFinder {
  const layers: TracedLabel[] = [];
  const byLabel: (TracedLabel | undefined)[] = new Array<undefined>(256).fill(undefined);
  const extentOf = createExtentFinder();
  let y = 0;

  function layerOf(label: number): TracedLabel {
    const known = byLabel[label];
    if (known) return known;
    const tracer = traceRegions((region) => {
      const parts: readonly RegionPart[] = split?.(region) ?? [region];
      for (const part of parts) {
        const tally = part === region ? region.tally : region.tally?.within?.(part.polygons);
        const samples = tally?.measures();
        const polygons = inOrder(part.polygons);
        const outlines = simplifier?.outlines(polygons, part.isJunction) ?? polygons;
        found({ label, polygons, outlines, extent: extentOf(part), samples });
      }
    }, split && createKeepingTally);
    const layer: TracedLabel = { label, tracer, sides: new Int32Array(64), count: 0 };
    byLabel[label] = layer;
    layers.push(layer);
    layers.sort((a, b) => a.label - b.label);
    return layer;
  }

  function trace(samples?: SamplesOf): void {
    for (const layer of layers) {
      if (layer.count === 0 && !layer.tracer.open) continue;
      layer.tracer.row(y, layer.sides, layer.count, samples?.(layer.label));
      layer.count = 0;
    }
    y++;
    if (simplifier && y % FORGET === 0) simplifier.forget(Math.min(y, ...layers.map(({ tracer }) => tracer.top())));
  }

  return {
    row(labels, samples) {
      simplifier?.row(labels);
      const endOfRun = runEnds(labels);
      for (let x = 0; x < labels.length; ) {
        const label = labels[x]!;
        const end = endOfRun(x);
        if (label !== 0) {
          const layer = byLabel[label] ?? layerOf(label);
          if (layer.count + 2 > layer.sides.length) layer.sides = grown(layer.sides);
          layer.sides[layer.count++] = x;
          layer.sides[layer.count++] = end;
        }
        x = end;
      }
      trace(samples);
    },
    finish() {
      simplifier?.row(undefined);
      trace();
    },
  };
}

/** Rows between two times that a simplifier is told what it may forget. */
const FORGET = 256;

/** Sorts polygons by their first corners, and likewise the holes of each. */
function inOrder(polygons: readonly TracedPolygon[]): readonly TracedPolygon[] {
  if (polygons.length === 1 && polygons[0]!.length < 3) return polygons;
  const sorted = polygons.map(([outer, ...holes]): TracedPolygon => [outer, ...holes.sort(downRight)]);
  return sorted.sort(([a], [b]) => downRight(a, b));
}

function downRight(a: OutlineRing, b: OutlineRing): number {
  return a[1]! - b[1]! || a[0]! - b[0]!;
}

function grown(sides: Int32Array): Int32Array {
  const more = new Int32Array(2 * sides.length);
  more.set(sides);
  return more;
}
