import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SegtileError, throwIfAborted } from '../../errors.js';
import { readRegularText } from '../../io/regular-file.js';
import { readIfShape } from '../../plan/text/shape.js';
import { inspectSlide } from '../../slide/open.js';
import type { TruthConfig } from '../../truth/config.js';
import { slideName } from '../../truth/match.js';
import type { RegionFile } from '../../truth/region.js';
import type { Size } from '../../types.js';
import { evaluateMask, type Tolerance } from '../evaluate/evaluate-mask.js';
import { type Evaluation, summarizeSlides } from '../evaluate/summary.js';
import { makeFolder } from '../outputs/clashes.js';
import type { InferOptions } from '../prepare/options.js';
import { type KnownRecord, knownRecord } from '../records/known-record.js';
import { childRun } from './child-run.js';
import { compareKey } from './key.js';
import { type MaybeShared, scoresOf, thresholdVariant } from './thresholds.js';
import { VARIANTS, variantFolder } from './variant-folder.js';
import { readVariantRun, type VariantRun, writeVariantRun } from './variant-run.js';
import { optionsOf, type Variant } from './variants.js';

/** The settings of {@link compareSlides}. */
export interface CompareSettings {
  readonly variants: readonly Variant[];
  readonly pairs: readonly { readonly slide: string; readonly truth: string }[];
  /** Options of runs that all variants share on a slide. */
  readonly shared: (slide: string) => InferOptions;
  /** The region of interest of a slide, outside of which nothing counts. */
  readonly roiOf: (slide: string) => RegionFile | undefined;
  readonly config: TruthConfig | undefined;
  /** Tolerance of the border score. */
  readonly tolerance: Tolerance;
  /** The folder for masks and results. */
  readonly output: string;
  /** Run everything again, including finished runs. */
  readonly overwrite: boolean;
}

/** Quality and cost of a variant. */
export interface VariantResult {
  readonly variant: Variant;
  readonly runs: readonly VariantRun[];
  readonly evaluation: Evaluation;
  /** Means over slides. */
  readonly seconds: number;
  readonly windows: { readonly run: number; readonly skipped: number };
  readonly megapixelsPerSecond: number;
  /** The maximum over all slides. */
  readonly peakRssBytes: number;
}

/** A run of a variant on a slide that failed. */
export interface VariantFailure {
  readonly variant: Variant;
  readonly slide: string;
  readonly error: SegtileError;
}

/** Callbacks for progress. */
export interface CompareWatcher {
  /** Called when a variant begins on a slide; `kept` if an earlier result is used. */
  started(variant: Variant, slide: string, kept: boolean): void;
  /** Called with warnings before a variant runs on a slide. */
  warned(variant: Variant, slide: string, text: string): void;
  /** Called after a variant ran on a slide, with the notes of its record on how the file was read. */
  noted(slide: string, notes: readonly string[]): void;
  /** Called with each run that failed, when all have ended. */
  failed(failure: VariantFailure): void;
  /** Called with the number of finished pairs of variant and slide. */
  done(count: number, total: number): void;
}

/**
 * Runs every variant on every slide, each run in its own process, and scores its mask. Results of an earlier call with
 * the same settings, files and versions are kept. If a variant fails, the others still run.
 *
 * @throws {SegtileError} `output` if the folder cannot be written; `input` if a slide cannot be opened; `aborted` when
 *   the signal fires
 */
export async function compareSlides(
  settings: CompareSettings,
  watcher: CompareWatcher,
  signal: AbortSignal,
): Promise<{ readonly results: readonly VariantResult[]; readonly failures: readonly VariantFailure[] }> {
  const { variants, pairs } = settings;
  const results: VariantResult[] = [];
  const failures: VariantFailure[] = [];
  const total = variants.length * pairs.length;
  const made = new Set<string>();
  let done = 0;
  watcher.done(done, total);
  for (const variant of variants) {
    const runs: VariantRun[] = [];
    for (const pair of pairs) {
      throwIfAborted(signal);
      try {
        const run = await runVariant(variant, pair, settings, made, watcher, signal);
        watcher.noted(pair.slide, [...run.record.slide.notes, ...run.scores.notes]);
        runs.push(run);
      } catch (error) {
        throwIfAborted(signal);
        if (!(error instanceof SegtileError)) throw error;
        failures.push({ variant, slide: pair.slide, error });
      }
      watcher.done(++done, total);
    }
    if (runs.length === pairs.length) results.push(summarized(variant, runs));
  }
  return { results, failures };
}

