import type { VariantFailure, VariantResult } from '../../pipeline/compare/compare-slides.js';
import type { ComparisonRecord } from '../../pipeline/compare/results.js';
import { bytes, count, duration } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { table } from '../../terminal/table.js';

/** The result for people: a table of all variants, the number of failed runs, and the recommendation. */
export function compareText(
  results: readonly VariantResult[],
  failures: readonly VariantFailure[],
  { recommendation, variants }: ComparisonRecord,
  style: Style,
): string {
  const names = results[0]!.evaluation.classes.map(({ name }) => name);
  const rows = results.map(({ variant, evaluation, seconds, windows, megapixelsPerSecond, peakRssBytes }, i) => [
    `${variants[i]!.front ? '*' : ' '} ${variant.name}`,
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
  return `${table([head, ...rows], 1)}\n  * on the front: no other variant is both better and faster\n${shared}${failed}${style.strong(recommendation)}\n`;
}

/** Explains the times of variants that differ only in their thresholds and share one inference; empty if there are none. */
function sharedText(results: readonly VariantResult[]): string {
  const shared = results.filter(({ runs }) => runs.some((run) => run.shared));
  if (shared.length === 0) return '';
  const own = shared.flatMap(({ runs }) => runs.flatMap((run) => (run.shared ? [run.shared.own] : [])));
  const mean = own.reduce((sum, seconds) => sum + seconds, 0) / own.length;
  return `  ${shared.length} variants differ only in their threshold and share one run of the model: the time of each is that of this run and ${duration(mean)} more\n`;
}
