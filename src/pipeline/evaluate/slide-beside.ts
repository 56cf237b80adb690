import { basename, dirname, join } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { fileName } from '../../io/location.js';
import { readRegularText } from '../../io/regular-file.js';
import type { LookedAt } from '../../objects/summary.js';
import { number, objectOf, optional, orNull, readShape, text } from '../../plan/text/shape.js';
import { type RecordedSlide, recordedSlide } from '../records/known-record.js';
import { predictedName } from './prediction.js';

/**
 * The slide that a mask or a file of probabilities was made from, read from the record `<name>.run.json` that `segtile
 * infer` writes beside it. Undefined if there is no record, or if it belongs to another file.
 *
 * @throws {SegtileError} `input` if the record is damaged
 */
export async function slideBeside(path: string): Promise<SlideBeside | undefined> {
  const found = await recordOf(dirname(path), predictedName(path));
  if (found === undefined) return undefined;
  const { slide, mask, probabilities, settings } = found;
  const made = [mask?.path, probabilities?.path].flatMap((each) => (each ? [fileName(each)] : []));
  if (slide === undefined || !made.includes(basename(path))) return undefined;
  const { share = null, tissueShare = null } = settings?.region ?? {};
  return {
    ...slide,
    lookedAt: { region: share, tissue: settings?.region ? tissueShare : (settings?.tissue?.tissueShare ?? null) },
  };
}

/** A slide, and the share of it that is tissue and the share in the region of interest, if the record has them. */
export interface SlideBeside extends RecordedSlide {
  readonly lookedAt: LookedAt;
}

/**
 * The slide with a name, from `<name>.run.json` in a folder; undefined if there is no such record.
 *
 * @throws {SegtileError} `input` if the record is damaged
 */
export async function slideNamed(folder: string, name: string): Promise<RecordedSlide | undefined> {
  return (await recordOf(folder, name))?.slide;
}

async function recordOf(folder: string, name: string): Promise<RecordBeside | undefined> {
  const path = join(folder, `${name}.run.json`);
  const json = await readRegularText(path).catch(() => undefined);
  return json === undefined ? undefined : parsed(json, path);
}

/** The parts of a record that are read here. Records of `threshold` have the same file name, but no slide. */
interface RecordBeside {
  readonly slide: RecordedSlide | undefined;
  readonly mask: { readonly path: string } | undefined;
  readonly probabilities: { readonly path: string } | null | undefined;
  readonly settings: LookedAtSettings | undefined;
}

interface LookedAtSettings {
  readonly tissue: { readonly tissueShare: number | undefined } | undefined;
  readonly region: { readonly share: number | undefined; readonly tissueShare: number | null | undefined } | null | undefined;
}

const settingsShape = objectOf<LookedAtSettings>({
  tissue: optional(objectOf<NonNullable<LookedAtSettings['tissue']>>({ tissueShare: optional(number) })),
  region: optional(
    orNull(
      objectOf<NonNullable<LookedAtSettings['region']>>({ share: optional(number), tissueShare: optional(orNull(number)) }),
    ),
  ),
});
const file = objectOf<{ readonly path: string }>({ path: text });
const beside = objectOf<RecordBeside>({
  slide: optional(recordedSlide),
  mask: optional(file),
  probabilities: optional(orNull(file)),
  settings: optional(settingsShape),
});

function parsed(json: string, path: string): RecordBeside {
  try {
    return readShape(json, path, beside);
  } catch (error) {
    throw new SegtileError(
      'input',
      reason(error),
      'it holds the size of the slide: make it again, or move it away and give --slide-size',
      error,
    );
  }
}
