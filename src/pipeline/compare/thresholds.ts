import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../io/partial-file.js';
import { readRegularText } from '../../io/regular-file.js';
import { amount, number, objectOf, orNull, readIfShape, type Shape, text } from '../../plan/text/shape.js';
import { inferOptions, type Variant } from '../../plan/variants.js';
import { slideName } from '../../truth/match.js';
import type { Size } from '../../types.js';
import { type KnownRecord, knownRecord } from '../records/known-record.js';
import { type ChildRun, childRun, childThreshold } from './child-run.js';
import { compareKey } from './key.js';

/** Where the time of a variant went that shares its scores with others. */
export interface SharedTime {
  /** Of the inference that was run once for all of them, in seconds. */
  readonly inference: number;
  /** Of the mask that was made of its probabilities for this one alone. */
  readonly own: number;
}

/** A run of a variant that may have shared its scores. */
export interface MaybeShared extends ChildRun {
  readonly shared?: SharedTime | undefined;
}

/** A variant without its threshold, whose probabilities serve several variants, and whether the one at hand is the last of them. */
export interface ScoresOf {
  readonly base: Variant;
  readonly last: boolean;
}

/** Options of `infer` that also say how probabilities become a mask, and that `threshold` therefore takes. */
const MASK_OPTIONS = ['threshold', 'min-object', 'fill-holes', 'mask-values', 'enlarge'];

/** Options with which a run does more than a mask: such variants are run by themselves. */
const ALONE = ['probabilities', 'report-disagreement', 'output-mpp'];

/** Whose scores a variant can be made of: there are where another differs from it in the threshold alone. */
export function scoresOf(variant: Variant, variants: readonly Variant[]): ScoresOf | undefined {
  const { threshold, ...others } = variant.options;
  if (threshold === undefined || ALONE.some((name) => name in others)) return undefined;
  const key = keyOf(variant);
  const alike = variants.filter((each) => each.options.threshold !== undefined && keyOf(each) === key);
  if (alike.length < 2) return undefined;
  const base: Variant = { name: `scores ${key}`, resize: variant.resize, options: others };
  return { base, last: alike.at(-1) === variant };
}

function keyOf({ resize, options }: Variant): string {
  const { threshold: _, ...others } = options;
  return JSON.stringify([resize ?? null, Object.entries(others).sort()]);
}

/** What is needed to run a variant on a slide. */
export interface VariantJob {
  readonly slide: string;
  readonly size: Size & { readonly levels: readonly Size[] };
  readonly passed: readonly string[];
  /** Where the mask goes, and where the scores. */
  readonly folder: string;
  readonly scoresFolder: string;
  readonly overwrite: boolean;
}

/**
 * Makes the mask of a variant out of probabilities that it shares with others, which are inferred for the first of them, in float32, so that the mask is the
 * one of `segtile infer` at this threshold, bit for bit. After the last of them they are taken away.
 *
 * @returns a record as that of a run of its own: its time is that of the inference and of its own mask together
 * @throws {SegtileError} as `segtile infer` and `segtile threshold` do
 */
export async function thresholdVariant(
  variant: Variant,
  { base, last }: ScoresOf,
  { slide, size, passed, folder, scoresFolder, overwrite }: VariantJob,
  onWarning: (text: string) => void,
  signal: AbortSignal,
): Promise<MaybeShared> {
  const options = (of: Variant) => Object.entries(inferOptions(of, size, size.levels));
  const args = (entries: readonly (readonly [string, string])[]): string[] =>
    entries.flatMap(([name, value]) => (value === '' ? [`--${name}`] : [`--${name}`, value]));
  const inferring = [...passed, ...args(options(base)), '--probabilities', 'float32'];
  const key = await compareKey({ args: inferring, slide, truth: slide, config: undefined, settings: {} });
  const stem = join(scoresFolder, slideName(slide));
  const probabilities = `${stem}.probabilities.ome.tif`;
  const known = `${stem}.scores.json`;
  // Scores of an earlier call are older than what `--overwrite` asks for, except where this call made them.
  const before = readIfShape(await readRegularText(known).catch(() => ''), scored);
  const fresh = before?.key === key && existsSync(probabilities) && (!overwrite || made.has(known));
  let run: ChildRun;
  if (fresh) run = before;
  else {
    const where = ['--output', scoresFolder, '--overwrite', '--no-history'];
    run = await childRun([slide, ...inferring, ...where], onWarning, signal);
    await writeWhole(known, (file) => file.append(new TextEncoder().encode(JSON.stringify({ key, ...run }))));
    made.add(known);
  }
  const masking = args(options(variant).filter(([name]) => MASK_OPTIONS.includes(name)));
  const own = await childThreshold([probabilities, ...masking, '--output', folder, '--overwrite'], thresholded, signal);
  if (last) {
    await rm(probabilities, { force: true });
    await rm(known, { force: true });
  }
  return { ...joined(run, own.record), seconds: run.seconds + own.seconds };
}

/** Scores that this process has made. */
const made = new Set<string>();

/** What is read of the record of `segtile threshold`. */
interface Thresholded {
  readonly coverage: number | null;
  readonly seconds: { readonly total: number };
  readonly peakRssBytes: number;
  readonly mask: { readonly path: string };
}

const thresholded: Shape<Thresholded> = objectOf<Thresholded>({
  coverage: orNull(number),
  seconds: objectOf<Thresholded['seconds']>({ total: amount }),
  peakRssBytes: amount,
  mask: objectOf<Thresholded['mask']>({ path: text }),
});

const scored = objectOf<ChildRun & { readonly key: string }>({ key: text, record: knownRecord, seconds: amount });

function joined({ record }: ChildRun, own: Thresholded): { readonly record: KnownRecord; readonly shared: SharedTime } {
  const inference = record.seconds.total ?? 0;
  const { total } = own.seconds;
  return {
    record: {
      ...record,
      mask: { ...record.mask, path: own.mask.path },
      seconds: { ...record.seconds, threshold: total, total: inference + total },
      peakRssBytes: Math.max(record.peakRssBytes, own.peakRssBytes),
    },
    shared: { inference, own: total },
  };
}
