import { basename, dirname, join } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { fileName } from '../../io/location.js';
import { readRegularText } from '../../io/regular-file.js';
import { objectOf, optional, orNull, readShape, text } from '../../plan/text/shape.js';
import { type RecordedSlide, recordedSlide } from '../records/known-record.js';
import { predictedName } from './prediction.js';

/**
 * The slide that a mask, or probabilities, were made of: what `<name>.run.json` beside them says, as `segtile infer` writes it. Undefined where there is none,
 * or where it tells of another file.
 *
 * @throws {SegtileError} `input` where the record is damaged
 */
export async function slideBeside(path: string): Promise<RecordedSlide | undefined> {
  const found = await recordOf(dirname(path), predictedName(path));
  if (found === undefined) return undefined;
  const { slide, mask, probabilities } = found;
  const made = [mask?.path, probabilities?.path].flatMap((each) => (each ? [fileName(each)] : []));
  return slide && made.includes(basename(path)) ? slide : undefined;
}

/**
 * The slide of a name, as `<name>.run.json` in a folder tells of it; undefined where there is none.
 *
 * @throws {SegtileError} `input` where the record is damaged
 */
export async function slideNamed(folder: string, name: string): Promise<RecordedSlide | undefined> {
  return (await recordOf(folder, name))?.slide;
}

async function recordOf(folder: string, name: string): Promise<Beside | undefined> {
  const path = join(folder, `${name}.run.json`);
  const json = await readRegularText(path).catch(() => undefined);
  return json === undefined ? undefined : parsed(json, path);
}

/** Records of `threshold`, which knows no slide, stand in the same place. */
interface Beside {
  readonly slide: RecordedSlide | undefined;
  readonly mask: { readonly path: string } | undefined;
  readonly probabilities: { readonly path: string } | null | undefined;
}

const file = objectOf<{ readonly path: string }>({ path: text });
const beside = objectOf<Beside>({
  slide: optional(recordedSlide),
  mask: optional(file),
  probabilities: optional(orNull(file)),
});

function parsed(json: string, path: string): Beside {
  try {
    return readShape(json, path, beside);
  } catch (error) {
    throw new SegtileError(
      'input',
      reason(error),
      'it says how large the slide is: make it anew, or move it aside and give --slide-size',
      error,
    );
  }
}
