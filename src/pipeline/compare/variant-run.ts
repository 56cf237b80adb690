import { existsSync } from 'node:fs';
import { writeWhole } from '../../io/partial-file.js';
import { readRegularText } from '../../io/regular-file.js';
import {
  amount,
  color,
  label,
  listOf,
  objectOf,
  optional,
  readIfShape,
  type Shape,
  shape,
  side,
  text,
  whole,
  words,
} from '../../plan/text/shape.js';
import type { BorderPixels } from '../../score/boundary.js';
import type { ErrorGrid } from '../../score/error-grid.js';
import type { ObjectCounts } from '../../score/objects.js';
import type { MaskClass } from '../../types.js';
import type { SlideScores } from '../evaluate/evaluate-mask.js';
import { type KnownRecord, knownRecord } from '../records/known-record.js';
import type { SharedTime } from './thresholds.js';

/** The result of a variant on a slide, as saved in `<slide>.result.json`. */
export interface VariantRun {
  /** Hash of everything that the result depends on, see `compareKey`. */
  readonly key: string;
  readonly record: KnownRecord;
  /** Seconds of the whole process. */
  readonly seconds: number;
  /** How its time is divided, if its scores were inferred for several variants at once. */
  readonly shared?: SharedTime | undefined;
  /** The scores of the mask, without histograms. */
  readonly scores: SlideScores;
}

/** Writes a result, whole or not at all. */
export async function writeVariantRun(path: string, run: VariantRun): Promise<void> {
  await writeWhole(path, (file) => file.append(new TextEncoder().encode(JSON.stringify(run))));
}

/**
 * Reads an earlier result with the same key, if its mask still exists. Gives undefined if there is no such result, or
 * if it is damaged or of another version; the variant is then run again.
 */
export async function readVariantRun(path: string, key: string): Promise<VariantRun | undefined> {
  const json = await readRegularText(path).catch(() => '');
  const run = readIfShape(json, variantRun);
  return run?.key === key && fits(run.scores) && existsSync(run.record.mask.path) ? run : undefined;
}

/** Whether all lists have the expected length. */
function fits({ classes, borders, objects, confusion, errors }: SlideScores): boolean {
  return (
    classes.length > 0 &&
    borders.length === classes.length &&
    objects.length === classes.length &&
    confusion.slots === classes.length + 1 &&
    confusion.counts.length === confusion.slots ** 2 &&
    (errors === undefined || errors.wrong.length === errors.columns * errors.rows)
  );
}

const scores: Shape<SlideScores> = objectOf<SlideScores>({
  predicted: text,
  truth: text,
  width: side,
  height: side,
  classes: listOf(objectOf<MaskClass>({ label, name: words, color })),
  labels: listOf(label, 256),
  confusion: objectOf<SlideScores['confusion']>({ slots: whole, counts: listOf(whole), ignored: whole }),
  borders: listOf(objectOf<BorderPixels>({ truth: whole, predicted: whole, found: whole, right: whole })),
  objects: listOf(objectOf<ObjectCounts>({ truth: whole, predicted: whole, matched: whole })),
  histograms: shape('nothing', (value) => value === undefined),
  errors: objectOf<ErrorGrid>({ width: side, height: side, side, columns: whole, rows: whole, wrong: listOf(whole) }),
  notes: listOf(words),
});

const shared = objectOf<SharedTime>({ inference: amount, own: amount });

const variantRun: Shape<VariantRun> = objectOf<VariantRun>({
  key: text,
  record: knownRecord,
  seconds: amount,
  shared: optional(shared),
  scores,
});
