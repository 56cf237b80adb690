import type { Model } from '../../model/card/model.js';
import { countFlips, type FlipCounts, flippedBeyond, marginFor, noFlips } from '../../model/measured/reach.js';
import { openPool, type Pool } from '../../model/sessions/pool.js';
import { emptyLabelCount, type LabelCount, labelRows } from '../../plan/labels/labels.js';
import type { Size } from '../../types.js';
import { labelRule } from '../prepare/thresholds.js';
import { cutPicture, LARGEST_SHIFT, madeUpPictures, type TrialPicture } from './trial-pictures.js';

/** The share of labels that may differ at a margin that is narrower than the reach. */
const FLIPPED = 1e-4;

/** The least share of labels other than the commonest one with which labels tell how far borders are seen. */
const TELLING = 0.01;

/** How many pairs of windows are compared. */
export const PAIRS = 4;

/** Margins are multiples of this, in px. */
export const STEP = 8;

/** No margin is wider than this share of a window. */
export const MOST_MARGIN: number = 1 / 3;

/** What labels tell of a network. */
interface ComparedLabels {
  /** The smallest margin beyond which labels hardly differ; null if there is none, or if that cannot be told. */
  readonly margin: number | null;
  /** For each margin, the share of labels that differ. */
  readonly flips: readonly (readonly [margin: number, share: number])[];
  /** Whether there were labels of several kinds. Those of a network that finds nothing never differ, which tells nothing. */
  readonly isTelling: boolean;
}

/**
 * The margin beyond which the labels of two windows hardly differ, and the share of labels that differ for each margin.
 *
 * @param phase by multiples of which windows may be shifted; null if there is none, and then no margin is enough
 * @param pictures of a slide; if there are none, pictures are generated
 */
export async function compareLabels(
  model: Model,
  window: Size,
  phase: number | null,
  signal: AbortSignal,
  pictures: readonly TrialPicture[],
): Promise<ComparedLabels> {
  const pool = await openPool(model, { window, workers: 1, device: 'cpu', output: 'probabilities', signal });
  try {
    const shift = Math.max(phase ?? LARGEST_SHIFT, LARGEST_SHIFT);
    const labels = emptyLabelCount();
    const shown = pictures.length > 0 ? pictures : madeUpPictures(model, window);
    const counts = await flipsOfPairs(model, pool, window, shift, shown, labels);
    const side = Math.min(window.width, window.height);
    const flips: (readonly [number, number])[] = [];
    for (let margin = 0; margin <= side / 2; margin += STEP) {
      const share = flippedBeyond(counts, margin);
      if (share !== undefined) flips.push([margin, share]);
    }
    const isTelling = 1 - Math.max(...labels.perLabel) / labels.covered >= TELLING;
    const margin = phase === null || !isTelling ? undefined : marginFor(counts, FLIPPED);
    return { margin: margin !== undefined && margin <= side * MOST_MARGIN ? margin : null, flips, isTelling };
  } finally {
    await pool.close();
  }
}

/**
 * Compares the labels of pairs of windows. The second window of a pair is shifted by a multiple of the phase.
 *
 * @param labels to which the labels of all windows are added
 */
async function flipsOfPairs(
  model: Model,
  pool: Pool,
  window: Size,
  shift: number,
  pictures: readonly TrialPicture[],
  labels: LabelCount,
): Promise<FlipCounts> {
  const rule = labelRule(model, model.path, undefined);
  const { width, height } = window;
  const labelled = async (picture: TrialPicture, shift: number): Promise<Uint8Array> => {
    const data = await pool.run(cutPicture(picture, window, shift, model));
    const block = { x: 0, y: 0, width, height, classes: model.channels, data };
    return labelRows({ y: 0, height, blocks: [block] }, width, rule, labels).data;
  };
  const counts = noFlips(window);
  for (let pair = 0; pair < PAIRS; pair++) {
    const picture = pictures[pair % pictures.length]!;
    countFlips(counts, await labelled(picture, 0), await labelled(picture, shift), window, shift);
  }
  return counts;
}
