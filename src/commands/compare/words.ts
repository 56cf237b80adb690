import type { VariantFailure, VariantResult } from '../../pipeline/compare/compare-slides.js';
import { bestValue, paretoFront } from '../../score/pareto.js';
import { bytes, count, duration } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { table } from '../../terminal/table.js';

/** How much of the best Dice may be given up for speed, when one variant is to be named. */
const TOLERANCE = 0.005;

/** One variant in figures, for programs. */
export function variantFacts(
  { variant, evaluation, seconds, windows, megapixelsPerSecond, peakRssBytes, runs }: VariantResult,
  front: boolean,
): object {
  const { pooled } = evaluation;
  return {
    variant: variant.name,
    options: variant.options,
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
    // Seconds of the inference that several variants share, and of what was done for this one alone; null where nothing was shared.
    shared: runs.map((run) => run.shared ?? null),
    slides: runs.map(({ record: { slide } }) => ({ path: slide.path, notes: slide.notes })),
  };
}

/** Which results are on the Pareto front of mean Dice and seconds. */
export function frontOf(results: readonly VariantResult[]): boolean[] {
  return paretoFront(worths(results));
}

function worths(results: readonly VariantResult[]): { quality: number; seconds: number }[] {
  return results.map(({ evaluation, seconds }) => ({ quality: evaluation.pooled.macro.dice, seconds }));
}

/** All variants in a table, what failed, and what to use. */
export function compareText(results: readonly VariantResult[], failures: readonly VariantFailure[], style: Style): string {
  if (results.length === 0) return '';
  const front = frontOf(results);
  const names = results[0]!.evaluation.classes.map(({ name }) => name);
  const rows = results.map(({ variant, evaluation, seconds, windows, megapixelsPerSecond, peakRssBytes }, i) => [
    `${front[i] ? '*' : ' '} ${variant.name}`,
    ...evaluation.pooled.classes.map(({ dice }) => dice.toFixed(3)),
    evaluation.pooled.macro.dice.toFixed(3),
    evaluation.pooled.macro.iou.toFixed(3),
    evaluation.pooled.boundaryF.toFixed(3),
    count(windows.run),
    count(windows.skipped),
    duration(seconds),
    megapixelsPerSecond.toFixed(1),
    bytes(peakRssBytes),
  ]);
  const head = [
    '  variant',
    ...names.map((name) => `Dice ${name}`),
    'mean',
    'IoU',
    'boundary F',
    'run',
    'skipped',
    'took',
    'MPix/s',
    'memory',
  ];
  const shared = sharedText(results);
  const failed = failures.length === 0 ? '' : `  ${failures.length} runs failed\n`;
  return `${table([head, ...rows], 1)}\n  * on the front: no other variant is both better and faster\n${shared}${failed}${style.strong(recommendation(results))}\n`;
}

/** How time is counted where variants that differ in their thresholds alone were made of one inference. */
function sharedText(results: readonly VariantResult[]): string {
  const shared = results.filter(({ runs }) => runs.some((run) => run.shared));
  if (shared.length === 0) return '';
  const own = shared.flatMap(({ runs }) => runs.flatMap((run) => (run.shared ? [run.shared.own] : [])));
  const mean = own.reduce((sum, seconds) => sum + seconds, 0) / own.length;
  return `  ${shared.length} variants differ in their threshold alone and share an inference: each took the time of that, and ${duration(mean)} of its own\n`;
}

/** One sentence or two: what to use, and what shrinking costs. */
export function recommendation(results: readonly VariantResult[]): string {
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
