import type { MaskClass } from '../types.js';
import type { MeasuredObject } from './measured.js';

/**
 * A value for the whole slide, for its tissue (inside the region, if there is one), and for the region of interest;
 * null where it is not known.
 */
export interface OfEach {
  readonly slide: number | null;
  readonly tissue: number | null;
  readonly region: number | null;
}

/**
 * The share of the slide that is tissue (inside the region, if there is one), and the share that is the region of
 * interest; null where it is not known.
 */
export type LookedAt = Omit<OfEach, 'slide'>;

/**
 * A histogram of the areas of objects. A bin counts objects with an area from its edge up to, but not including, the
 * next edge. There are ten bins in each power of ten.
 */
export interface SizeHistogram {
  readonly unit: 'um2' | 'px';
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** The objects of one class in numbers. */
export interface ClassSummary {
  readonly name: string;
  readonly count: number;
  /** Objects per square millimetre. */
  readonly perMm2: OfEach;
  /** Total area of the objects in level-0 pixels; `share` is its share of the slide. */
  readonly areaPx: number;
  readonly share: number;
  /** The total area as a share of the slide, of its tissue, and of the region. */
  readonly of: OfEach;
  /** Mean and median area of an object in level-0 pixels; null if there are no objects. */
  readonly meanAreaPx: number | null;
  readonly medianAreaPx: number | null;
  /** The same areas in square micrometres; null if the size of a pixel is not known. */
  readonly areaUm2: number | null;
  readonly meanAreaUm2: number | null;
  readonly medianAreaUm2: number | null;
  /** Null if there are no objects. */
  readonly sizes: SizeHistogram | null;
}

/** Summarises objects by class. It takes eight bytes for each object. */
export interface Summary {
  add(object: MeasuredObject): void;
  /** The summaries of all classes, in the order of the classes. */
  classes(lookedAt: LookedAt): ClassSummary[];
}

/**
 * Creates a summary without objects.
 *
 * @param pixels number of level-0 pixels of the slide
 * @param pixelUm2 area of a level-0 pixel in square micrometres, if it is known
 */
export function summarizeObjects(classes: readonly MaskClass[], pixels: number, pixelUm2: number | undefined): Summary {
  const byLabel = new Map(classes.map(({ label }) => [label, { areas: new Float64Array(64), count: 0 }]));
  return {
    add({ class: { label }, area }) {
      const one = byLabel.get(label)!;
      if (one.count === one.areas.length) {
        const more = new Float64Array(2 * one.count);
        more.set(one.areas);
        one.areas = more;
      }
      one.areas[one.count++] = area;
    },
    classes: ({ tissue, region }) => {
      const wholes = { slide: 1, tissue, region };
      const ofEach = (value: number | undefined): OfEach => {
        const by = (share: number | null) => (value === undefined || !share ? null : value / share);
        return { slide: by(wholes.slide), tissue: by(wholes.tissue), region: by(wholes.region) };
      };
      return classes.map(({ label, name }) => {
        const one = byLabel.get(label)!;
        const areas = one.areas.slice(0, one.count).sort();
        const total = areas.reduce((sum, area) => sum + area, 0);
        const mean = one.count === 0 ? null : total / one.count;
        const median = one.count === 0 ? null : (areas[(one.count - 1) >> 1]! + areas[one.count >> 1]!) / 2;
        const um2 = (px: number | null): number | null => (px === null || pixelUm2 === undefined ? null : px * pixelUm2);
        return {
          name,
          count: one.count,
          perMm2: ofEach(pixelUm2 && one.count / ((pixels * pixelUm2) / 1e6)),
          areaPx: total,
          share: total / pixels,
          of: ofEach(total / pixels),
          meanAreaPx: mean,
          medianAreaPx: median,
          areaUm2: um2(total),
          meanAreaUm2: um2(mean),
          medianAreaUm2: um2(median),
          sizes: histogram(areas, pixelUm2),
        };
      });
    },
  };
}

const BINS = 10;

/** @param areas in rising order, in level-0 pixels */
function histogram(areas: Float64Array, pixelUm2: number | undefined): SizeHistogram | null {
  if (areas.length === 0) return null;
  const size = pixelUm2 ?? 1;
  // Edges are rounded to six significant digits, so that an area exactly on an edge falls into the bin above it.
  const edgeAt = (bin: number): number => Number((10 ** (bin / BINS)).toPrecision(6));
  const binOf = (area: number): number => {
    const bin = Math.floor(BINS * Math.log10(area * size));
    return area * size >= edgeAt(bin + 1) ? bin + 1 : area * size < edgeAt(bin) ? bin - 1 : bin;
  };
  const first = binOf(areas[0]!);
  const last = binOf(areas[areas.length - 1]!);
  const counts = new Array<number>(last - first + 1).fill(0);
  for (const area of areas) counts[binOf(area) - first]!++;
  const edges = Array.from({ length: counts.length + 1 }, (_, i) => edgeAt(first + i));
  return { unit: pixelUm2 === undefined ? 'px' : 'um2', edges, counts };
}
