import { SegtileError } from '../../errors.js';
import { predictedName } from '../../pipeline/evaluate/prediction.js';
import { objectFiles } from '../../pipeline/objects/facts.js';
import { type MaskObjectSettings, objectsOfMask } from '../../pipeline/objects/mask-objects.js';
import { requireSplit } from '../../pipeline/objects/split-options.js';
import { identities, refuseClashes } from '../../pipeline/outputs/clashes.js';
import { stemsOf } from '../../pipeline/outputs/files.js';
import { ownSubmission } from '../../pipeline/outputs/submission.js';
import { labelRule, readThresholds, thresholdFile } from '../../pipeline/prepare/thresholds.js';
import { summarizeResults } from '../../pipeline/records/object-summary.js';
import { createStageClock } from '../../pipeline/records/stage-clock.js';
import { MASKS, PROBABILITIES } from '../../pipeline/slides/kinds.js';
import type { SlideRequest } from '../../pipeline/slides/request.js';
import { fileRequests } from '../../pipeline/slides/requests.js';
import { requireSubmission } from '../../pipeline/submissions/options.js';
import { addSubmission } from '../../pipeline/submissions/shared-file.js';
import { createProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import { readConfig } from '../../truth/config.js';
import type { Size } from '../../types.js';
import { eachFile } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import type { ObjectsOptions } from './options.js';
import { objectsText } from './words.js';

/**
 * `segtile objects`: outlines and measures of the objects of every mask.
 *
 * @returns the exit code: 0 when every mask was done, 2 when every failure was wrong use, else 1
 */
export async function objects(given: readonly string[], options: ObjectsOptions, shell: Shell): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const { classes, overwrite = false, json, quiet = false } = options;
  const thresholds = await readThresholds(options.threshold);
  const settings: MaskObjectSettings = {
    config: classes === undefined ? undefined : await readConfig(classes),
    slideSize: options.slideSize,
    slideMpp: options.slideMpp,
    rule: ({ map, path }) => labelRule(map, path, thresholds),
    submission: options,
    split: options,
    measure: options.measure,
    slidePath: options.slide,
  };
  requireSubmission(options);
  requireSplit(options);
  const note = (sentence: string): void => void (quiet || stderr.write(`segtile: ${oneLine(sentence)}\n`));
  const kind = options.threshold === undefined ? MASKS : PROBABILITIES;
  const masks = await fileRequests(given, { kind, from: options.from, columns: ['output'], note });
  requireMasks(masks);
  const stems = stemsOf(masks, options.output, predictedName);
  const inputs = await identities([
    ...masks.map(({ path }) => path),
    ...(classes ? [classes] : []),
    thresholdFile(options.threshold),
  ]);
  const words = { what: 'masks', key: 'mask', json, quiet };
  let done = 0;
  const code = await eachFile(masks, words, shell, async (path, index) => {
    const { stem, clash } = stems[index]!;
    if (clash !== undefined) throw clash;
    const files = {
      stem,
      objects: objectFiles(`${stem}.objects`, options.objects, options.objectType),
      record: `${stem}.objects.json`,
      replace: overwrite,
    };
    const submission = options.submission === undefined ? [] : [ownSubmission(`${stem}.submission`, options)];
    const written = [...files.objects.files.map((each) => each.path), ...submission, files.record];
    await refuseClashes(inputs, written, overwrite);
    const stage = createProgress(stderr, quiet).stage('objects', 'rows');
    const onRows = (done: number, { width, height }: Size): void => stage.update({ done, total: height, pixels: done * width });
    const record = await objectsOfMask(path, settings, files, createStageClock(), onRows, signal).finally(() => stage.stop());
    await addSubmission(record.submission, overwrite);
    done++;
    if (!quiet) for (const note of record.notes) stderr.write(`segtile: ${oneLine(note)}\n`);
    stdout.write(
      json ? `${JSON.stringify({ status: 'done', ...record })}\n` : objectsText(record, files.record, styleFor(stdout)),
    );
    return undefined;
  });
  if (done > 0) await summarizeResults(options.output);
  return code;
}

function requireMasks(masks: readonly SlideRequest[]): void {
  const runs = masks.find(({ path }) => /\.csv(\.gz|\.zip)?$/i.test(path));
  if (runs === undefined) return;
  throw new SegtileError('usage', `${runs.path} is a CSV of runs, not a mask`, 'give label masks, TIFF or PNG');
}
