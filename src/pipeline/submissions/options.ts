import { SegtileError } from '../../errors.js';
import type { RunOrder } from '../../plan/labels/runs/label-runs.js';
import type { MaskClass, Size } from '../../types.js';

/** The options that ask for a submission to a contest and set its form. */
export interface SubmissionOptions {
  /**
   * The file to which the rows of each slide are added: `.csv` in the form of HuBMAP, or `.json` in the form of COCO
   * results.
   */
  readonly submission?: string | undefined;
  /** Whether a CSV has one row per slide, with all classes as one, or a row for each of its classes. */
  readonly submissionIds?: 'slide' | 'class' | undefined;
  /** The pixel order of the runs in a CSV. */
  readonly rle?: RunOrder | undefined;
}

/** The entry of a record on a submission. */
export interface SubmissionFacts {
  /** The file with the rows of this slide alone. */
  readonly path: string;
  /** The file to which they were added. */
  readonly file: string;
  readonly ids: readonly string[];
}

/** The form of a submission, by the ending of its name. The options accept only these endings. */
export function submissionForm({ submission }: SubmissionOptions): 'csv' | 'coco' | undefined {
  if (submission === undefined) return undefined;
  return /\.csv$/i.test(submission) ? 'csv' : 'coco';
}

/**
 * Checks the options as far as possible without a slide.
 *
 * @throws {SegtileError} `usage` for another ending, and for options that only apply to a CSV
 */
export function requireSubmission({ submission, submissionIds, rle }: SubmissionOptions): void {
  const given = [submissionIds && '--submission-ids', rle && '--rle'].filter((flag) => flag !== undefined);
  if (submission === undefined) {
    if (given.length === 0) return;
    throw new SegtileError('usage', `${given[0]} is given without --submission`, 'name the file with --submission sub.csv');
  }
  if (!/[^/\\]\.(csv|json)$/i.test(submission))
    throw new SegtileError(
      'usage',
      `expected a name that ends in .csv or .json for --submission but got ${submission}`,
      '.csv gives id,predicted as HuBMAP has it, .json the results of COCO',
    );
  if (submissionForm({ submission }) === 'coco' && given.length > 0)
    throw new SegtileError(
      'usage',
      `${given[0]} is for a submission that ends in .csv, but it is ${submission}`,
      "leave it out: COCO's results have an entry for each object, with runs down the columns",
    );
}

/**
 * Checks that the mask has the size of the slide, because contests count the pixels of the slide.
 *
 * @throws {SegtileError} `usage` if the mask has another size than level 0
 */
export function requireFullSize(mask: Size, slide: Size): void {
  if (mask.width === slide.width && mask.height === slide.height) return;
  throw new SegtileError(
    'usage',
    `--submission counts the pixels of level 0, ${slide.width} × ${slide.height}, but the mask has ${mask.width} × ${mask.height}`,
    'make the mask without --output-mpp',
  );
}

/**
 * The rows of a slide in a CSV: the id and the labels of each.
 *
 * @throws {SegtileError} `usage` if there are several classes and no option says how to write them
 */
export function submissionRows(
  slide: string,
  classes: readonly MaskClass[],
  { submissionIds }: SubmissionOptions,
): { readonly id: string; readonly labels: readonly number[] }[] {
  const each = submissionIds ?? (classes.length === 1 ? 'slide' : undefined);
  if (each === undefined)
    throw new SegtileError(
      'usage',
      `the mask has ${classes.length} classes, and --submission does not say how they become rows`,
      '--submission-ids class gives a row for each, slide one row for all',
    );
  if (each === 'slide') return [{ id: slide, labels: classes.map(({ label }) => label) }];
  return classes.map(({ name, label }) => ({ id: `${slide}_${name}`, labels: [label] }));
}
