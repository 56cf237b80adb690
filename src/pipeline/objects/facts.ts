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
  /** Of outlines in QuPath. */
  readonly type: ObjectType;
}

/** What a record says of the objects of a mask. */
export interface ObjectFacts extends ObjectFiles {
  readonly classes: readonly ClassSummary[];
  /** How many objects were too large to be split; null where none were to be. */
  readonly leftWhole: number | null;
}

/** The files of objects, one a format. `stem` is what their names begin with. */
export function objectFiles(stem: string, formats: readonly ObjectFormat[], type: ObjectType): ObjectFiles {
  return { files: formats.map((format) => ({ format, path: `${stem}.${fileEndingOf(format)}` })), type };
}
