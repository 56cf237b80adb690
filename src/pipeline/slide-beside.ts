import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SegtileError } from '../errors.js';
import { fileName } from '../tiff/location.js';
import type { Size } from '../types.js';
import { predictedName } from './prediction.js';
import type { RunRecord } from './record.js';

/** A slide as a record has it, and how a run saw it. Records of older runs do not say. */
export type SeenSlide = Pick<RunRecord['slide'], 'path'> & Partial<Pick<RunRecord['slide'], 'range' | 'picked'>>;

/** A slide as a record of a run has it: level 0, in px. */
export type RecordedSlide = SeenSlide & Size;

/**
 * The slide that a mask, or probabilities, were made of: what `<name>.run.json` beside them says, as `segtile infer` writes it. Undefined where there is none,
 * or where it tells of another file.
 *
 * @throws {SegtileError} `input` where the record is damaged
 */
export async function slideBeside(path: string): Promise<RecordedSlide | undefined> {
  const recordPath = join(dirname(path), `${predictedName(path)}.run.json`);
  const text = await readFile(recordPath, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { slide, mask, probabilities } = parsed(text, recordPath);
  const made = [mask?.path, probabilities?.path].flatMap((each) => (each ? [fileName(each)] : []));
  if (!slide || !made.includes(basename(path))) return undefined;
  const { width, height, range, picked } = slide;
  return { path: slide.path, width, height, range, picked };
}

function parsed(text: string, path: string): Partial<Pick<RunRecord, 'slide' | 'mask' | 'probabilities'>> {
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record === 'object' && record !== null) return record;
  } catch {
    // Said below.
  }
  throw new SegtileError(
    'input',
    `${path} is no record of a run`,
    'it says how large the slide is: make it anew, or move it aside and give --slide-size',
  );
}
