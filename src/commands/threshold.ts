import { SegtileError } from '../errors.js';
import { createStageClock } from '../pipeline/stage-clock.js';
import { probabilityFacts, type ThresholdSettings, thresholdSlide } from '../pipeline/threshold.js';
import { cleanUpOf } from '../plan/area.js';
import { openProbabilities, type Probabilities } from '../slide/probabilities.js';
import { createProgress } from '../terminal/progress.js';
import { styleFor } from '../terminal/style.js';
import { eachFile } from './each-file.js';
import { identities, makeFolder, outputsOf, refuseClashes } from './outputs.js';
import { probabilityFiles } from './probability-files.js';
import type { Shell } from './shell.js';
import type { ThresholdOptions } from './threshold-options.js';
import { probabilitiesText, ruleText, thresholdText } from './threshold-words.js';
import { labelRule, readThresholds, type Thresholds, thresholdFile } from './thresholds.js';

/**
 * `segtile threshold`: a mask for every file of probabilities. A file that fails does not stop the others.
 *
 * @returns the exit code: 0 when every file was done, 2 when every failure was wrong use, else 1
 */
export async function threshold(paths: readonly string[], options: ThresholdOptions, shell: Shell): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const files = await probabilityFiles(paths);
  const outputs = outputsOf(files, options.output);
  const thresholds = await readThresholds(options.threshold);
  const inputs = await identities([...files, thresholdFile(options.threshold)]);
  return eachFile(files, { what: 'files', key: 'probabilities', json: options.json }, shell, async (path, index) => {
    const clock = createStageClock();
    const { mask, record: recordPath } = outputs[index]!;
    await refuseClashes(inputs, [mask, recordPath], options.overwrite === true);
    const probabilities = await clock.wait('open', openProbabilities(path, signal));
    try {
      const settings = thresholdSettings(probabilities, options, thresholds);
      if (!options.quiet) stderr.write(probabilitiesText(probabilityFacts(probabilities), styleFor(stderr)));
      await makeFolder(mask);
      const { width, height } = probabilities;
      const stage = createProgress(stderr, options.quiet === true).stage('threshold', 'rows');
      const onRows = (done: number): void => stage.update({ done, total: height, pixels: done * width });
      onRows(0);
      const files = { mask, record: recordPath };
      const record = await thresholdSlide(probabilities, settings, files, clock, onRows, signal).finally(() => stage.stop());
      const rule = ruleText(settings.rule, probabilities.map);
      stdout.write(options.json ? `${JSON.stringify(record)}\n` : thresholdText(record, rule, recordPath, styleFor(stdout)));
    } finally {
      await probabilities.close();
    }
  });
}

function thresholdSettings(
  { path, map, mpp }: Probabilities,
  { minObject, fillHoles, maskValues }: ThresholdOptions,
  thresholds: Thresholds | undefined,
): ThresholdSettings {
  if (maskValues === '255' && map.classes.length > 1) {
    throw new SegtileError(
      'usage',
      `--mask-values 255 shows one class, but ${path} has ${map.classes.length}: ${map.classes.map(({ name }) => name).join(', ')}`,
      'leave it away: the mask then holds a label for each class',
    );
  }
  return { rule: labelRule(map, path, thresholds), cleanUp: cleanUpOf({ minObject, fillHoles }, mpp, path), maskValues };
}
