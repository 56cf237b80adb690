import { SegtileError } from '../../../errors.js';
import type { Measure, ObjectFormat } from '../../../objects/formats/format.js';
import type { ObjectType } from '../../../objects/formats/geojson.js';
import type { ScoreRows } from '../../../types.js';
import { type ObjectFacts, type ObjectFiles, objectFiles } from '../../objects/facts.js';
import { objectsInThread } from '../../objects/in-thread.js';
import type { PassingScores } from '../../objects/passing-scores.js';
import { requireSimplify, type SimplifyOptions, simplifyingOf } from '../../objects/simplify-options.js';
import { requireSplit, type SplitOptions, touchingOf } from '../../objects/split-options.js';
import type { Keep } from '../../records/files-and-record.js';
import { type SubmissionOptions, submissionForm } from '../../submissions/options.js';
import type { Making, OutputFile, Result } from '../output.js';
import { ownSubmission } from './submission.js';

/** The options that ask for objects and set their formats. */
export interface ObjectOptions extends SubmissionOptions, SplitOptions, SimplifyOptions {
  readonly objects?: readonly ObjectFormat[] | undefined;
  readonly objectType?: ObjectType | undefined;
  /** Whether an image of the numbers of the objects is written. */
  readonly instances?: boolean | undefined;
  readonly measure?: readonly Measure[] | undefined;
}

function filesOfObjects(stem: string, { objects = [], objectType = 'annotation', instances }: ObjectOptions): ObjectFiles {
  return objectFiles(stem, objects, objectType, instances);
}

/** Whether an output is wanted for which objects must be found. */
export function wantsObjects(options: ObjectOptions): boolean {
  return options.objects !== undefined || options.instances === true || submissionForm(options) === 'coco';
}

/** @throws {SegtileError} `usage` if measures or split objects are asked for without objects; also as {@link requireSplit} */
export function requireObjects(options: ObjectOptions): void {
  requireSplit(options);
  requireSimplify(options);
  const { objects, instances, measure, simplify, splitTouching } = options;
  const [flag] = [splitTouching && !instances && '--split-touching', measure && '--measure', simplify && '--simplify'].filter(
    (each) => typeof each === 'string',
  );
  if (flag === undefined || objects !== undefined) return;
  throw new SegtileError('usage', `${flag} is given without --objects`, 'say what is written, such as --objects csv');
}

/** The files of objects, one for each format. */
export function objectOutputs(stem: string, options: ObjectOptions): OutputFile[] {
  return filesOfObjects(stem, options).files.map(({ format, path }) => ({ title: format, path }));
}

/** Makes the outlines and measures of the objects of the mask. */
export async function makeObjects(
  stem: string,
  result: Result,
  options: ObjectOptions,
  keep: Keep,
): Promise<Making<ObjectFacts>> {
  const { name, size, slide, classes, scores, replace } = result;
  const { width, height, mpp } = slide;
  const touching = touchingOf(options, size, size.mpp, name);
  const pixels = options.measure && result.pixels?.(options.measure);
  const scale = { x: width / size.width, y: height / size.height };
  const simplifying = simplifyingOf(options, scale, size.mpp, touching !== undefined, name);
  const form = {
    classes,
    scale,
    mpp: mpp && { x: mpp.x, y: mpp.y },
    size: { width: size.width, height: size.height },
    passing: scores && passingOf(scores),
    touching,
    simplifying,
    slide: { width, height, name },
    pixels,
  };
  const objects = await objectsInThread(keep, withSubmission(filesOfObjects(stem, options), stem, options), form, { replace });
  const close = async (): Promise<void> => pixels?.close();
  // Reading of the slide ends when the files are finished or aborted.
  if (pixels) keep(stem, { write: close, finish: close, abort: close });
  const nothing = async (): Promise<void> => undefined;
  const ending = { finish: nothing, abort: nothing };
  return {
    labels: { write: (rows) => objects.write(rows), ...ending },
    ...(form.passing && { scores: { write: (rows: ScoreRows) => objects.scores(rows), ...ending } }),
    facts: (lookedAt) => objects.facts(lookedAt),
  };
}

/** Nothing but sizes and labels, so that it can be sent to a thread. */
function passingOf({ size: { width, height, spans }, labels }: PassingScores): PassingScores {
  return { size: { width, height, spans: spans && { width: spans.width, height: spans.height } }, labels };
}

/** The same files, with COCO results if they are asked for. */
export function withSubmission(files: ObjectFiles, stem: string, options: SubmissionOptions): ObjectFiles {
  if (submissionForm(options) !== 'coco') return files;
  const path = ownSubmission(stem.replace(/\.objects$/, '.submission'), options);
  return { ...files, files: [...files.files, { format: 'coco', path }] };
}
