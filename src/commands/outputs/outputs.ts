import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { fileName, shownPath } from '../../io/location.js';
import { existsError } from '../../io/partial-file.js';
import type { RunFiles } from '../../pipeline/prepare/run-settings.js';

/** Where the results of one slide go. */
export interface Outputs {
  readonly mask: string;
  readonly record: string;
  readonly preview: string;
  readonly report: string;
  readonly disagreement: string;
  readonly probabilities: string;
}

/** File name endings that are no part of a slide's own name. */
const EXTENSION = /(\.probabilities)?(\.ome)?\.(tiff?|svs|ndpi|scn|bif|qptiff|btf|png|jpe?g)$/i;

/**
 * The files that a command writes for each slide, or file of its probabilities: into a folder, under the slide's name, or for one slide under a `.tif` name of its own.
 *
 * @param mark stands in the name of the mask, before its ending
 * @throws {SegtileError} `usage` where one name is given for several slides, or two slides would get the same names
 */
export function outputsOf(slides: readonly string[], output: string, mark = 'mask'): Outputs[] {
  const named = /(\.ome)?\.tiff?$/i.exec(output);
  if (named) {
    if (slides.length > 1) {
      throw new SegtileError('usage', `one output file, ${output}, for ${slides.length} slides`, 'give a folder with --output');
    }
    const stem = output.slice(0, named.index);
    return [{ mask: output, ...besides(stem) }];
  }
  const taken = new Map<string, string>();
  return slides.map((slide) => {
    const name = fileName(slide).replace(EXTENSION, '');
    const other = taken.get(name.toLowerCase());
    if (other !== undefined) {
      throw new SegtileError(
        'usage',
        `${shownPath(other)} and ${shownPath(slide)} would both be written as ${join(output, name)}.*`,
        'run them one at a time with an --output folder each',
      );
    }
    taken.set(name.toLowerCase(), slide);
    const stem = join(output, name);
    return { mask: `${stem}.${mark}.ome.tif`, ...besides(stem) };
  });
}

function besides(stem: string): Omit<Outputs, 'mask'> {
  return {
    record: `${stem}.run.json`,
    preview: `${stem}.preview.jpg`,
    report: `${stem}.report.html`,
    disagreement: `${stem}.disagreement.tif`,
    probabilities: `${stem}.probabilities.ome.tif`,
  };
}

/** Every file that a run writes. */
export function pathsOf({ mask, preview, report, disagreement, probabilities, record }: RunFiles): string[] {
  return [mask, preview, report, disagreement, probabilities?.path, record].filter((each) => each !== undefined);
}

/** What tells files apart whatever they are called, for those of the paths that are local files. */
export async function identities(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return new Set(found.flatMap((each) => (each ? [identityOf(each)] : [])));
}

function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

/**
 * Makes sure, before any work is done, that the results replace nothing that they should not.
 *
 * @param inputs from {@link identities}, of every file that the command reads: none is replaced, whatever `overwrite` says
 * @throws {SegtileError} `output` where a file is there already, or is an input
 */
export async function refuseClashes(inputs: ReadonlySet<string>, paths: readonly string[], overwrite: boolean): Promise<void> {
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (!found) continue;
    if (found.isDirectory()) throw new SegtileError('output', `${path} is a folder`, 'choose another place with --output');
    if (inputs.has(identityOf(found))) {
      throw new SegtileError('output', `${path} is a file that the command reads`, 'choose another name with --output');
    }
    if (!overwrite) throw existsError(path);
  }
}

/**
 * Makes the folder that a file is to stand in.
 *
 * @throws {SegtileError} `output` where that cannot be
 */
export async function makeFolder(file: string): Promise<void> {
  const folder = dirname(file);
  await make(folder).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' || error.code === 'ENOTDIR' ? 'a file stands in the way' : reason(error).split(', ')[0];
    throw new SegtileError('output', `cannot make the folder ${folder}: ${why}`, 'choose another with --output', error);
  });
}

/** `mkdir` of Node with `recursive` does not come back where a file system, such as /proc, takes no new folders. */
async function make(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  if (dirname(folder) !== folder) await make(dirname(folder));
  await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    // Another process may have made it meanwhile.
    if (error.code !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
  });
}
