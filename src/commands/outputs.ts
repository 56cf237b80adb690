import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reason, SegtileError } from '../errors.js';
import { fileName, shownPath } from '../tiff/location.js';

/** Where the results of one slide go. */
export interface Outputs {
  readonly mask: string;
  readonly record: string;
  readonly preview: string;
}

/** File name endings that are no part of a slide's own name. */
const EXTENSION = /(\.ome)?\.(tiff?|svs|ndpi|scn|bif|qptiff|btf|png|jpe?g)$/i;

/**
 * The files that `infer` writes for each slide: into a folder, under the slide's name, or for one slide under a `.tif` name of its own.
 *
 * @throws {SegtileError} `usage` where one name is given for several slides, or two slides would get the same names
 */
export function outputsOf(slides: readonly string[], output: string): Outputs[] {
  const named = /(\.ome)?\.tiff?$/i.exec(output);
  if (named) {
    if (slides.length > 1) {
      throw new SegtileError('usage', `one output file, ${output}, for ${slides.length} slides`, 'give a folder with --output');
    }
    const stem = output.slice(0, named.index);
    return [{ mask: output, record: `${stem}.run.json`, preview: `${stem}.preview.jpg` }];
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
    return { mask: `${stem}.mask.ome.tif`, record: `${stem}.run.json`, preview: `${stem}.preview.jpg` };
  });
}

/**
 * Makes sure, before any work is done, that the results can be written.
 *
 * @throws {SegtileError} `output` where a file is there already, or the folder cannot be made
 */
export async function prepareOutputs(slide: string, outputs: Outputs, overwrite: boolean): Promise<void> {
  const folder = dirname(outputs.mask);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new SegtileError(
      'output',
      `cannot make the folder ${folder}: ${reason(error)}`,
      'choose another with --output',
      error,
    );
  });
  for (const path of Object.values(outputs)) {
    if (await sameFile(path, slide)) {
      throw new SegtileError('output', `${path} is the slide itself`, 'choose another name with --output');
    }
    if (!overwrite && (await exists(path))) {
      throw new SegtileError(
        'output',
        `${path} is there already`,
        'use --overwrite to replace it, or --output for another place',
      );
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function sameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}
