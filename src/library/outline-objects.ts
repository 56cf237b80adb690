import { addObjectsOptions } from '../commands/objects/options.js';
import { parseGiven } from '../commands/options/given.js';
import type { Measure, ObjectFormat } from '../objects/formats/format.js';
import type { ObjectType } from '../objects/formats/geojson.js';
import type { MaskObjectRecord } from '../pipeline/objects/mask-objects.js';
import { objectsOfMasks } from '../pipeline/objects/objects-of-masks.js';
import type { ObjectsOptions } from '../pipeline/objects/options.js';
import type { SplitOptions } from '../pipeline/objects/split-options.js';
import type { SubmissionOptions } from '../pipeline/submissions/options.js';
import type { Size } from '../types.js';
import { controlled, type RunControl } from './control.js';
import type { LengthText, ThresholdValue } from './segment-options.js';

/**
 * The options of `segtile objects`. Names are those of its command line, in camel case; `segtile objects --help`
 * explains each.
 */
export interface OutlineOptions extends RunControl, SubmissionOptions, SplitOptions {
  /** How far simplified outlines may be from the edges of pixels, such as `0.5px` or `2um`. */
  readonly simplify?: LengthText | undefined;
  /** Whether an image is written that has the number of its object in each pixel. */
  readonly instances?: boolean | undefined;
  /** The formats in which objects are written. */
  readonly objects?: ObjectFormat | readonly ObjectFormat[] | undefined;
  readonly objectType?: ObjectType | undefined;
  readonly measure?: Measure | readonly Measure[] | undefined;
  /** The slide of the mask. Needed to measure its pixels. */
  readonly slide?: string | undefined;
  readonly classes?: string | undefined;
  readonly slideSize?: Size | undefined;
  readonly slideMpp?: number | undefined;
  readonly threshold?: ThresholdValue | undefined;
  /** The folder where files are written. */
  readonly output?: string | undefined;
  readonly overwrite?: boolean | undefined;
}

/**
 * Finds the objects in a label mask or in probabilities, and writes their outlines and measures, as `segtile objects`
 * does.
 *
 * @param mask path of the mask, or of the probabilities
 * @returns the record of the objects, as it was written
 * @throws {SegtileError} `usage` for an option that is unknown or wrong, which it names; `input` for a mask that cannot
 *   be read; `output` if a file exists already or cannot be written; `aborted` when the signal fires
 */
export async function outlineObjects(mask: string, options: OutlineOptions = {}): Promise<MaskObjectRecord> {
  const { control, options: given } = controlled(options);
  const { signal, onProgress, onNote } = control;
  const left = ['from', 'json', 'quiet'];
  const { options: parsed } = parseGiven<ObjectsOptions>('objects', addObjectsOptions, given, left);
  const records: MaskObjectRecord[] = [];
  const watcher = {
    rows: (name: string, done: number, { height }: Size): void => onProgress?.({ name, unit: 'rows', done, total: height }),
    done: (record: MaskObjectRecord): void => {
      for (const note of record.notes) onNote?.(note);
      records.push(record);
    },
  };
  const { failures } = await objectsOfMasks([{ path: mask }], parsed, watcher, signal);
  if (failures.length > 0) throw failures[0]!.error;
  return records[0]!;
}
