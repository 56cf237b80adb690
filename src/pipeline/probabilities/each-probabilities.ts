import { openProbabilities, type Probabilities } from '../../slide/probabilities.js';
import { eachFile, type FilesDone } from '../each-file.js';
import { identities, makeFolder, refuseClashes } from '../outputs/clashes.js';
import { filesOf, pathsOf, type RunFiles } from '../outputs/files.js';
import { requireObjects, wantsObjects } from '../outputs/objects.js';
import type { ResultFacts } from '../outputs/table.js';
import { summarizeResults } from '../records/object-summary.js';
import { createStageClock, type StageClock } from '../records/stage-clock.js';
import type { SlideRequest } from '../slides/request.js';
import { requireSubmission } from '../submissions/options.js';
import { addSubmission, checkSubmission } from '../submissions/shared-file.js';
import type { ProbabilityRunOptions } from './options.js';

/** Is told what happens to files of probabilities, one after the other. */
export interface ProbabilityWatcher<Record> {
  /** A file that is open, before anything is made of it. */
  readonly opened?: ((probabilities: Probabilities) => void) | undefined;
  /** How many of its rows are done. */
  readonly rows?: ((probabilities: Probabilities, done: number) => void) | undefined;
  /** A file that is done: its record, as it was written, and what was made. */
  readonly done?: ((record: Record, probabilities: Probabilities, files: RunFiles) => void) | undefined;
  readonly failed?: ((path: string, error: unknown) => void) | undefined;
}

/** What is done with each file of probabilities. */
export interface ProbabilityWork<Settings, Record> {
  /** Ending of the mask, where it has another than that of a run; see {@link filesOf}. */
  readonly maskEnding?: string;
  /** Other files that are read. */
  readonly inputs: readonly string[];
  /** How the mask of a file is made. Throws what is wrong with that before anything is written. */
  settings(probabilities: Probabilities, files: RunFiles): Settings | Promise<Settings>;
  run(
    probabilities: Probabilities,
    settings: Settings,
    files: RunFiles,
    clock: StageClock,
    onRows: (done: number) => void,
    signal: AbortSignal,
  ): Promise<Record>;
}

/**
 * Makes a mask and a record of each file of probabilities. One that fails does not stop the others.
 *
 * @throws {SegtileError} `usage` for a submission that cannot be, `input` where a file that is read cannot be found
 */
export async function eachProbabilities<Settings, Record extends ResultFacts>(
  requests: readonly SlideRequest[],
  options: ProbabilityRunOptions,
  watcher: ProbabilityWatcher<Record>,
  signal: AbortSignal,
  work: ProbabilityWork<Settings, Record>,
): Promise<FilesDone> {
  const { overwrite = false } = options;
  requireSubmission(options);
  requireObjects(options);
  const outputs = filesOf(requests, options.output, options, work.maskEnding);
  const inputs = await identities([...requests.map(({ path }) => path), ...work.inputs]);
  const ended = await eachFile(requests, { failed: watcher.failed, signal }, async (path, index) => {
    const clock = createStageClock();
    const files = outputs[index]!;
    if (files.clash !== undefined) throw files.clash;
    await refuseClashes(inputs, pathsOf(files), overwrite);
    const probabilities = await clock.wait('open', openProbabilities(path, signal));
    try {
      const settings = await work.settings(probabilities, files);
      await checkSubmission(options, files.name, probabilities.map.classes, overwrite);
      await makeFolder(files.record);
      watcher.opened?.(probabilities);
      const onRows = (done: number): void => watcher.rows?.(probabilities, done);
      onRows(0);
      const record = await work.run(probabilities, settings, files, clock, onRows, signal);
      await addSubmission(record.submission, overwrite);
      watcher.done?.(record, probabilities, files);
    } finally {
      await probabilities.close();
    }
    return 'done';
  });
  if (wantsObjects(options) && ended.outcomes.includes('done')) await summarizeResults(options.output);
  return ended;
}
