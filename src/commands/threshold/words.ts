import type { RunFiles } from '../../pipeline/outputs/files.js';
import type { ProbabilityFacts, ThresholdRecord } from '../../pipeline/probabilities/threshold.js';
import type { CleanedFacts } from '../../pipeline/records/record.js';
import type { LabelRule } from '../../plan/labels/labels.js';
import { channelNames, type ScoreMeaning } from '../../plan/scores/score-map.js';
import { bytes, count, duration, figure, pairs, percent } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { runObjectsText } from '../objects/words.js';
import { writtenText } from '../running/written.js';

/** Describes a file of probabilities. */
export function probabilitiesText({ path, samples, width, height, mpp }: ProbabilityFacts, style: Style): string {
  const size = mpp ? `, ${figure(mpp.x)} µm/px` : '';
  return `${style.strong(path)}: ${samples} probabilities, ${count(width)} × ${count(height)} px${size}\n`;
}

/** The result of a clean-up, as a row of a table; no row if there was no clean-up. */
export function cleanedText(cleaned: CleanedFacts | null): (readonly [string, string])[] {
  if (!cleaned) return [];
  const { objects, holes } = cleaned;
  const plural = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? '' : 's'}`;
  return [['cleaned', `${plural(objects, 'object')} removed, ${plural(holes, 'hole')} filled`]];
}

/** Says how scores became labels. */
export function ruleText(rule: LabelRule, meaning: ScoreMeaning): string {
  if (rule.kind === 'argmax') return 'the class with the largest probability';
  const names = channelNames(meaning);
  const each = rule.thresholds.flatMap((threshold, i) => (threshold === undefined ? [] : [`${names[i]} above ${threshold}`]));
  return each.join(', ');
}

/** The mask that was made from probabilities and the files that were written, for people. */
export function thresholdText(record: ThresholdRecord, rule: string, files: RunFiles, style: Style): string {
  const whole = record.settings.region === null ? 'the slide' : 'the region';
  const { coverage, classShares, cleaned, seconds, peakRssBytes } = record;
  return `${pairs([
    ['labels', rule],
    ...(coverage === null ? [] : [['covered', `${percent(coverage)} of ${whole}`] as const]),
    ['found', `${classShares.map(({ name, share }) => `${name} ${percent(share)}`).join(', ')} of ${whole}`],
    ...cleanedText(cleaned),
    ['took', `${duration(seconds.total ?? 0)}, at most ${bytes(peakRssBytes)} of memory`],
    ...writtenText(record, files, style),
  ])}\n${runObjectsText(record.objects)}`;
}
