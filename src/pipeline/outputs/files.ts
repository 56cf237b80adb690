import { join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { fileName, shownPath } from '../../io/location.js';
import type { CommitOptions } from '../../io/partial-file.js';
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
 * @throws {SegtileError} `usage` where one name is given for several slides, or two slides would get the same names
 */
export function filesOf(
  slides: readonly string[],
  output: string,
  options: OutputOptions & { readonly overwrite?: boolean | undefined },
  maskEnding: string = runOutputs.mask.ending,
): RunFiles[] {
  const named = /(\.ome)?\.tiff?$/i.exec(output);
  if (named) {
    if (slides.length > 1) {
      throw new SegtileError('usage', `one output file, ${output}, for ${slides.length} slides`, 'give a folder with --output');
    }
    return slides.map((slide) => filesBeside(nameOf(slide), output.slice(0, named.index), output, options));
  }
  return stemsOf(slides, output, nameOf).map((stem, i) => filesBeside(nameOf(slides[i]!), stem, stem + maskEnding, options));
}

/** What the slide of a file is called. */
function nameOf(slide: string): string {
  return fileName(slide).replace(EXTENSION, '');
}

/**
 * What the names of the files in a folder begin with that are made of each of some others.
 *
 * @param nameOf what the slide of a file is called
 * @throws {SegtileError} `usage` where two would get the same names
 */
export function stemsOf(files: readonly string[], output: string, nameOf: (file: string) => string): string[] {
  const taken = new Map<string, string>();
  return files.map((slide) => {
    const name = nameOf(slide);
    const other = taken.get(name.toLowerCase());
    if (other !== undefined) {
      throw new SegtileError(
        'usage',
        `${shownPath(other)} and ${shownPath(slide)} would both be written as ${join(output, name)}.*`,
        'run them one at a time with an --output folder each',
      );
    }
    taken.set(name.toLowerCase(), slide);
    return join(output, name);
  });
}

function filesBeside(
  name: string,
  stem: string,
  mask: string,
  { overwrite = false, ...options }: OutputOptions & { readonly overwrite?: boolean | undefined },
): RunFiles {
  const names = Object.keys(runOutputs) as OutputName[];
  const wanted = names.filter((name) => runOutputs[name].wanted(options));
  const others = Object.fromEntries(wanted.map((name) => [name, stem + runOutputs[name].ending]));
  return { name, paths: { ...others, mask }, record: stem + RECORD, options, replace: overwrite };
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
