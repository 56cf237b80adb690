import { dirname, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { makeFolder } from '../../pipeline/outputs/clashes.js';
import { classesFile, writeClassesFile } from '../../pipeline/outputs/classes-file.js';
import { type PseudoLabelRecord, type PseudoLabelSettings, pseudoLabel } from '../../pipeline/probabilities/pseudo-label.js';
import type { Probabilities } from '../../slide/probabilities.js';
import { styleFor } from '../../terminal/style.js';
import type { ClassesFile } from '../../truth/config.js';
import { probabilityRequests } from '../running/probability-files.js';
import { runOnProbabilities } from '../running/probability-run.js';
import type { Shell } from '../running/shell.js';
import type { PseudoLabelOptions } from './options.js';
import { pseudoLabelText } from './words.js';

/**
 * `segtile pseudo-label`: a mask of what is sure for every file of probabilities, and `classes.json` beside them, which tells make-dataset what
 * their values mean.
 *
 * @returns the exit code: 0 when every file was done, 2 when every failure was wrong use, else 1
 */
export async function runPseudoLabel(given: readonly string[], options: PseudoLabelOptions, shell: Shell): Promise<number> {
  const { confidence, ignore, overwrite = false } = options;
  if (!(confidence > 0.5)) {
    throw new SegtileError(
      'usage',
      `expected more than 0.5 for --confidence but got ${confidence}`,
      'a class and the background cannot both be sure',
    );
  }
  if (ignore > 255) throw new SegtileError('usage', `expected a value from 1 to 255 for --ignore but got ${ignore}`);
  let first: { readonly path: string; readonly classes: ClassesFile } | undefined;
  return runOnProbabilities<PseudoLabelSettings, PseudoLabelRecord>(
    await probabilityRequests(given, options, shell),
    options,
    shell,
    {
      name: 'pseudo-label',
      maskEnding: '.labels.ome.tif',
      inputs: [],
      async settings(probabilities, { record }) {
        const classes = classesOf(probabilities, ignore);
        if (first && JSON.stringify(first.classes) !== JSON.stringify(classes)) {
          const hint = 'run them one after the other, with an --output folder each';
          throw new SegtileError('usage', `${probabilities.path} has other classes than ${first.path}`, hint);
        }
        if (!first) {
          await makeFolder(record);
          await writeClassesFile(join(dirname(record), 'classes.json'), classes, overwrite);
          first = { path: probabilities.path, classes };
        }
        return { confidence, ignore };
      },
      run: pseudoLabel,
      text: (record, _, files) => pseudoLabelText(record, files, styleFor(shell.stdout)),
    },
  );
}

function classesOf({ path, map }: Probabilities, ignore: number): ClassesFile {
  const taken = map.classes.find((each) => each.label === ignore);
  if (taken) {
    throw new SegtileError(
      'usage',
      `--ignore ${ignore} is the label of ${taken.name} in ${path}`,
      `its classes have the labels 1 to ${map.classes.length}`,
    );
  }
  return classesFile(map.classes, ignore);
}
