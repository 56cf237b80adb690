import { dirname, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { cleanUpOf } from '../../plan/labels/cleaning/area.js';
import type { Probabilities } from '../../slide/probabilities.js';
import type { ClassesFile } from '../../truth/config.js';
import type { FilesDone } from '../each-file.js';
import { makeFolder } from '../outputs/clashes.js';
import { classesFile, writeClassesFile } from '../outputs/classes-file.js';
import type { SlideRequest } from '../slides/request.js';
import { eachProbabilities, type ProbabilityWatcher } from './each-probabilities.js';
import type { PseudoLabelOptions } from './options.js';
import { type PseudoLabelRecord, type PseudoLabelSettings, sureLabels } from './pseudo-label.js';

/**
 * Makes a mask of the confident predictions in every file of probabilities. Also writes `classes.json` beside the
 * masks, which tells make-dataset what their values mean. This does all of `segtile pseudo-label`, and of `pseudoLabel`
 * in the library, except for progress messages.
 *
 * @param options of `segtile pseudo-label`, parsed
 * @throws {SegtileError} `usage` for a confidence or a value that is not possible
 */
export async function pseudoLabelFiles(
  requests: readonly SlideRequest[],
  options: PseudoLabelOptions,
  watcher: ProbabilityWatcher<PseudoLabelRecord>,
  signal: AbortSignal,
): Promise<FilesDone> {
  const { confidence, background, minObject, fillHoles, ignore, overwrite = false } = options;
  if (background !== undefined && !(confidence > background)) {
    throw new SegtileError(
      'usage',
      `expected less than --confidence ${confidence} for --background but got ${background}`,
      'what lies between both is ignored',
    );
  }
  if (background === undefined && !(confidence > 0.5)) {
    throw new SegtileError(
      'usage',
      `expected more than 0.5 for --confidence but got ${confidence}`,
      'a class and the background cannot both be sure, unless --background says below which probability that is',
    );
  }
  if (ignore > 255) throw new SegtileError('usage', `expected a value from 1 to 255 for --ignore but got ${ignore}`);
  let first: { readonly path: string; readonly classes: ClassesFile } | undefined;
  return eachProbabilities<PseudoLabelSettings, PseudoLabelRecord>(requests, options, watcher, signal, {
    maskEnding: '.labels.ome.tif',
    inputs: [],
    async settings(probabilities, { record }) {
      const classes = classesOf(probabilities, ignore);
      if (first && JSON.stringify(first.classes) !== JSON.stringify(classes)) {
        const hint = 'run them one after the other, each with its own --output folder';
        throw new SegtileError('usage', `${probabilities.path} has other classes than ${first.path}`, hint);
      }
      if (!first) {
        await makeFolder(record);
        await writeClassesFile(join(dirname(record), 'classes.json'), classes, overwrite);
        first = { path: probabilities.path, classes };
      }
      const cleanUp = cleanUpOf({ minObject, fillHoles }, probabilities.mpp, probabilities.path);
      return { confidence, background, cleanUp, ignore };
    },
    run: sureLabels,
  });
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
