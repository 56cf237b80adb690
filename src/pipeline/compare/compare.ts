import { join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { writeWhole } from '../../io/partial-file.js';
import { readConfig, type TruthConfig } from '../../truth/config.js';
import { slideName } from '../../truth/match.js';
import type { RegionFile } from '../../truth/region.js';
import { inClaimedFolder } from '../outputs/claimed-folder.js';
import type { InferOptions } from '../prepare/options.js';
import { HISTORY } from '../records/history.js';
import { rememberRun } from '../records/run-history.js';
import { rememberScores } from '../records/score-history.js';
import type { SlideRequest } from '../slides/request.js';
import { placedTruths } from '../slides/truths.js';
import { slideValues } from '../slides/values.js';
import { checkVariantsRun } from './check-variants.js';
import { type CompareWatcher, compareSlides, type VariantFailure, type VariantResult } from './compare-slides.js';
import type { CompareOptions } from './options.js';
import { writeCompareReport } from './report.js';
import { type ComparisonRecord, comparisonRecord } from './results.js';
import type { Variant } from './variants.js';

/** The settings of {@link compareVariants}. */
export interface ComparisonRequest {
  readonly slides: readonly SlideRequest[];
  readonly variants: readonly Variant[];
  /** Options of runs that all variants share, except those that belong to one slide. */
  readonly shared: InferOptions;
  /** The options of `segtile compare`, parsed. */
  readonly options: CompareOptions;
  /** How the program was called, for the report. */
  readonly command: readonly string[];
}

/** The result of a comparison. */
export interface Comparison {
  readonly results: readonly VariantResult[];
  readonly failures: readonly VariantFailure[];
  /** The record as it was written; undefined if every run failed. */
  readonly record: ComparisonRecord | undefined;
}

/**
 * Runs every variant on every slide, compares quality and cost, and writes the results. This does all of `segtile
 * compare`, and of `compare` in the library, except for progress messages.
 *
 * @throws {SegtileError} `usage` if a variant cannot be run or two slides have the same name; `input` if truth is
 *   missing; `output` if a file cannot be written; `aborted` when the signal fires
 */
export async function compareVariants(
  { slides, variants, shared, options, command }: ComparisonRequest,
  watcher: CompareWatcher,
  signal: AbortSignal,
): Promise<Comparison> {
  const { truth, classes, output, tolerance, overwrite = false } = options;
  if (truth === undefined) {
    throw new SegtileError('usage', 'no truth was given', 'give a file, a folder or a CSV of pairs with --truth');
  }
  // The figures cover all slides, so a slide that cannot be read is an error and is not left out.
  for (const { problem } of slides) if (problem !== undefined) throw problem;
  const pairs = await placedTruths(slides, truth);
  refuseNamesakes(slides.map(({ path }) => path));
  const config = classes === undefined ? undefined : await readConfig(classes);
  const { roiOf, sharedOn } = await optionsBySlide(shared, options, slides);
  const named = pairs.map(({ slide }) => slide);
  await checkVariantsRun(variants, named, sharedOn, (slide, notes) => watcher.noted(slide, notes), signal);
  const settings = { variants, pairs, shared: sharedOn, roiOf, config, tolerance, output, overwrite };
  const run = async (signal: AbortSignal): Promise<Comparison> => {
    const { results, failures } = await compareSlides(settings, watcher, signal);
    for (const failure of failures) watcher.failed(failure);
    if (results.length === 0) return { results, failures, record: undefined };
    const record = comparisonRecord(results);
    await writeResults(results, record, options, command, config, signal);
    return { results, failures, record };
  };
  return inClaimedFolder(output, run, signal);
}

/** Rejects slides with the same name, because results are filed by slide name. */
function refuseNamesakes(slides: readonly string[]): void {
  const names = slides.map((slide) => slideName(slide).toLowerCase());
  const twin = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twin < 0) return;
  const first = slides[names.indexOf(names[twin]!)];
  throw new SegtileError(
    'usage',
    `${first} and ${slides[twin]} have the same name, so their results would have the same place`,
    'compare them one at a time, each with its own --output folder',
  );
}

/**
 * The options that all variants share on a slide: its region of interest and its micrometres per pixel. The latter are
 * looked up per slide, because the CSV that holds them lists the other slides, too.
 *
 * @throws {SegtileError} `input` if the CSV cannot be read, or lists a file that is not one of the slides
 */
async function optionsBySlide(
  { slideMppCsv, ...shared }: InferOptions,
  { roi, roiClass, excludeClass }: CompareOptions,
  slides: readonly SlideRequest[],
): Promise<{ roiOf(slide: string): RegionFile | undefined; sharedOn(slide: string): InferOptions }> {
  const { slideMpp } = shared;
  const flags = {
    ...(slideMpp !== undefined && { slideMpp }),
    ...(slideMppCsv !== undefined && { slideMppCsv }),
    ...(roi !== undefined && { roi }),
    ...(roiClass !== undefined && { roiClass }),
    ...(excludeClass !== undefined && { excludeClass }),
  };
  const values = await slideValues({ ...flags, tissue: 'none', device: shared.device }, slides);
  const bySlide = new Map(slides.map(({ path }, i) => [path, values[i]!]));
  return {
    roiOf: (slide) => bySlide.get(slide)!.roi,
    sharedOn: (slide) => {
      const { mpp, roi: region } = bySlide.get(slide)!;
      const own = typeof mpp === 'object' ? mpp.x : mpp;
      return {
        ...shared,
        ...(own !== undefined && { slideMpp: own }),
        ...(region !== undefined && { roi: region.path }),
        ...(region?.within !== undefined && { roiClass: region.within }),
        ...(region?.exclude !== undefined && { excludeClass: region.exclude }),
      };
    },
  };
}

async function writeResults(
  results: readonly VariantResult[],
  record: ComparisonRecord,
  { output, report, history, regions }: CompareOptions,
  command: readonly string[],
  config: TruthConfig | undefined,
  signal: AbortSignal,
): Promise<void> {
  const json = new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
  await writeWhole(join(output, 'compare.json'), (file) => file.append(json));
  if (report)
    await writeCompareReport(join(output, 'report.html'), results, { command, output, record, config, regions }, signal);
  if (history === false) return;
  const path = typeof history === 'string' ? history : join(output, HISTORY);
  for (const { runs } of results) {
    for (const { record, scores } of runs) {
      await rememberRun(path, record);
      await rememberScores(path, 'compare', scores);
    }
  }
}
