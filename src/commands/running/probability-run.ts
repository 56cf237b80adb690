import { identities, makeFolder, refuseClashes } from '../../pipeline/outputs/clashes.js';
import { filesOf, pathsOf, type RunFiles } from '../../pipeline/outputs/files.js';
import { wantsObjects } from '../../pipeline/outputs/objects.js';
import type { OutputOptions, ResultFacts } from '../../pipeline/outputs/table.js';
import { probabilityFacts } from '../../pipeline/probabilities/threshold.js';
import { summarizeResults } from '../../pipeline/records/object-summary.js';
import { createStageClock, type StageClock } from '../../pipeline/records/stage-clock.js';
import type { SlideRequest } from '../../pipeline/slides/request.js';
import { requireSubmission } from '../../pipeline/submissions/options.js';
import { addSubmission, checkSubmission } from '../../pipeline/submissions/shared-file.js';
import { openProbabilities, type Probabilities } from '../../slide/probabilities.js';
import { createProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { probabilitiesText } from '../threshold/words.js';
import { eachFile } from './each-file.js';
import type { Shell } from './shell.js';

/** The options that commands which read probabilities share. */
export interface ProbabilityRunOptions extends OutputOptions {
  readonly output: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What a command is about, and what it does with one file. */
export interface ProbabilityWork<Settings, Record> {
  /** For progress. */
  readonly name: string;
  /** Of the mask, where it has another than that of a run; see {@link filesOf}. */
  readonly maskEnding?: string;
  /** Other files that it reads. */
  readonly inputs: readonly string[];
  /** What is to be done with a file; throws what is wrong with that, before anything is written. */
  settings(probabilities: Probabilities, files: RunFiles): Settings | Promise<Settings>;
  run(
    probabilities: Probabilities,
    settings: Settings,
    files: RunFiles,
    clock: StageClock,
    onRows: (done: number) => void,
    signal: AbortSignal,
  ): Promise<Record>;
  /** The record in words. */
  text(record: Record, probabilities: Probabilities, files: RunFiles): string;
}

/**
 * Makes a mask and a record of each file of probabilities. One that fails does not stop the others.
 *
 * @param files of probabilities
 * @returns the exit code: 0 when every file was done, 2 when every failure was wrong use, else 1
 */
export async function runOnProbabilities<Settings, Record extends ResultFacts>(
  files: readonly SlideRequest[],
  options: ProbabilityRunOptions,
  shell: Shell,
  work: ProbabilityWork<Settings, Record>,
): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const { overwrite = false, json, quiet = false } = options;
  requireSubmission(options);
  const outputs = filesOf(files, options.output, options, work.maskEnding);
  const inputs = await identities([...files.map(({ path }) => path), ...work.inputs]);
  const words = { what: 'files', key: 'probabilities', json, quiet };
  let done = 0;
  const code = await eachFile(files, words, shell, async (path, index) => {
    const clock = createStageClock();
    const made = outputs[index]!;
    if (made.clash !== undefined) throw made.clash;
    await refuseClashes(inputs, pathsOf(made), overwrite);
    const probabilities = await clock.wait('open', openProbabilities(path, signal));
    try {
      const settings = await work.settings(probabilities, made);
      await checkSubmission(options, made.name, probabilities.map.classes, overwrite);
      await makeFolder(made.record);
      if (!quiet) stderr.write(probabilitiesText(probabilityFacts(probabilities), styleFor(stderr)));
      const { width, height } = probabilities;
      const stage = createProgress(stderr, quiet).stage(work.name, 'rows');
      const onRows = (done: number): void => stage.update({ done, total: height, pixels: done * width });
      onRows(0);
      const record = await work.run(probabilities, settings, made, clock, onRows, signal).finally(() => stage.stop());
      await addSubmission(record.submission, overwrite);
      stdout.write(json ? `${JSON.stringify({ status: 'done', ...record })}\n` : work.text(record, probabilities, made));
    } finally {
      await probabilities.close();
    }
    done++;
    return undefined;
  });
  if (wantsObjects(options) && done > 0) await summarizeResults(options.output);
  return code;
}
