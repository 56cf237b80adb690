import { fileEndingOf, type ObjectFormat } from '../../objects/formats/format.js';
import type { ObjectType } from '../../objects/formats/geojson.js';
import type { ClassSummary } from '../../objects/summary.js';

/** A file of objects. */
export interface ObjectFile {
  readonly format: ObjectFormat | 'coco';
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
}

/** The files of objects, one for each format. `stem` is the start of their names. */
export function objectFiles(stem: string, formats: readonly ObjectFormat[], type: ObjectType): ObjectFiles {
  return { files: formats.map((format) => ({ format, path: `${stem}.${fileEndingOf(format)}` })), type };
}
