import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../io/partial-file.js';
import { readRegularText } from '../../io/regular-file.js';
import { amount, objectOf, readIfShape, text } from '../../plan/text/shape.js';
import { slideName } from '../../truth/match.js';
import type { Size } from '../../types.js';
import type { InferOptions } from '../prepare/options.js';
import type { ThresholdRecord } from '../probabilities/threshold.js';
import { type KnownRecord, knownRecord } from '../records/known-record.js';
import { type ChildRun, childRun, childThreshold } from './child-run.js';
import { compareKey, dataKey } from './key.js';
import { optionsOf, type Variant } from './variants.js';

/** The time of a variant that shares its scores with others, in seconds. */
export interface SharedTime {
  /** Seconds of the inference that was run once for all these variants. */
  readonly inference: number;
  /** Seconds for making the mask of this variant from the probabilities. */
  readonly own: number;
}

/** A run of a variant that may have shared its scores. */
export interface MaybeShared extends ChildRun {
  readonly shared?: SharedTime | undefined;
}

/**
 * The scores that several variants share: a variant without a threshold, and whether the current variant is the last
 * one to use them.
 */
export interface ScoresOf {
  readonly base: Variant;
  readonly last: boolean;
}

/** Options that make a run write more than a mask. Variants with them are run on their own. */
const ALONE = ['probabilities', 'reportDisagreement', 'outputMpp'];

/**
 * The scores from which a variant can be made, if another variant differs from it only in the threshold; otherwise
 * undefined.
 */
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
  return dataKey([resize ?? null, others]);
}

/** What is needed to run a variant on a slide. */
export interface VariantJob {
  readonly slide: string;
  readonly size: Size & { readonly levels: readonly Size[] };
  /** Options that all variants share on this slide. */
  readonly shared: InferOptions;
  /** The folders for the mask and for the scores. */
  readonly folder: string;
  readonly scoresFolder: string;
  readonly overwrite: boolean;
  /** The scores that this comparison has made, by the paths of their records. New ones are added to the set. */
  readonly made: Set<string>;
}

/**
 * Makes the mask of a variant from probabilities that it shares with others. They are inferred for the first of these
 * variants, in float32, so that the mask is the same bit for bit as that of `segtile infer` with this threshold. They
 * are deleted after the last variant.
 *
 * @returns a record like that of a single run; its time is that of the inference plus that of its mask
 * @throws {SegtileError} like `segtile infer` and `segtile threshold`
 */
export async function thresholdVariant(
  variant: Variant,
  { base, last }: ScoresOf,
  { slide, size, shared, folder, scoresFolder, overwrite, made }: VariantJob,
  onWarning: (text: string) => void,
  signal: AbortSignal,
): Promise<MaybeShared> {
  const own = { output: scoresFolder, overwrite: true, resume: false, history: false, probabilities: 'float32' } as const;
  const inferring = { ...optionsOf(base, shared, size), ...own };
  const key = await compareKey({ options: inferring, slide, truth: slide, config: undefined, settings: {} });
  const stem = join(scoresFolder, slideName(slide));
  const probabilities = `${stem}.probabilities.ome.tif`;
  const known = `${stem}.scores.json`;
  // With `--overwrite`, scores are used only if this comparison made them.
  const before = readIfShape(await readRegularText(known).catch(() => ''), scored);
  const fresh = before?.key === key && existsSync(probabilities) && (!overwrite || made.has(known));
  let run: ChildRun;
  if (fresh) run = before;
  else {
    run = await childRun(slide, inferring, onWarning, signal);
    await writeWhole(known, (file) => file.append(new TextEncoder().encode(JSON.stringify({ key, ...run }))));
    made.add(known);
  }
  const { threshold, minObject, fillHoles, maskValues, enlarge } = optionsOf(variant, shared, size);
  const masking = { threshold, minObject, fillHoles, maskValues, enlarge, output: folder, overwrite: true };
  const thresholded = await childThreshold(probabilities, masking, signal);
  if (last) {
    await rm(probabilities, { force: true });
    await rm(known, { force: true });
  }
  return { ...joined(run, thresholded.record), seconds: run.seconds + thresholded.seconds };
}

const scored = objectOf<ChildRun & { readonly key: string }>({ key: text, record: knownRecord, seconds: amount });

function joined({ record }: ChildRun, own: ThresholdRecord): { readonly record: KnownRecord; readonly shared: SharedTime } {
  const inference = record.seconds.total ?? 0;
  const total = own.seconds.total ?? 0;
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
