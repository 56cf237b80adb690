import { fileEndingOf, type ObjectFormat } from '../../objects/formats/format.js';
import type { ObjectType } from '../../objects/formats/geojson.js';
import type { ClassSummary } from '../../objects/summary.js';
import type { SimplifiedFacts } from './simplify-options.js';

/** A file of objects. */
export interface ObjectFile {
  readonly format: ObjectFormat | 'coco' | 'instances';
  readonly path: string;
}

/** The files that objects are to be written to. */
export interface ObjectFiles {
  readonly files: readonly ObjectFile[];
  /** The object type of outlines in QuPath. */
  readonly type: ObjectType;
}

/** The entry of a record on the objects of a mask. */
export interface ObjectFacts extends ObjectFiles {
  readonly classes: readonly ClassSummary[];
  /** The number of objects that were too large to be split; null if no splitting was asked for. */
  readonly leftWhole: number | null;
  /** What became of outlines that were to be simplified; null if that was not asked for. */
  readonly simplified: SimplifiedFacts | null;
}

/**
 * The files of objects: one for each format, and the image of their numbers.
 *
 * @param stem the start of their names, which ends in `.objects`
 */
export function objectFiles(
  stem: string,
  formats: readonly ObjectFormat[],
  type: ObjectType,
  instances: boolean | undefined,
): ObjectFiles {
  const files: ObjectFile[] = formats.map((format) => ({ format, path: `${stem}.${fileEndingOf(format)}` }));
  if (instances) files.push({ format: 'instances', path: `${stem.replace(/\.objects$/, '')}.instances.tif` });
  return { files, type };
}
