import { IGNORED } from '../plan/labels/ignored.js';

/**
 * A confusion matrix in pixels: `counts[truth * slots + predicted]`. Slot 0 is background, slot `i` is the `i`-th
 * class. Matrices of pieces can be added, so that masks of any size are compared a few rows at a time.
 */
export interface Confusion {
  readonly slots: number;
  readonly counts: Float64Array;
  /** Pixels that are ignored in the truth. */
  ignored: number;
}

/** The entry in a table of slots for a label that belongs to no class. */
const NO_SLOT = 255;

/** A confusion matrix of zeros. */
export function emptyConfusion(classes: number): Confusion {
  const slots = classes + 1;
  return { slots, counts: new Float64Array(slots * slots), ignored: 0 };
}

/** The slot of each label 0 to 255, for classes with these labels (1 to 254). */
export function slotTable(labels: readonly number[]): Uint8Array {
  const table = new Uint8Array(256).fill(NO_SLOT);
  table[0] = 0;
  labels.forEach((label, i) => {
    table[label] = i + 1;
  });
  return table;
}

/**
 * Counts pixels, in place. A pixel with 255 in the truth is ignored, whatever was predicted.
 *
 * @param table see {@link slotTable}
 * @param predicted as many labels as `truth`
 * @returns the index of the first pixel with a label that belongs to no class, at which counting stopped; undefined
 *   if there is none
 */
export function addLabels(
  confusion: Confusion,
  table: Uint8Array,
  truth: Uint8Array,
  predicted: Uint8Array,
): number | undefined {
  const { slots, counts } = confusion;
  for (let i = 0; i < truth.length; i++) {
    const label = truth[i]!;
    if (label === IGNORED) {
      confusion.ignored++;
      continue;
    }
    const is = table[label]!;
    const takenFor = table[predicted[i]!]!;
    if (is === NO_SLOT || takenFor === NO_SLOT) return i;
    counts[is * slots + takenFor]!++;
  }
  return undefined;
}

/** Adds a confusion matrix of the same classes to another one, in place. */
export function addConfusion(to: Confusion, more: Confusion): void {
  for (let i = 0; i < to.counts.length; i++) to.counts[i]! += more.counts[i]!;
  to.ignored += more.ignored;
}

/** Areas of one class, in pixels. */
export interface Areas {
  readonly truth: number;
  readonly predicted: number;
  /** The area in which both truth and prediction have the class. */
  readonly both: number;
}

/** The areas of the class in a slot. */
export function areasOf({ slots, counts }: Confusion, slot: number): Areas {
  let [truth, predicted] = [0, 0];
  for (let other = 0; other < slots; other++) {
    truth += counts[slot * slots + other]!;
    predicted += counts[other * slots + slot]!;
  }
  return { truth, predicted, both: counts[slot * slots + slot]! };
}

/** Intersection over union, 0 to 1; 1 if the class is in neither. */
export function iou({ truth, predicted, both }: Areas): number {
  const union = truth + predicted - both;
  return union === 0 ? 1 : both / union;
}

/** The number of counted pixels, and the number of those in which truth and prediction differ. */
export function countedPixels({ slots, counts }: Confusion): { readonly counted: number; readonly wrong: number } {
  let [counted, right] = [0, 0];
  for (let i = 0; i < counts.length; i++) counted += counts[i]!;
  for (let slot = 0; slot < slots; slot++) right += counts[slot * slots + slot]!;
  return { counted, wrong: counted - right };
}
