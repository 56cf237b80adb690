import { emptyLabelCount, type LabelRule, labelRows } from '../../plan/labels/labels.js';
import { probabilities, type Squash } from '../../plan/windows/squash.js';
import type { Crossing, Strip, WindowFacts } from '../../strip/strip.js';
import type { Truth } from '../../truth/truth.js';
import type { ScoreRows, Size, Span, SpanningSize } from '../../types.js';
import type { StageClock } from '../records/stage-clock.js';
import { regionRows, scoresWithin } from '../tissue/region.js';

/** How final scores become labels of the working image. */
export interface StripSettings {
  /** What is still to be applied to the scores: present where logits were blended. */
  readonly squash: Squash | undefined;
  readonly rule: LabelRule;
  /** Outside it nothing is said: labels are 0 and nothing is covered. Open; its view is 1 inside. */
  readonly region?: Truth | undefined;
}

/** What of a strip is wanted below it. */
export interface StripNeeds {
  /** Whether labels are made of scores at the size of the output, so that scores cross instead. */
  readonly finer: boolean;
  /** Whether scores are wanted beside the labels. */
  readonly scores: boolean;
}

/**
 * What is still above the seam once scores are final: they become probabilities, and nothing outside of the region of interest, and labels.
 *
 * @param scores of some columns of an image of this size, from top to bottom
 * @param across those columns
 * @param facts what is known of rows of windows by now; is emptied
 */
export async function* labelStrips(
  scores: AsyncIterable<ScoreRows>,
  size: SpanningSize,
  across: Span,
  { squash, rule, region }: StripSettings,
  needs: StripNeeds,
  clock: StageClock,
  facts: WindowFacts[] = [],
): AsyncGenerator<Crossing, void, undefined> {
  const inRegion = region && regionRows(region.view(size));
  try {
    for await (const rows of scores) {
      if (squash) clock.sync('label', () => probabilities(rows, squash));
      const mask = inRegion && (await inRegion.take(rows.y, rows.height));
      const seen = mask ? scoresWithin(rows, mask, size.width) : rows;
      const count = emptyLabelCount();
      yield* facts.splice(0);
      const strip: Strip = {
        kind: 'strip',
        y: rows.y,
        height: rows.height,
        labels: needs.finer ? undefined : clock.sync('label', () => labelRows(seen, across.length, rule, count, across.start)),
        scores: needs.finer || needs.scores ? seen : undefined,
        count,
        inside: mask ? inColumns(mask, size, across) : across.length * rows.height,
      };
      yield strip;
    }
  } finally {
    await inRegion?.close();
  }
}

/** How many pixels of some rows are inside, of some columns. */
function inColumns(mask: Uint8Array, { width }: Size, { start, length }: Span): number {
  let inside = 0;
  for (let from = start; from < mask.length; from += width) {
    for (let at = from; at < from + length; at++) inside += mask[at]!;
  }
  return inside;
}
