import type { RunFiles } from '../../pipeline/outputs/files.js';
import type { ProbabilityWatcher } from '../../pipeline/probabilities/each-probabilities.js';
import type { ProbabilityRunOptions } from '../../pipeline/probabilities/options.js';
import { probabilityFacts } from '../../pipeline/probabilities/threshold.js';
import type { Probabilities } from '../../slide/probabilities.js';
import { styleFor } from '../../terminal/style.js';
import { probabilitiesText } from '../threshold/words.js';
import { type FileWords, reportFailure } from './each-file.js';
import { createRowProgress } from './row-progress.js';
import type { Shell } from './shell.js';

/** The words for the files of commands that read probabilities. */
export function probabilityWords({ json, quiet }: ProbabilityRunOptions): FileWords {
  return { what: 'files', key: 'probabilities', json, quiet };
}

/**
 * Reports the progress of a command that reads files of probabilities on standard error, and its results on standard output.
 *
 * @param name the name of the command, for progress
 * @param text makes the text about a file that is done
 */
export function watchProbabilities<Record>(
  name: string,
  options: ProbabilityRunOptions,
  shell: Shell,
  text: (record: Record, probabilities: Probabilities, files: RunFiles) => string,
): ProbabilityWatcher<Record> {
  const { stdout, stderr } = shell;
  const { json, quiet = false } = options;
  const progress = createRowProgress(name, shell, quiet);
  return {
    opened: (probabilities) => {
      if (!quiet) stderr.write(probabilitiesText(probabilityFacts(probabilities), styleFor(stderr)));
    },
    rows: progress.rows,
    done: (record, probabilities, files) => {
      progress.stop();
      stdout.write(json ? `${JSON.stringify({ status: 'done', ...record })}\n` : text(record, probabilities, files));
    },
    failed: (path, error) => {
      progress.stop();
      reportFailure(path, error, probabilityWords(options), shell);
    },
  };
}
