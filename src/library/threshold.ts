import { parseGiven } from '../commands/options/given.js';
import { addPseudoLabelOptions } from '../commands/pseudo-label/options.js';
import { addThresholdOptions } from '../commands/threshold/options.js';
import type { ObjectFormat } from '../objects/formats/format.js';
import type { ObjectType } from '../objects/formats/geojson.js';
import type { FilesDone } from '../pipeline/each-file.js';
import type { SplitOptions } from '../pipeline/objects/split-options.js';
import type { ProbabilityWatcher } from '../pipeline/probabilities/each-probabilities.js';
import type { PseudoLabelOptions, ThresholdOptions } from '../pipeline/probabilities/options.js';
import type { PseudoLabelRecord } from '../pipeline/probabilities/pseudo-label.js';
import { pseudoLabelFiles } from '../pipeline/probabilities/pseudo-label-files.js';
import type { ThresholdRecord } from '../pipeline/probabilities/threshold.js';
import { thresholdFiles } from '../pipeline/probabilities/threshold-files.js';
import type { SubmissionOptions } from '../pipeline/submissions/options.js';
import { controlled, type RunControl } from './control.js';
import type { AreaText, ShareValue, ThresholdValue } from './segment-options.js';

/** The options of `segtile threshold`, named as on its command line, in camel case; `segtile threshold --help` says what each does. */
export interface MaskOptions extends RunControl, SubmissionOptions, SplitOptions {
  readonly threshold?: ThresholdValue | undefined;
  readonly minObject?: AreaText | undefined;
  readonly fillHoles?: AreaText | undefined;
  readonly maskValues?: 'labels' | '255' | undefined;
  /** Whether the mask has a table of the classes' colours. */
  readonly palette?: boolean | undefined;
  readonly enlarge?: 'labels' | 'scores' | undefined;
  /** As what objects are written, if at all. */
  readonly objects?: ObjectFormat | readonly ObjectFormat[] | undefined;
  readonly objectType?: ObjectType | undefined;
  /** The region of interest, outside of which the mask is 0: a mask, GeoJSON, COCO or CSV of runs, or a folder or CSV of them. */
  readonly roi?: string | undefined;
  readonly roiClass?: readonly string[] | string | undefined;
  readonly excludeClass?: readonly string[] | string | undefined;
  /** A folder, or the name of the mask: `.tif` or `.ome.tif`. */
  readonly output?: string | undefined;
  readonly overwrite?: boolean | undefined;
}

/** The options of `segtile pseudo-label`, named as on its command line, in camel case. */
export interface SureLabelOptions extends RunControl {
  /** A probability that is sure enough, above 0.5. */
  readonly confidence?: ShareValue | undefined;
  /** Mask value of what is not, 1 to 255. */
  readonly ignore?: number | undefined;
  /** A folder, or the name of the mask: `.tif` or `.ome.tif`. */
  readonly output?: string | undefined;
  readonly overwrite?: boolean | undefined;
}

/** Options that only a command line needs. */
const OF_THE_COMMAND_LINE = ['from', 'json', 'quiet'];

/**
 * Makes a mask from probabilities that `segment` or `segtile infer` wrote, without the model, as `segtile threshold` does.
 *
 * @param probabilities path of the file
 * @returns the record of the mask, as it was written
 * @throws {SegtileError} `usage` naming an option that is unknown or wrong, `input` for a file that is damaged or is no such file, `output` where a file is there already or
 *   cannot be written; `aborted` when the signal fires
 */
export async function thresholdSlide(probabilities: string, options: MaskOptions = {}): Promise<ThresholdRecord> {
  const { control, options: given } = controlled(options);
  const { options: parsed } = parseGiven<ThresholdOptions>('threshold', addThresholdOptions, given, OF_THE_COMMAND_LINE);
  return one<ThresholdRecord>(control, (watcher) => thresholdFiles([{ path: probabilities }], parsed, watcher, control.signal));
}

/**
 * Makes a mask of what a model is sure of, for others to learn from, as `segtile pseudo-label` does. Beside it lies `classes.json`, which `makeDataset` takes.
 *
 * @param probabilities path of the file
 * @returns the record of the mask, as it was written
 * @throws {SegtileError} as {@link thresholdSlide}
 */
export async function pseudoLabel(probabilities: string, options: SureLabelOptions = {}): Promise<PseudoLabelRecord> {
  const { control, options: given } = controlled(options);
  const { options: parsed } = parseGiven<PseudoLabelOptions>('pseudo-label', addPseudoLabelOptions, given, OF_THE_COMMAND_LINE);
  return one<PseudoLabelRecord>(control, (watcher) =>
    pseudoLabelFiles([{ path: probabilities }], parsed, watcher, control.signal),
  );
}

/** The record of the one file that a run is of. */
async function one<Record>(
  { onProgress }: RunControl,
  run: (watcher: ProbabilityWatcher<Record>) => Promise<FilesDone>,
): Promise<Record> {
  const records: Record[] = [];
  const { failures } = await run({
    rows: ({ path, height }, done) => onProgress?.({ name: path, unit: 'rows', done, total: height }),
    done: (record) => void records.push(record),
  });
  if (failures.length > 0) throw failures[0]!.error;
  return records[0]!;
}
