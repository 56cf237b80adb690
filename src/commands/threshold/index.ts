import { SegtileError } from '../../errors.js';
import { predictedName } from '../../pipeline/evaluate/prediction.js';
import { slideBeside } from '../../pipeline/evaluate/slide-beside.js';
import { labelRule, readThresholds, type Thresholds, thresholdFile } from '../../pipeline/prepare/thresholds.js';
import { type ThresholdRecord, type ThresholdSettings, thresholdSlide } from '../../pipeline/probabilities/threshold.js';
import { readRoi } from '../../pipeline/tissue/region-flags.js';
import { cleanUpOf } from '../../plan/labels/area.js';
import type { Probabilities } from '../../slide/probabilities.js';
import { styleFor } from '../../terminal/style.js';
import { probabilityRequests } from '../running/probability-files.js';
import { runOnProbabilities } from '../running/probability-run.js';
import type { Shell } from '../running/shell.js';
import type { ThresholdOptions } from './options.js';
import { ruleText, thresholdText } from './words.js';

/**
 * `segtile threshold`: a mask for every file of probabilities.
 *
 * @returns the exit code: 0 when every file was done, 2 when every failure was wrong use, else 1
 */
export async function runThreshold(given: readonly string[], options: ThresholdOptions, shell: Shell): Promise<number> {
  const thresholds = await readThresholds(options.threshold);
  const files = await probabilityRequests(given, options, shell);
  const paths = files.flatMap(({ path, problem }) => (problem === undefined ? [path] : []));
  const roi = await readRoi(options, paths, predictedName);
  return runOnProbabilities<ThresholdSettings, ThresholdRecord>(files, options, shell, {
    name: 'threshold',
    inputs: [thresholdFile(options.threshold), ...roi.paths],
    settings: async (probabilities) => {
      const settings = thresholdSettings(probabilities, options, thresholds);
      const file = roi.of(probabilities.path);
      if (file === undefined) return settings;
      const slide = (await slideBeside(probabilities.path)) ?? probabilities.map.mask;
      return { ...settings, roi: { file, slide, name: predictedName(probabilities.path) } };
    },
    run: thresholdSlide,
    text: (record, { map }, files) =>
      thresholdText(record, ruleText(record.settings.labels, map), files, styleFor(shell.stdout)),
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
      'leave it away: the mask then holds a label for each class',
    );
  }
  if (enlarge === 'scores' && (minObject ?? fillHoles) !== undefined) {
    throw new SegtileError(
      'usage',
      '--min-object and --fill-holes clean labels of the working image, but --enlarge is scores',
      'leave --enlarge away, or clean the mask that it makes by itself',
    );
  }
  return {
    rule: labelRule(map, path, thresholds),
    cleanUp: cleanUpOf({ minObject, fillHoles }, mpp, path),
    maskValues,
    enlarge,
  };
}
