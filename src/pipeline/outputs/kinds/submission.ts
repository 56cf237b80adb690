import { writeRleCsv } from '../../../mask/rle-csv.js';
import type { Keep } from '../../records/files-and-record.js';
import {
  requireFullSize,
  type SubmissionFacts,
  type SubmissionOptions,
  submissionForm,
  submissionRows,
} from '../../submissions/options.js';
import type { Making, OutputFile, Result } from '../output.js';

/** The file with the rows of this slide, before they are added to the rows of other slides. */
export function submissionOutput(stem: string, options: SubmissionOptions): OutputFile[] {
  return [{ title: 'submission', path: ownSubmission(stem, options) }];
}

/** The file with the rows of one slide. */
export function ownSubmission(stem: string, options: SubmissionOptions): string {
  return `${stem}.${submissionForm(options) === 'csv' ? 'csv' : 'json'}`;
}

/**
 * Writes the runs of the labels of the mask as CSV rows. COCO results are one of the files of objects and are written
 * with these.
 */
export async function makeSubmission(
  stem: string,
  { name, size, slide, classes, replace }: Pick<Result, 'name' | 'size' | 'slide' | 'classes' | 'replace'>,
  options: SubmissionOptions,
  keep: Keep,
): Promise<Making<SubmissionFacts>> {
  const path = ownSubmission(stem, options);
  const file = options.submission!;
  requireFullSize(size, slide);
  if (submissionForm(options) === 'coco') return { facts: async () => ({ path, file, ids: [name] }) };
  const rows = submissionRows(name, classes, options);
  const labels = keep(path, await writeRleCsv(path, { size, rows, column: 'predicted', order: options.rle, replace }));
  return { labels, facts: async () => ({ path, file, ids: rows.map(({ id }) => id) }) };
}
