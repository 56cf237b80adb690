import { SegtileError } from '../../errors.js';
import { cleanUpOf, hasCleanUp } from '../../plan/labels/cleaning/area.js';
import type { Probabilities } from '../../slide/probabilities.js';
import type { FilesDone } from '../each-file.js';
import { predictedName } from '../evaluate/prediction.js';
import { slideBeside } from '../evaluate/slide-beside.js';
import { labelRule, readThresholds, type Thresholds, thresholdFile } from '../prepare/thresholds.js';
import type { SlideRequest } from '../slides/request.js';
import { readRoi } from '../tissue/region-flags.js';
import { eachProbabilities, type ProbabilityWatcher } from './each-probabilities.js';
import type { ThresholdOptions } from './options.js';
import { maskOfProbabilities, type ThresholdRecord, type ThresholdSettings } from './threshold.js';

/**
 * Makes a mask from every file of probabilities, without the model. This does all of `segtile threshold`, and of
 * `thresholdSlide` in the library, except for progress messages.
 *
 * @param options of `segtile threshold`, parsed
 * @throws {SegtileError} `usage` for options that exclude each other; `input` if a file that options name cannot be
 *   read
 */
export async function thresholdFiles(
  requests: readonly SlideRequest[],
  options: ThresholdOptions,
  watcher: ProbabilityWatcher<ThresholdRecord>,
  signal: AbortSignal,
): Promise<FilesDone> {
  const thresholds = await readThresholds(options.threshold);
  const paths = requests.flatMap(({ path, problem }) => (problem === undefined ? [path] : []));
  const roi = await readRoi(options, paths, predictedName);
  return eachProbabilities<ThresholdSettings, ThresholdRecord>(requests, options, watcher, signal, {
    inputs: [thresholdFile(options.threshold), ...roi.paths],
    settings: async (probabilities) => {
      const settings = thresholdSettings(probabilities, options, thresholds);
      const file = roi.of(probabilities.path);
      if (file === undefined) return settings;
      const slide = (await slideBeside(probabilities.path)) ?? probabilities.map.mask;
      return { ...settings, roi: { file, slide, name: predictedName(probabilities.path) } };
    },
    run: maskOfProbabilities,
  });
}

function thresholdSettings(
  { path, map, mpp }: Probabilities,
  { minObject, fillHoles, maskValues, enlarge }: ThresholdOptions,
  thresholds: Thresholds | undefined,
): ThresholdSettings {
  if (maskValues === '255' && map.classes.length > 1) {
    throw new SegtileError(
      'usage',
      `--mask-values 255 shows one class, but ${path} has ${map.classes.length}: ${map.classes.map(({ name }) => name).join(', ')}`,
      'leave it out: the mask then holds a label for each class',
    );
  }
  if (enlarge === 'scores' && hasCleanUp({ minObject, fillHoles })) {
    throw new SegtileError(
      'usage',
      '--min-object and --fill-holes clean labels of the working image, but --enlarge is scores',
      'leave out --enlarge, or clean up the mask afterwards',
    );
  }
  return {
    rule: labelRule(map, path, thresholds),
    cleanUp: cleanUpOf({ minObject, fillHoles }, mpp, path),
    maskValues,
    enlarge,
  };
}
