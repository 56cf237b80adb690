import { emptyLabelCount, type LabelRule, labelRows } from '../../plan/labels/labels.js';
import { probabilities, type Squash } from '../../plan/scores/squash.js';
import type { Crossing, Strip, WindowFacts } from '../../strip/strip.js';
import type { Truth } from '../../truth/truth.js';
import type { ScoreRows, Span, SpanningSize } from '../../types.js';
import type { StageClock } from '../records/stage-clock.js';
import { regionRows, scoresWithin } from '../tissue/region.js';

/** The settings that turn final scores into labels of the working image. */
export interface StripSettings {
  /** The function still to be applied to the scores; set if logits were blended. */
  readonly squash: Squash | undefined;
  readonly rule: LabelRule;
  /** The region of interest, open; its view is 1 inside. Outside it, labels are 0 and nothing counts as covered. */
  readonly region?: Truth | undefined;
  /** Changes probabilities as networks decided that judged windows; see `Gated`. */
  readonly settle?: ((rows: ScoreRows, across: Span) => ScoreRows) | undefined;
}

/** What the lower half of the pipeline needs of a strip. */
export interface StripNeeds {
  /** Whether labels are made from scores at the size of the output. Strips then have scores and no labels. */
  readonly finer: boolean;
  /** Whether scores are needed besides the labels. */
  readonly scores: boolean;
  /**
   * Whether labels are never changed, and are used no longer once the strip after the next one is asked for, so that
   * their memory may be reused.
   */
  readonly passing?: boolean | undefined;
}

/**
 * The last step of the upper half of the pipeline: turns final scores into strips. It makes probabilities of logits,
 * applies what other networks decided, removes scores outside the region of interest, and makes labels.
 *
 * @param scores of some columns of an image of this size, from top to bottom
 * @param across these columns
 * @param facts the facts on rows of windows that are known so far; they are yielded and the list is emptied
 */
export async function* labelStrips(
  scores: AsyncIterable<ScoreRows>,
  size: SpanningSize,
  across: Span,
  { squash, rule, region, settle }: StripSettings,
  needs: StripNeeds,
  clock: StageClock,
  facts: WindowFacts[] = [],
): AsyncGenerator<Crossing, void, undefined> {
  const inRegion = region && regionRows(region.view(size));
  try {
    for await (const rows of scores) {
      const mask = inRegion && (await inRegion.take(rows.y, rows.height));
      const strip = clock.sync('label', () => stripOf(rows, size.width, across, { squash, rule, needs }, mask, settle));
      yield* facts.splice(0);
      yield strip;
    }
  } finally {
    await inRegion?.close();
  }
}

/** How a strip is made from scores. Plain data, for any thread. */
export interface Labelling extends Pick<StripSettings, 'squash' | 'rule'> {
  readonly needs: StripNeeds;
}

/**
 * Turns final scores into a strip, which may use their memory.
 *
 * @param width of the image, in px
 * @param across the columns of the scores
 * @param mask 1 for each pixel of these rows of the whole image that is inside the region of interest, if there is one
 * @param settle see {@link StripSettings}
 */
function stripOf(
  rows: ScoreRows,
  width: number,
  across: Span,
  { squash, rule, needs }: Labelling,
  mask: Uint8Array | undefined,
  settle: StripSettings['settle'],
): Strip {
  const { y, height } = rows;
  const seen = seenScores(rows, width, across, { squash, settle }, mask);
  const count = emptyLabelCount();
  return {
    kind: 'strip',
    y,
    height,
    labels: needs.finer ? undefined : labelRows(seen, across.length, rule, count, across.start),
    scores: needs.finer || needs.scores ? seen : undefined,
    count,
    inside: pixelsInside(mask, width, across, height),
  };
}

/**
 * Final scores as probabilities, settled, and without those outside the region of interest. May use their memory.
 *
 * @param width of the image, in px
 * @param across the columns of the scores
 * @param mask 1 for each pixel of these rows of the whole image that is inside the region of interest, if there is one
 */
export function seenScores(
  rows: ScoreRows,
  width: number,
  across: Span,
  { squash, settle }: Pick<StripSettings, 'squash' | 'settle'>,
  mask: Uint8Array | undefined,
): ScoreRows {
  if (squash) probabilities(rows, squash);
  const settled = settle ? settle(rows, across) : rows;
  return mask ? scoresWithin(settled, mask, width) : settled;
}

/**
 * The number of pixels inside the region of interest, in some columns of some rows; all if there is none.
 *
 * @param mask of these rows of the whole image
 * @param width of the image, in px
 */
export function pixelsInside(mask: Uint8Array | undefined, width: number, { start, length }: Span, height: number): number {
  if (!mask) return length * height;
  let inside = 0;
  for (let from = start; from < mask.length; from += width) {
    for (let at = from; at < from + length; at++) inside += mask[at]!;
  }
  return inside;
}
