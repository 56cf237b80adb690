import type { ObjectFormat } from '../../objects/formats.js';
import type { ObjectType } from '../../objects/geojson.js';
import { type ObjectFacts, type ObjectFiles, objectFiles } from '../objects/facts.js';
import { writeObjects } from '../objects/write-objects.js';
import type { Keep } from '../records/files-and-record.js';
import { type SubmissionOptions, submissionForm } from '../submissions/options.js';
import type { Making, OutputFile, Result } from './output.js';
import { ownSubmission } from './submission.js';

/** The options that ask for objects, and say what they are written as. */
export interface ObjectOptions extends SubmissionOptions {
  readonly objects?: readonly ObjectFormat[] | undefined;
  readonly objectType?: ObjectType | undefined;
}

function filesOfObjects(stem: string, { objects = [], objectType = 'annotation' }: ObjectOptions): ObjectFiles {
  return objectFiles(stem, objects, objectType);
}

/** Whether something is to be written for which objects are to be found. */
export function wantsObjects(options: ObjectOptions): boolean {
  return options.objects !== undefined || submissionForm(options) === 'coco';
}

/** The files of objects, one a format. */
export function objectOutputs(stem: string, options: ObjectOptions): OutputFile[] {
  return filesOfObjects(stem, options).files.map(({ format, path }) => ({ title: format, path }));
}

/** Outlines and measures of the objects of the mask. */
export async function makeObjects(
  stem: string,
  result: Result,
  options: ObjectOptions,
  keep: Keep,
): Promise<Making<ObjectFacts>> {
  const { name, size, slide, classes, replace } = result;
  const { width, height, mpp } = slide;
  const form = {
    classes,
    scale: { x: width / size.width, y: height / size.height },
    mpp: mpp && { x: mpp.x, y: mpp.y },
    probabilities: false,
    slide: { width, height, name },
  };
  const objects = await writeObjects(keep, withSubmission(filesOfObjects(stem, options), stem, options), form, { replace });
  const nothing = async (): Promise<void> => undefined;
  return {
    labels: { write: (rows) => objects.write(rows), finish: nothing, abort: nothing },
    facts: (lookedAt) => objects.facts(lookedAt),
  };
}

/** The same with COCO's results, where they are asked for. */
export function withSubmission(files: ObjectFiles, stem: string, options: SubmissionOptions): ObjectFiles {
  if (submissionForm(options) !== 'coco') return files;
  const path = ownSubmission(stem.replace(/\.objects$/, '.submission'), options);
  return { ...files, files: [...files.files, { format: 'coco', path }] };
}
