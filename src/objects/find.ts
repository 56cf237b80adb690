import { runEnds } from '../plan/labels/runs/run-ends.js';
import type { OutlineRing } from './corners.js';
import { createExtentFinder, type ObjectExtent } from './measures.js';
import type { SampleMeasures } from './tally.js';
import { type RegionTracer, type TracedPolygon, type TracedRegion, traceRegions } from './trace.js';

/** A region of pixels of one label that share a side or a corner. */
export interface MaskObject {
  readonly label: number;
  /**
   * Its outlines, on the edges of pixels, as a valid MultiPolygon: a polygon for each part of pixels that share sides, by their topmost, then leftmost corners, and
   * so the holes of each.
   */
  readonly polygons: readonly TracedPolygon[];
  readonly extent: ObjectExtent;
  /** Of each channel; undefined where no samples went by. */
  readonly samples: readonly SampleMeasures[] | undefined;
}

/** Gives the values of each column of a row, in channels, of which objects with a label are told mean, deviation and largest: always as many channels. */
export type SamplesOf = (label: number) => readonly ArrayLike<number>[];

/** Gives the parts of a region that are objects of their own; of parts no samples are known but those of all. */
export type Split = (region: TracedRegion) => readonly TracedRegion[];

/** Finds objects while rows of a mask go by. */
export interface ObjectFinder {
  /** The next row; with samples in every row or in none. */
  row(labels: Uint8Array, samples?: SamplesOf): void;
  /** Hands on the objects that reach the last row. */
  finish(): void;
}

/** What is known of one label. */
interface Layer {
  readonly label: number;
  readonly tracer: RegionTracer;
  /** Columns where the row enters and leaves it in turn. */
  sides: Int32Array;
  count: number;
}

/**
 * Finds the objects of a mask, their outlines and what they measure, in memory for those that are still open: labels that are not 0 are classes, each with objects of
 * its own. An object, or each of its parts, is handed to `found` with the row below it: those that end with one row by label, and then from left to right by where their last runs end.
 */
export function findObjects(found: (object: MaskObject) => void, split: Split = (region) => [region]): ObjectFinder {
  const layers: Layer[] = [];
  const byLabel: (Layer | undefined)[] = new Array<undefined>(256).fill(undefined);
  const extentOf = createExtentFinder();
  let y = 0;

  function layerOf(label: number): Layer {
    const known = byLabel[label];
    if (known) return known;
    const tracer = traceRegions((region) => {
      const samples = region.tally?.measures();
      for (const part of split(region)) {
        found({ label, polygons: inOrder(part.polygons), extent: extentOf(part), samples });
      }
    });
    const layer: Layer = { label, tracer, sides: new Int32Array(64), count: 0 };
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
  }

  return {
    row(labels, samples) {
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
    finish: () => trace(),
  };
}

/** Polygons by their first corners, and the holes of each. */
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
