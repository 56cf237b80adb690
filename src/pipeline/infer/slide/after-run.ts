import { dirname, join } from 'node:path';
import { clearAbandoned } from '../../../io/alone.js';
import type { Truth } from '../../../truth/truth.js';
import { makeFolder } from '../../outputs/clashes.js';
import type { RunFiles } from '../../outputs/files.js';
import type { InferOptions } from '../../prepare/options.js';
import type { SlidePlan } from '../../prepare/plan-slide.js';
import { HISTORY } from '../../records/history.js';
import type { RunRecord } from '../../records/record.js';
import { isRemembered, rememberRun } from '../../records/run-history.js';
import type { StageClock } from '../../records/stage-clock.js';
import { removeLeft } from '../../resume/leftovers.js';
import { isMaskName } from '../../slides/request.js';
import { addSubmission } from '../../submissions/shared-file.js';
import { runSlide, type SlideJob, type StripSource } from './run-slide.js';

/** The run whose files are finished, and its options. */
export interface AfterRun {
  readonly options: InferOptions;
  readonly files: RunFiles;
}

/** Finishes the work of a run that was killed after it had written its record. */
export async function settle({ options, files }: AfterRun, record: RunRecord): Promise<void> {
  await addSubmission(record.submission, true);
  const history = historyOf(options);
  if (options.history !== false) {
    await clearAbandoned(history);
    if (!(await isRemembered(history, record))) await remember(history, record);
  }
  await removeLeft(files);
}

/** Turns strips into files and does everything that follows. */
export async function finished(
  { files, options, signal }: AfterRun & { readonly signal: AbortSignal },
  job: SlideJob,
  open: (region: Truth | undefined) => Promise<StripSource>,
  clock: StageClock,
): Promise<RunRecord> {
  const last = async (record: RunRecord, beforePlacing: () => Promise<void>): Promise<void> => {
    if (files.paths.report !== undefined) await report(files.paths.report, record, job.plan, files, beforePlacing);
  };
  const record = await runSlide(job, open, clock, last, signal);
  await addSubmission(record.submission, options.overwrite === true);
  if (options.history !== false) await remember(historyOf(options), record);
  await removeLeft(files);
  return record;
}

/** Loads the code that draws charts only if there is a report: loading it takes as long as loading everything else. */
async function report(
  path: string,
  record: RunRecord,
  plan: SlidePlan,
  { replace }: RunFiles,
  beforePlacing: () => Promise<void>,
): Promise<void> {
  const { writeInferReport } = await import('../report.js');
  await writeInferReport(path, record, plan, { replace }, beforePlacing);
}

/** The folder of the history may not exist if all results go elsewhere. */
async function remember(path: string, record: RunRecord): Promise<void> {
  await makeFolder(path);
  await rememberRun(path, record);
}

/** The path of the history: one for all slides, in the folder of results. */
function historyOf({ history, output }: InferOptions): string {
  return typeof history === 'string' ? history : join(isMaskName(output) ? dirname(output) : output, HISTORY);
}
