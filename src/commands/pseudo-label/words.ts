import type { RunFiles } from '../../pipeline/outputs/files.js';
import type { PseudoLabelRecord } from '../../pipeline/probabilities/pseudo-label.js';
import { count, duration, pairs, percent } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { writtenText } from '../running/written.js';

/** How much of a slide's predictions was kept, and the files that were written, for people. */
export function pseudoLabelText(record: PseudoLabelRecord, files: RunFiles, style: Style): string {
  const { settings, kept, keptShare, unseenShare, cleaned, seconds } = record;
  const { confidence, background, ignore } = settings;
  const level = background === null ? `${confidence}` : `${confidence} and ${background}`;
  const each = kept.map(({ name, share }) => `${name} ${share === null ? 'none predicted' : percent(share)}`);
  const unseen = unseenShare > 0 ? `, no window looked at ${percent(unseenShare)}` : '';
  return `${pairs([
    ['kept', `${each.join(', ')} of what is predicted, at ${level}`],
    ['labels', `${percent(keptShare)} of the slide; the rest is ${ignore}${unseen}`],
    ...(cleaned
      ? ([['cleaned', `${count(cleaned.objects)} regions too small to be sure, ${count(cleaned.holes)} gaps filled`]] as const)
      : []),
    ['took', duration(seconds.total ?? 0)],
    ...writtenText(record, files, style),
  ])}\n`;
}
