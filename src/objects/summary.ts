import type { MaskClass } from '../types.js';
import type { MeasuredObject } from './measured.js';

/** The objects of one class in numbers. */
export interface ClassSummary {
  readonly name: string;
  readonly count: number;
  /** Of all objects, in level-0 pixels, and its share of the slide. */
  readonly areaPx: number;
  readonly share: number;
  /** Of one object, in level-0 pixels; null where there is none. */
  readonly meanAreaPx: number | null;
  readonly medianAreaPx: number | null;
  /** The same in square micrometres; null where the size of a pixel is not known. */
  readonly areaUm2: number | null;
  readonly meanAreaUm2: number | null;
  readonly medianAreaUm2: number | null;
}

/** Sums objects up by class, in eight bytes an object. */
export interface Summary {
  add(object: MeasuredObject): void;
  /** One for each class, in their order. */
  classes(): ClassSummary[];
}

/**
 * @param pixels level-0 pixels of the slide
 * @param pixelUm2 area of one of them in square micrometres, where it is known
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
    classes: () =>
      classes.map(({ label, name }) => {
        const one = byLabel.get(label)!;
        const areas = one.areas.slice(0, one.count).sort();
        const total = areas.reduce((sum, area) => sum + area, 0);
        const mean = one.count === 0 ? null : total / one.count;
        const median = one.count === 0 ? null : (areas[(one.count - 1) >> 1]! + areas[one.count >> 1]!) / 2;
        const um2 = (px: number | null): number | null => (px === null || pixelUm2 === undefined ? null : px * pixelUm2);
        return {
          name,
          count: one.count,
          areaPx: total,
          share: total / pixels,
          meanAreaPx: mean,
          medianAreaPx: median,
          areaUm2: um2(total),
          meanAreaUm2: um2(mean),
          medianAreaUm2: um2(median),
        };
      }),
  };
}
