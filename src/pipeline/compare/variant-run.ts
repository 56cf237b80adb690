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

/** One variant on one slide, as it stands in `<slide>.result.json`. */
export interface VariantRun {
  /** Of all that the result depends on, see `compareKey`. */
  readonly key: string;
  readonly record: KnownRecord;
  /** Of the whole process. */
  readonly seconds: number;
  /** Where its scores were inferred for several variants at once, which part of its time that is. */
  readonly shared?: SharedTime | undefined;
  /** Of a mask: without histograms. */
  readonly scores: SlideScores;
}

/** Writes a result, whole or not at all. */
export async function writeVariantRun(path: string, run: VariantRun): Promise<void> {
  await writeWhole(path, (file) => file.append(new TextEncoder().encode(JSON.stringify(run))));
}

/**
 * A result that was written before with the same key, whose mask still stands. Undefined where there is none, or what is there is damaged or of another
 * version: it is made anew then.
 */
export async function readVariantRun(path: string, key: string): Promise<VariantRun | undefined> {
  const json = await readRegularText(path).catch(() => '');
  const run = readIfShape(json, variantRun);
  return run?.key === key && fits(run.scores) && existsSync(run.record.mask.path) ? run : undefined;
}

/** Whether all lists are as long as they say. */
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
