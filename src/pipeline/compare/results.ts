import { bestValue, paretoFront } from '../../score/pareto.js';
import { duration } from '../../terminal/format.js';
import type { VariantResult } from './compare-slides.js';
import type { SharedTime } from './thresholds.js';
import type { VariantOptions } from './variants.js';

/** The figures of one variant. */
export interface VariantFacts {
  readonly variant: string;
  /** The options in which this variant differs from the shared options. */
  readonly options: { readonly [name: string]: unknown };
  /** Longer side, in px, to which the whole slide was shrunk; null if it was tiled. */
  readonly resize: number | null;
  /** True if no other variant is both better and faster. */
  readonly front: boolean;
  /** Means over classes, from the pixels of all slides together. */
  readonly dice: number;
  readonly iou: number;
  readonly boundaryF: number;
  readonly classes: readonly {
    readonly name: string;
    readonly dice: number;
    readonly iou: number;
    readonly boundaryF: number;
  }[];
  /** Means over slides. */
  readonly seconds: number;
  readonly windows: { readonly run: number; readonly skipped: number };
  readonly megapixelsPerSecond: number;
  /** The maximum over all slides. */
  readonly peakRssBytes: number;
  /** Seconds of each stage, for each slide. */
  readonly stages: readonly Readonly<Record<string, number>>[];
  /**
   * For each slide: the seconds of the inference that several variants share, and the seconds for this variant alone;
   * null if nothing was shared.
   */
  readonly shared: readonly (SharedTime | null)[];
  readonly slides: readonly { readonly path: string; readonly notes: readonly string[] }[];
}

/** The result of a comparison: the content of `compare.json`. */
export interface ComparisonRecord {
  /** One or two sentences: which variant to use. */
  readonly recommendation: string;
  readonly variants: readonly VariantFacts[];
}

/**
 * The record of a comparison.
 *
 * @param results at least one
 */
export function comparisonRecord(results: readonly VariantResult[]): ComparisonRecord {
  const front = frontOf(results);
  return { recommendation: recommendation(results), variants: results.map((result, i) => variantFacts(result, front[i]!)) };
}

/** How much Dice below the best the recommended variant may have, in exchange for speed. */
const TOLERANCE = 0.005;

/** The figures of one variant, for programs. */
function variantFacts(
  { variant, evaluation, seconds, windows, megapixelsPerSecond, peakRssBytes, runs }: VariantResult,
  front: boolean,
): VariantFacts {
  const { pooled } = evaluation;
  return {
    variant: variant.name,
    options: plainOptions(variant.options),
    resize: variant.resize ?? null,
    front,
    dice: pooled.macro.dice,
    iou: pooled.macro.iou,
    boundaryF: pooled.boundaryF,
    classes: pooled.classes.map(({ name, dice, iou, boundary }) => ({ name, dice, iou, boundaryF: boundary.f })),
    seconds,
    windows,
    megapixelsPerSecond,
    peakRssBytes,
    stages: runs.map(({ record }) => record.seconds),
    // The seconds of the inference that several variants share, and the seconds for this variant alone; null if nothing
    // was shared.
    shared: runs.map((run) => run.shared ?? null),
    slides: runs.map(({ record: { slide } }) => ({ path: slide.path, notes: slide.notes })),
  };
}

/** Options in a form that JSON can hold. */
function plainOptions(options: VariantOptions): VariantFacts['options'] {
  const plain = (value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : value);
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, plain(value)]));
}

/** For each result: whether it is on the Pareto front of mean Dice and seconds. */
function frontOf(results: readonly VariantResult[]): boolean[] {
  return paretoFront(worths(results));
}

function worths(results: readonly VariantResult[]): { quality: number; seconds: number }[] {
  return results.map(({ evaluation, seconds }) => ({ quality: evaluation.pooled.macro.dice, seconds }));
}

/** One or two sentences: which variant to use, and what shrinking the slide costs. */
function recommendation(results: readonly VariantResult[]): string {
  const all = worths(results);
  const chosen = bestValue(all, TOLERANCE);
  const best = all.reduce((found, { quality }, i) => (quality > all[found]!.quality ? i : found), 0);
  const said = (i: number): string =>
    `${results[i]!.variant.name} (Dice ${all[i]!.quality.toFixed(3)}, ${duration(all[i]!.seconds)})`;
  const first =
    chosen === best
      ? `Use ${said(chosen)}: nothing else is better.`
      : `Use ${said(chosen)}: ${said(best)} is best, but gains only ${(all[best]!.quality - all[chosen]!.quality).toFixed(3)}.`;
  return [first, shrinking(results)].filter((each) => each !== undefined).join(' ');
}

function shrinking(results: readonly VariantResult[]): string | undefined {
  const shrunk = results.filter(({ variant }) => variant.resize !== undefined);
  const tiled = results.filter(({ variant }) => variant.resize === undefined);
  if (shrunk.length === 0 || tiled.length === 0) return undefined;
  const best = (of: readonly VariantResult[]): VariantResult =>
    of.reduce((a, b) => (b.evaluation.pooled.macro.dice > a.evaluation.pooled.macro.dice ? b : a));
  const [small, whole] = [best(shrunk), best(tiled)];
  const gaps = whole.evaluation.pooled.classes.map(({ name, dice }, i) => ({
    name,
    gap: dice - small.evaluation.pooled.classes[i]!.dice,
  }));
  const worst = gaps.reduce((a, b) => (b.gap > a.gap ? b : a));
  const difference = whole.evaluation.pooled.macro.dice - small.evaluation.pooled.macro.dice;
  const verb = difference > 0 ? 'loses' : 'gains';
  return `Shrinking the slide (${small.variant.name}) ${verb} ${Math.abs(difference).toFixed(3)} of Dice against the best tiling, most on ${worst.name} (${worst.gap.toFixed(3)}).`;
}