async function runVariant(
  variant: Variant,
  { slide, truth }: CompareSettings['pairs'][number],
  { variants, shared, roiOf, config, tolerance, output, overwrite }: CompareSettings,
  made: Set<string>,
  watcher: CompareWatcher,
  signal: AbortSignal,
): Promise<VariantRun> {
  const size = await slideSize(slide, signal);
  const options = optionsOf(variant, shared(slide), size);
  const key = await compareKey({ options, slide, truth, config, settings: { tolerance } });
  const folder = join(output, VARIANTS, variantFolder(variant.name));
  const stem = join(folder, slideName(slide));
  const kept = overwrite ? undefined : await readVariantRun(`${stem}.result.json`, key);
  watcher.started(variant, slide, kept !== undefined);
  if (kept) return kept;
  await makeFolder(stem);
  await rm(`${stem}.result.json`, { force: true });
  const onWarning = (text: string): void => watcher.warned(variant, slide, text);
  const scored = scoresOf(variant, variants);
  const scoresFolder = join(output, VARIANTS, scored ? variantFolder(scored.base.name) : '');
  if (scored) await makeFolder(join(scoresFolder, slideName(slide)));
  const job = { slide, size, shared: shared(slide), folder, scoresFolder, overwrite, made };
  const {
    record,
    seconds,
    shared: time,
  }: MaybeShared = scored
    ? await thresholdVariant(variant, scored, job, onWarning, signal)
    : await childRun(slide, { ...options, ...ownOptions(folder) }, onWarning, signal);
  // Called now, because the comparison may fail.
  watcher.noted(slide, record.slide.notes);
  const compared = { roi: roiOf(slide), config, slideSize: size, tolerance, errorsByPlace: true, rule: noProbabilities };
  const scores = await evaluateMask(record.mask.path, truth, compared, () => undefined, signal);
  if (!scored) await refuseReplaced(`${stem}.run.json`, record);
  const run: VariantRun = { key, record, seconds, shared: time, scores };
  await writeVariantRun(`${stem}.result.json`, run);
  return run;
}

/**
 * The options that belong to one run of a variant. A run that was stopped is started from the beginning, because its
 * time is measured.
 */
function ownOptions(folder: string) {
  return { output: folder, overwrite: true, resume: false, history: false } as const;
}

/** Rejects a score if another process has replaced the mask, because the score may then belong to the other mask. */
async function refuseReplaced(path: string, { id, mask }: KnownRecord): Promise<void> {
  const now = readIfShape(await readRegularText(path).catch(() => ''), knownRecord);
  if (now?.id === id) return;
  throw new SegtileError(
    'output',
    `${mask.path} was replaced by another process before it was scored`,
    'give comparisons that run at the same time an --output folder each',
  );
}

function noProbabilities(): never {
  throw new SegtileError('model', 'masks are compared, not probabilities');
}

/**
 * The size of level 0 of a slide and of each of its levels, in px. Also works for a slide that can be read only with
 * options that the runs have.
 *
 * @throws {SegtileError} `input` if the slide cannot be opened
 */
export async function slideSize(path: string, signal: AbortSignal): Promise<Size & { readonly levels: readonly Size[] }> {
  const { slide } = await inspectSlide(path, { signal });
  const { width, height, levels } = slide;
  await slide.close();
  return { width, height, levels };
}

function summarized(variant: Variant, runs: readonly VariantRun[]): VariantResult {
  const mean = (of: (run: VariantRun) => number): number => runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  return {
    variant,
    runs,
    evaluation: summarizeSlides(runs.map(({ scores }) => scores)),
    seconds: mean(({ record }) => record.seconds.total ?? 0),
    windows: { run: mean(({ record }) => record.windows.run), skipped: mean(({ record }) => record.windows.skipped) },
    megapixelsPerSecond: mean(({ record }) => (record.slide.width * record.slide.height) / 1e6 / (record.seconds.total ?? 1)),
    peakRssBytes: Math.max(...runs.map(({ record }) => record.peakRssBytes)),
  };
}
