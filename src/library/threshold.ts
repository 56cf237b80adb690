import { parseGiven } from '../commands/options/given.js';
import { addPseudoLabelOptions } from '../commands/pseudo-label/options.js';
import { addThresholdOptions } from '../commands/threshold/options.js';
import type { ObjectFormat } from '../objects/formats/format.js';
import type { ObjectType } from '../objects/formats/geojson.js';
import type { FilesDone } from '../pipeline/each-file.js';
import type { SplitOptions } from '../pipeline/objects/split-options.js';
import type { HeatmapOptions } from '../pipeline/outputs/kinds/heatmap.js';
import type { ProbabilityWatcher } from '../pipeline/probabilities/each-probabilities.js';
import type { PseudoLabelOptions, ThresholdOptions } from '../pipeline/probabilities/options.js';
import type { PseudoLabelRecord } from '../pipeline/probabilities/pseudo-label.js';
import { pseudoLabelFiles } from '../pipeline/probabilities/pseudo-label-files.js';
import type { ThresholdRecord } from '../pipeline/probabilities/threshold.js';
import { thresholdFiles } from '../pipeline/probabilities/threshold-files.js';
import type { SubmissionOptions } from '../pipeline/submissions/options.js';
import { controlled, type RunControl } from './control.js';
import type { AreaText, LengthText, ShareValue, ThresholdValue } from './segment-options.js';
import type { RegionOptions } from './slide-options.js';

/**
 * The options of `segtile threshold`. Names are those of its command line, in camel case; `segtile threshold --help`
 * explains each.
 */
export interface MaskOptions extends RunControl, SubmissionOptions, SplitOptions, HeatmapOptions, RegionOptions {
  readonly threshold?: ThresholdValue | undefined;
  readonly minObject?: AreaText | undefined;
  readonly fillHoles?: AreaText | undefined;
  readonly maskValues?: 'labels' | '255' | undefined;
  /** Whether the mask is written with a palette of the classes' colours. */
  readonly palette?: boolean | undefined;
  readonly enlarge?: 'labels' | 'scores' | undefined;
  /** The formats in which objects are written; without this option, objects are not written. */
  readonly objects?: ObjectFormat | readonly ObjectFormat[] | undefined;
  readonly objectType?: ObjectType | undefined;
  /** How far simplified outlines may be from the edges of pixels, such as `0.5px` or `2um`. */
  readonly simplify?: LengthText | undefined;
  /** Whether an image is written that has the number of its object in each pixel. */
  readonly instances?: boolean | undefined;
  /** The folder where files are written, or the path of the mask: `.tif` or `.ome.tif`. */
  readonly output?: string | undefined;
  readonly overwrite?: boolean | undefined;
}

/** The options of `segtile pseudo-label`. Names are those of its command line, in camel case. */
export interface SureLabelOptions extends RunControl {
  /** The lowest probability that counts as certain, above 0.5, or with `background` anything above that. */
  readonly confidence?: ShareValue | undefined;
  /** The highest probability that every class may have where background is certain. */
  readonly background?: ShareValue | undefined;
  /** Smaller regions that are certain, of background too, are ignored. */
  readonly minObject?: AreaText | undefined;
  /** Smaller regions that are ignored become what surrounds them most. */
  readonly fillHoles?: AreaText | undefined;
  /** The mask value of pixels that are not certain, 1 to 255. */
  readonly ignore?: number | undefined;
  /** The folder where files are written, or the path of the mask: `.tif` or `.ome.tif`. */
  readonly output?: string | undefined;
  readonly overwrite?: boolean | undefined;
}

/** Options that only the command line has. */
const OF_THE_COMMAND_LINE = ['from', 'json', 'quiet'];

/**
 * Makes a mask from probabilities that `segment` or `segtile infer` wrote, as `segtile threshold` does. It does not
 * need the model.
 *
 * @param probabilities path of the file
 * @returns the record of the mask, as it was written
 * @throws {SegtileError} `usage` for an option that is unknown or wrong, which it names; `input` for a file that is
 *   damaged or holds no probabilities; `output` if a file exists already or cannot be written; `aborted` when the
 *   signal fires
 */
export async function thresholdSlide(probabilities: string, options: MaskOptions = {}): Promise<ThresholdRecord> {
  const { control, options: given } = controlled(options);
  const { options: parsed } = parseGiven<ThresholdOptions>('threshold', addThresholdOptions, given, OF_THE_COMMAND_LINE);
  return one<ThresholdRecord>(control, (watcher) => thresholdFiles([{ path: probabilities }], parsed, watcher, control.signal));
}

/**
 * Makes a mask of pseudo-labels, as `segtile pseudo-label` does: it keeps the predictions that a model is certain of,
 * so that another model can be trained on them. It also writes `classes.json` beside the mask, for the option `classes`
 * of `makeDataset`.
 *
 * @param probabilities path of the file
 * @returns the record of the mask, as it was written
 * @throws {SegtileError} the same errors as {@link thresholdSlide}
 */
export async function pseudoLabel(probabilities: string, options: SureLabelOptions = {}): Promise<PseudoLabelRecord> {
  const { control, options: given } = controlled(options);
  const { options: parsed } = parseGiven<PseudoLabelOptions>('pseudo-label', addPseudoLabelOptions, given, OF_THE_COMMAND_LINE);
  return one<PseudoLabelRecord>(control, (watcher) =>
    pseudoLabelFiles([{ path: probabilities }], parsed, watcher, control.signal),
  );
}

/** Runs one file and returns its record, or throws the error with which it failed. */
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
