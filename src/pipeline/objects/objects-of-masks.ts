import { SegtileError } from '../../errors.js';
import { readConfig } from '../../truth/config.js';
import type { Size } from '../../types.js';
import { eachFile, type FilesDone } from '../each-file.js';
import { predictedName } from '../evaluate/prediction.js';
import { identities, refuseClashes } from '../outputs/clashes.js';
import { stemsOf } from '../outputs/files.js';
import { ownSubmission } from '../outputs/kinds/submission.js';
import { labelRule, readThresholds, thresholdFile } from '../prepare/thresholds.js';
import { summarizeResults } from '../records/object-summary.js';
import { createStageClock } from '../records/stage-clock.js';
import type { SlideRequest } from '../slides/request.js';
import { requireSubmission } from '../submissions/options.js';
import { addSubmission } from '../submissions/shared-file.js';
import { objectFiles } from './facts.js';
import { type MaskObjectRecord, type MaskObjectSettings, objectsOfMask } from './mask-objects.js';
import type { ObjectsOptions } from './options.js';
import { requireSimplify } from './simplify-options.js';
import { requireSplit } from './split-options.js';

/** Callbacks for progress. Masks are handled one after the other. */
export interface MasksWatcher {
  /** Called with the number of finished rows of a mask, and its size. */
  readonly rows?: ((mask: string, done: number, size: Size) => void) | undefined;
  /** Called for each finished mask with the record of its objects, as it was written, and the path of the record. */
  readonly done?: ((record: MaskObjectRecord, path: string) => void) | undefined;
  readonly failed?: ((mask: string, error: unknown) => void) | undefined;
}

/**
 * Finds the objects of masks and writes their outlines and measures. This does all of `segtile objects`, and of
 * `outlineObjects` in the library, except for progress messages.
 *
 * @param options of `segtile objects`, parsed
 * @throws {SegtileError} `usage` for options that exclude each other and for a CSV of runs; `input` if a file that
 *   options name cannot be read
 */
export async function objectsOfMasks(
  masks: readonly SlideRequest[],
  options: ObjectsOptions,
  watcher: MasksWatcher,
  signal: AbortSignal,
): Promise<FilesDone> {
  const { classes, overwrite = false } = options;
  const thresholds = await readThresholds(options.threshold);
  const settings: MaskObjectSettings = {
    config: classes === undefined ? undefined : await readConfig(classes),
    slideSize: options.slideSize,
    slideMpp: options.slideMpp,
    rule: ({ map, path }) => labelRule(map, path, thresholds),
    submission: options,
    outlines: options,
    measure: options.measure,
    slidePath: options.slide,
  };
  requireSubmission(options);
  requireSplit(options);
  requireSimplify(options);
  requireMasks(masks);
  const stems = stemsOf(masks, options.output, predictedName);
  const read = [...masks.map(({ path }) => path), ...(classes ? [classes] : []), thresholdFile(options.threshold)];
  const inputs = await identities(read);
  const ended = await eachFile(masks, { failed: watcher.failed, signal }, async (path, index) => {
    const { stem, clash } = stems[index]!;
    if (clash !== undefined) throw clash;
    const files = {
      stem,
      objects: objectFiles(`${stem}.objects`, options.objects, options.objectType, options.instances),
      record: `${stem}.objects.json`,
      replace: overwrite,
    };
    const submission = options.submission === undefined ? [] : [ownSubmission(`${stem}.submission`, options)];
    const written = [...files.objects.files.map((each) => each.path), ...submission, files.record];
    await refuseClashes(inputs, written, overwrite);
    const onRows = (done: number, size: Size): void => watcher.rows?.(path, done, size);
    const record = await objectsOfMask(path, settings, files, createStageClock(), onRows, signal);
    await addSubmission(record.submission, overwrite);
    watcher.done?.(record, files.record);
    return 'done';
  });
  await summarizeResults(options.output, ended.outcomes);
  return ended;
}

function requireMasks(masks: readonly SlideRequest[]): void {
  const runs = masks.find(({ path }) => /\.csv(\.gz|\.zip)?$/i.test(path));
  if (runs === undefined) return;
  throw new SegtileError('usage', `${runs.path} is a CSV of runs, not a mask`, 'give label masks, TIFF or PNG');
}
