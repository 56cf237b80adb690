import { isAbsolute, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { fileName, shownPath } from '../../io/location.js';
import type { CommitOptions } from '../../io/partial-file.js';
import { folderOf, isMaskName, type SlideRequest } from '../slides/request.js';
import type { OutputFile } from './output.js';
import { type OutputName, type OutputOptions, runOutputs } from './table.js';

/** The files that are made from one slide, or from its probabilities. */
export interface RunFiles extends CommitOptions {
  /** What the slide is called. */
  readonly name: string;
  /** The paths of all wanted outputs, in the order of the table. */
  readonly paths: { readonly mask: string } & { readonly [Name in OutputName]?: string };
  readonly record: string;
  readonly options: OutputOptions;
  /** Why nothing can be written under these names: others would be called the same. */
  readonly clash?: SegtileError | undefined;
}

/** Ending of the record of a run. */
const RECORD = '.run.json';

/** File name endings that are not part of the slide's name. */
const EXTENSION = /(\.probabilities)?(\.ome)?\.(tiff?|svs|ndpi|scn|bif|qptiff|btf|png|jpe?g)$/i;

/**
 * The files that are made of each slide, or file of its probabilities: in a folder, under the slide's name, or for one slide under a `.tif` name
 * of its own.
 *
 * @param options which outputs are wanted beside the mask
 * @param maskEnding of the mask in a folder
 * @throws {SegtileError} `usage` where one name is given for several slides
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

/** What the slide of a file is called. */
function nameOf(slide: string): string {
  return fileName(slide).replace(EXTENSION, '');
}

/** What the names of the files begin with that are made of one file. */
export interface Stem {
  readonly stem: string;
  /** Why nothing can be written under it: others would be called the same. */
  readonly clash: SegtileError | undefined;
}

/**
 * What the names of the files begin with that are made of each of some others. Where several would get the same names, all of them are refused: which of them
 * a result is of could not be told.
 *
 * @param output the folder of all results
 * @param nameOf what the slide of a file is called
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
    'run them one at a time with an --output folder each, or give a list with the columns slide and output with --from',
  );
}

/** A place below the folder of all results, unless it is absolute. */
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

/** Every file that is made. */
export function pathsOf(files: RunFiles): string[] {
  const names = Object.keys(files.paths) as OutputName[];
  return [...names.flatMap((name) => filesOfOutput(files, name).map(({ path }) => path)), files.record];
}

/** The files of an output that is made, each with what it is called; '' where other words tell it. */
export function filesOfOutput({ paths, options }: RunFiles, name: OutputName): readonly OutputFile[] {
  const path = paths[name]!;
  const { files, title } = runOutputs[name];
  return files?.(path, options) ?? [{ title: title ?? '', path }];
}
