import type { PseudoLabelRecord } from '../../pipeline/probabilities/pseudo-label.js';
import { count, duration, pairs, percent } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';

/** What was kept of a slide's predictions, and where it is. */
export function pseudoLabelText(record: PseudoLabelRecord, recordPath: string, style: Style): string {
  const { settings, kept, keptShare, unseenShare, mask, seconds } = record;
  const each = kept.map(({ name, share }) => `${name} ${share === null ? 'none predicted' : percent(share)}`);
  const unseen = unseenShare > 0 ? `, no window looked at ${percent(unseenShare)}` : '';
  return `${pairs([
    ['kept', `${each.join(', ')} of what is predicted, at ${settings.confidence}`],
    ['labels', `${percent(keptShare)} of the slide; the rest is ${settings.ignore}${unseen}`],
    ['took', duration(seconds.total ?? 0)],
    ['mask', `${style.good(mask.path)} (${count(mask.width)} x ${count(mask.height)} px)`],
    ['record', style.good(recordPath)],
  ])}\n`;
}
