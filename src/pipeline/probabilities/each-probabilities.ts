import { openProbabilities, type Probabilities } from '../../slide/probabilities.js';
import { eachFile, type FilesDone } from '../each-file.js';
import { identities, makeFolder, refuseClashes } from '../outputs/clashes.js';
import { filesOf, pathsOf, type RunFiles } from '../outputs/files.js';
import { requireHeatmap } from '../outputs/kinds/heatmap.js';
import { requireObjects, wantsObjects } from '../outputs/kinds/objects.js';
import type { ResultFacts } from '../outputs/table.js';
import { summarizeResults } from '../records/object-summary.js';
import { createStageClock, type StageClock } from '../records/stage-clock.js';
import type { SlideRequest } from '../slides/request.js';
import { requireSubmission } from '../submissions/options.js';
import { addSubmission, checkSubmission } from '../submissions/shared-file.js';
import type { ProbabilityRunOptions } from './options.js';

/** Callbacks for progress. Files of probabilities are handled one after the other. */
export interface ProbabilityWatcher<Record> {
  /** Called with an open file, before anything is made from it. */
  readonly opened?: ((probabilities: Probabilities) => void) | undefined;
  /** Called with the number of finished rows of the file. */
  readonly rows?: ((probabilities: Probabilities, done: number) => void) | undefined;
  /** Called for each finished file with its record, as it was written, and the files that were made. */
  readonly done?: ((record: Record, probabilities: Probabilities, files: RunFiles) => void) | undefined;
  readonly failed?: ((path: string, error: unknown) => void) | undefined;
}

/** The work to do for each file of probabilities. */
export interface ProbabilityWork<Settings, Record> {
  /** The ending of the mask, if it differs from that of a run; see {@link filesOf}. */
  readonly maskEnding?: string;
  /** Paths of other files that are read. */
  readonly inputs: readonly string[];
  /** The settings for the mask of a file. Throws any error in them before anything is written. */
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
 * Makes a mask and a record from each file of probabilities. If one fails, the others are still made.
 *
 * @throws {SegtileError} `usage` for a submission that is not possible; `input` if a file to read cannot be found
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
  requireHeatmap(options);
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
  if (wantsObjects(options)) await summarizeResults(options.output, ended.outcomes);
  return ended;
}
