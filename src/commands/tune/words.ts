import type { Model } from '../../model/card/model.js';
import { type Perception, suretyOf } from '../../pipeline/perception/perceive.js';
import type { LaidWindows } from '../../pipeline/perception/windows-for.js';
import { count, figure, pairs, percent } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';

/** The width of the longest bar of the curve, in characters. */
const LONGEST_BAR = 40;

/** The measurements of a network and the suggested windows, for people. */
export function tuneText(
  model: Model,
  perception: Perception,
  windows: readonly LaidWindows[],
  written: string | undefined,
  style: Style,
): string {
  const { window, reach, phase, margin, flips } = perception;
  const size = `windows of ${count(window.width)} × ${count(window.height)} px`;
  const [best, ...others] = windows;
  const lines = pairs([
    [
      'reach',
      reach === null
        ? `the whole window: a change in the middle of ${size} changes scores up to their border`
        : `${reach} px: pixels farther away change no score by a single bit`,
    ],
    [
      'phase',
      phase === null
        ? 'none: scores change with every shift of the window by up to 64 px'
        : `${phase} px: windows whose distance is a multiple of it give the same scores`,
    ],
    ['margin', marginText(perception)],
    ...(best === undefined
      ? [['windows', 'as they are: they overlap as usual, and keep the size that the model was trained with'] as const]
      : [['windows', laidText(best)] as const, ...others.map((each) => ['', laidText(each)] as const)]),
    ...(written === undefined ? [] : [['written', style.good(written)] as const]),
  ]);
  return `${style.strong(model.name)}\n${lines}\n${flips.length === 0 ? '' : curve(flips, margin)}`;
}

function marginText(perception: Perception): string {
  const { reach, phase, margin, flips, isTelling } = perception;
  if (margin === null && phase !== null && !isTelling)
    return 'unknown: nearly all labels are of one kind, which tells nothing; name a slide on which the model finds something';
  if (margin === null) return 'none is enough: labels differ at every distance from the border';
  const why = flips.length === 0 ? `it is beyond the reach of ${reach} px, so ` : '';
  return `${margin} px are enough: ${why}${suretyOf(perception)}`;
}

function laidText({ window, stride, margin, runs, milliseconds }: LaidWindows): string {
  const cost = milliseconds === undefined ? '' : `, ${figure(milliseconds)} ms a megapixel here`;
  return `${count(window.width)} px, margin ${margin}, stride ${count(stride.width)}: ${runs.toFixed(2)} network runs a pixel instead of 4${cost}`;
}

/** A bar chart of the share of labels that differ between two windows over the same place, by the margin that is removed. */
function curve(flips: Perception['flips'], margin: number | null): string {
  const most = Math.max(...flips.map(([, share]) => share), 1e-9);
  const rows = flips.filter(([at]) => at % 16 === 0);
  const lines = rows.map(([at, share]) => {
    const bar = '#'.repeat(Math.round((share / most) * LONGEST_BAR));
    return `  ${String(at).padStart(4)} px  ${percent(share).padStart(12)}  ${bar}${at === margin ? ' <' : ''}`.trimEnd();
  });
  return `  labels that differ between two windows of one place, by margin:\n${lines.join('\n')}\n`;
}
