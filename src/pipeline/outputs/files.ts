import { isAbsolute, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { fileName, shownPath } from '../../io/location.js';
import type { CommitOptions } from '../../io/partial-file.js';
import { folderOf, isMaskName, type SlideRequest } from '../slides/request.js';
import type { OutputFile } from './output.js';
import { type OutputName, type OutputOptions, runOutputs } from './table.js';

/** The files that are made from one slide, or from its probabilities. */
export interface RunFiles extends CommitOptions {
  /** The name of the slide. */
  readonly name: string;
  /** The paths of all wanted outputs, in the order of the table. */
  readonly paths: { readonly mask: string } & { readonly [Name in OutputName]?: string };
  readonly record: string;
  readonly options: OutputOptions;
  /** The error if these names cannot be used because other slides have the same ones. */
  readonly clash?: SegtileError | undefined;
}

/** The ending of the record of a run. */
const RECORD = '.run.json';

/** File name endings that are not part of the slide's name. */
const EXTENSION = /(\.probabilities)?(\.ome)?\.(tiff?|svs|ndpi|scn|bif|qptiff|btf|png|jpe?g)$/i;

/**
 * The files made for each slide, or for each file of its probabilities: in a folder, under the slide's name; or, for a
 * single slide, under a `.tif` name that the user gives.
 *
 * @param options which outputs are wanted besides the mask
 * @param maskEnding the ending of a mask in a folder
 * @throws {SegtileError} `usage` if one name is given for several slides
 */
export function filesOf(
  slides: readonly SlideRequest[],
  output: string,
  options: OutputOptions & { readonly overwrite?: boolean | undefined },
  maskEnding: string = runOutputs.mask.ending,
): RunFiles[] {
  if (isMaskName(output)) {
    if (slides.length > 1) {
      throw new SegtileError('usage', `one output file, ${output}, for ${slides.length} slides`, 'give a folder with --output');
    }
    return slides.map(({ path }) => filesBeside(nameOf(path), { stem: stemOfMask(output), clash: undefined }, output, options));
  }
  return stemsOf(slides, output, nameOf).map((own, i) => {
    const { path, output: named } = slides[i]!;
    const mask = named !== undefined && isMaskName(named) ? resultPath(output, named) : own.stem + maskEnding;
    return filesBeside(nameOf(path), own, mask, options);
  });
}

/** The name of the slide in a file. */
function nameOf(slide: string): string {
  return fileName(slide).replace(EXTENSION, '');
}

/** The start of the names of all files that are made from one file. */
export interface Stem {
  readonly stem: string;
  /** The error if it cannot be used because other files have the same one. */
  readonly clash: SegtileError | undefined;
}

/**
 * For each input file: the start of the names of the files made from it. If several inputs would get the same names,
 * all of them are rejected, because nobody could tell which of them a result belongs to.
 *
 * @param output the folder of all results
 * @param nameOf the name of the slide in a file
 */
export function stemsOf(files: readonly SlideRequest[], output: string, nameOf: (file: string) => string): readonly Stem[] {
  const stems = files.map((file) => {
    const { path, output: named } = file;
    if (named !== undefined && isMaskName(named)) return stemOfMask(resultPath(output, named));
    return join(resultPath(output, folderOf(file)), nameOf(path));
  });
  const sharing = new Map<string, number[]>();
  for (const [i, stem] of stems.entries()) {
    const key = stem.toLowerCase();
    sharing.set(key, [...(sharing.get(key) ?? []), i]);
  }
  return stems.map((stem, i) => {
    const other = sharing.get(stem.toLowerCase())!.find((each) => each !== i);
    return { stem, clash: other === undefined ? undefined : clashOf(files[i]!, files[other]!, stem) };
  });
}

function clashOf(one: SlideRequest, other: SlideRequest, stem: string): SegtileError {
  const [first, second] = [shownPath(one.path), shownPath(other.path)];
  return new SegtileError(
    'usage',
    first === second
      ? `${first} is asked for twice, and would be written as ${stem}.* each time`
      : `${first} and ${second} would both be written as ${stem}.*`,
    'run them one at a time, each with its own --output folder, or give a list with the columns slide and output with --from',
  );
}

/** A path below the folder of all results, unless it is absolute. */
function resultPath(output: string, place: string): string {
  return isAbsolute(place) ? place : join(output, place);
}

function stemOfMask(mask: string): string {
  return mask.replace(/(\.ome)?\.tiff?$/i, '');
}

function filesBeside(
  name: string,
  { stem, clash }: Stem,
  mask: string,
  { overwrite = false, ...options }: OutputOptions & { readonly overwrite?: boolean | undefined },
): RunFiles {
  const names = Object.keys(runOutputs) as OutputName[];
  const wanted = names.filter((name) => runOutputs[name].wanted(options));
  const others = Object.fromEntries(wanted.map((name) => [name, stem + runOutputs[name].ending]));
  return { name, paths: { ...others, mask }, record: stem + RECORD, options, replace: overwrite, clash };
}

/** The paths of all files that are made. */
export function pathsOf(files: RunFiles): string[] {
  const names = Object.keys(files.paths) as OutputName[];
  return [...names.flatMap((name) => filesOfOutput(files, name).map(({ path }) => path)), files.record];
}

/** The files of an output, each with its title; '' if the output is reported in another way. */
export function filesOfOutput({ paths, options }: RunFiles, name: OutputName): readonly OutputFile[] {
  const path = paths[name]!;
  const { files, title } = runOutputs[name];
  return files?.(path, options) ?? [{ title: title ?? '', path }];
}
