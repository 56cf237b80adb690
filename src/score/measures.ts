import { type Areas, areasOf, type Confusion, countedPixels, iou } from './confusion.js';

/** How well two areas agree; each measure is 0 to 1. */
export interface Agreement {
  /** `2 |X and Y| / (|X| + |Y|)`; 1 if the class is in neither. */
  readonly dice: number;
  /** `|X and Y| / |X or Y|`; 1 if the class is in neither. */
  readonly iou: number;
  /** Share of the predicted area that is right; undefined if nothing was predicted. */
  readonly precision: number | undefined;
  /** Share of the true area that was found; undefined if there is none. */
  readonly recall: number | undefined;
}

/** The measures of one class. */
export interface ClassMeasures extends Agreement {
  /** Pixels. */
  readonly areas: Areas;
}

/** The measures of a whole mask. Background is not a class and is not part of the means. */
export interface MaskMeasures {
  readonly classes: readonly ClassMeasures[];
  /**
   * Means over the classes; for precision and recall, over the classes for which they are defined. The mean IoU is
   * the mIoU.
   */
  readonly macro: Agreement;
  /** Measures of all classes together, from the sums of their areas. */
  readonly micro: Agreement;
  /** Share of all pixels, including background, with the right label; undefined if no pixel was compared. */
  readonly accuracy: number | undefined;
}

/** Dice of some areas; 1 if both are empty. */
export function dice({ truth, predicted, both }: Areas): number {
  return truth + predicted === 0 ? 1 : (2 * both) / (truth + predicted);
}

/** The measures of a confusion matrix. */
export function measure(confusion: Confusion): MaskMeasures {
  const areas = Array.from({ length: confusion.slots - 1 }, (_, i) => areasOf(confusion, i + 1));
  const classes = areas.map((each) => ({ ...agreement(each), areas: each }));
  const sum = areas.reduce(
    (a, b) => ({ truth: a.truth + b.truth, predicted: a.predicted + b.predicted, both: a.both + b.both }),
    { truth: 0, predicted: 0, both: 0 },
  );
  const { counted, wrong } = countedPixels(confusion);
  return {
    classes,
    macro: {
      dice: mean(classes.map((each) => each.dice))!,
      iou: mean(classes.map((each) => each.iou))!,
      precision: mean(classes.flatMap((each) => each.precision ?? [])),
      recall: mean(classes.flatMap((each) => each.recall ?? [])),
    },
    micro: agreement(sum),
    accuracy: counted === 0 ? undefined : (counted - wrong) / counted,
  };
}

function agreement(areas: Areas): Agreement {
  const { truth, predicted, both } = areas;
  return {
    dice: dice(areas),
    iou: iou(areas),
    precision: predicted === 0 ? undefined : both / predicted,
    recall: truth === 0 ? undefined : both / truth,
  };
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
