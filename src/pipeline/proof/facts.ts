import { addDifference, DIFFERENCE_UNIT, noDifference, type ScoreDifference } from '../../stitch/difference.js';

/** What was found where a sample was run the dense way, too. Counts of shards can be added. */
export interface ProofCount extends ScoreDifference {
  /** Squares of the sample, and the windows that the dense way needed for them. */
  readonly squares: number;
  readonly windows: number;
}

/** The entry of a record on a sample that was also run the dense way. */
export interface ProofFacts {
  readonly squares: number;
  readonly windows: number;
  /** Pixels of the working image that were compared, before any clean-up. */
  readonly pixels: number;
  /** The number of pixels whose label differs, and their share. */
  readonly labelsDiffer: number;
  readonly labelShare: number;
  /** Mean and largest difference in probability, over pixels and channels. */
  readonly mean: number;
  readonly largest: number;
  /** What to do if more than {@link MOST_LABELS} of the labels differ; null if not. */
  readonly warning: string | null;
}

/** The share of labels that may differ without a warning. */
const MOST_LABELS = 1e-3;

/** No sample. */
export const noProof: ProofCount = { squares: 0, windows: 0, ...noDifference };

/** The findings of two samples together. */
export function addProof(a: ProofCount, b: ProofCount): ProofCount {
  return { squares: a.squares + b.squares, windows: a.windows + b.windows, ...addDifference(a, b) };
}

/**
 * The record entry of a proof.
 *
 * @param advice the setting with which fewer labels would differ, as the end of a sentence
 */
export function proofFacts(count: ProofCount, advice: string): ProofFacts {
  const { squares, windows, pixels, labels, probabilities, sum, largest } = count;
  const labelShare = pixels === 0 ? 0 : labels / pixels;
  return {
    squares,
    windows,
    pixels,
    labelsDiffer: labels,
    labelShare: Number(labelShare.toPrecision(6)),
    mean: probabilities === 0 ? 0 : Number(((sum * DIFFERENCE_UNIT) / probabilities).toPrecision(6)),
    largest: Number((largest * DIFFERENCE_UNIT).toPrecision(6)),
    warning:
      labelShare > MOST_LABELS
        ? `${Number((100 * labelShare).toPrecision(2))} % of the labels of a sample differ from those of windows that overlap by half; ${advice}`
        : null,
  };
}
