import { setTimeout as delay } from 'node:timers/promises';
import type { Holder } from '../../io/claim.js';
import { eachFile, type FilesDone, type Outcome } from '../each-file.js';
import type { RunFiles } from '../outputs/files.js';
import { wantsObjects } from '../outputs/kinds/objects.js';
import type { InferOptions } from '../prepare/options.js';
import { summarizeResults } from '../records/object-summary.js';
import type { RunRecord } from '../records/record.js';
import type { ShardFacts } from '../resume/shards.js';
import { keepFailures } from '../slides/failed.js';
import { isMaskName, type SlideRequest } from '../slides/request.js';
import { openSegmenter, type Segmenter, type SegmentWatcher } from './segmenter.js';
import type { DryRun, SlideOutcome } from './slide-outcome.js';

/** Callbacks for progress. Slides are handled one after the other. */
export interface SlidesWatcher extends SegmentWatcher {
  /** Called for each finished slide with the record of its run, as it was written, and its files. */
  readonly done?: ((record: RunRecord, files: RunFiles) => void) | undefined;
  /** Called for each slide whose result from the same run exists already. */
  readonly kept?: ((record: RunRecord, files: RunFiles) => void) | undefined;
  /** Called for each slide that another process is working on. */
  readonly elsewhere?: ((slide: string, holder: Holder) => void) | undefined;
  /** Called for each shard of a slide's rows that was made, or existed already. */
  readonly shard?: ((shard: ShardFacts, status: 'done' | 'kept') => void) | undefined;
  /** Called for each slide that failed. The other slides still run, unless the model itself cannot be run. */
  readonly failed?: ((slide: string, error: unknown) => void) | undefined;
  /** Called with the path of the list of failures, from this run or an earlier one. */
  readonly listed?: ((path: string) => void) | undefined;
}

/**
 * Segments slides: runs the models on the windows of each slide and stitches the scores to one mask. This does all of
 * `segtile infer`, and of `segment` in the library, except for progress messages.
 *
 * @param options of `segtile infer`, parsed
 * @throws {SegtileError} as `openSegmenter`, before any slide is run
 */
export async function segmentSlides(
  slides: readonly SlideRequest[],
  options: InferOptions,
  watcher: SlidesWatcher,
  signal: AbortSignal,
): Promise<FilesDone> {
  const segmenter = await openSegmenter(slides, options, watcher, signal);
  const own = segmenter.own.map((index) => slides[index]!);
  const running = eachSlide(own, segmenter, options.wait === true, watcher, signal);
  const ended = await running.finally(segmenter.close);
  // The list of failures is for slides that can be fixed. If the model cannot be run, the slides are not the cause.
  const list = isMaskName(options.output) || segmenter.modelFailed() ? undefined : await keepFailures(options.output, ended);
  if (list !== undefined) watcher.listed?.(list);
  if (wantsObjects(options) && !segmenter.inRows) await summarizeResults(options.output, ended.outcomes);
  return ended;
}

/**
 * Plans slides without running anything.
 *
 * @param planned called for each slide with what would be run
 * @throws {SegtileError} as `openSegmenter`
 */
export async function planSlides(
  slides: readonly SlideRequest[],
  options: InferOptions,
  watcher: SlidesWatcher,
  signal: AbortSignal,
  planned: (plan: DryRun) => void,
): Promise<FilesDone> {
  const segmenter = await openSegmenter(slides, options, watcher, signal);
  const own = segmenter.own.map((index) => slides[index]!);
  return eachFile(own, { failed: watcher.failed, signal }, async (_, at) => {
    planned(await segmenter.dryRun(segmenter.own[at]!));
    return 'done';
  });
}

/** Milliseconds between two checks of slides that other processes are working on. */
const POLL = 2000;

/** Calls the watcher with the outcome of a slide. */
export function tellOutcome(outcome: SlideOutcome, slide: string, files: RunFiles, watcher: SlidesWatcher): Outcome {
  if (outcome.status === 'elsewhere') watcher.elsewhere?.(slide, outcome.holder);
  else if ('shard' in outcome) watcher.shard?.(outcome.shard, outcome.status);
  else if (outcome.status === 'kept') watcher.kept?.(outcome.record, files);
  else watcher.done?.(outcome.record, files);
  return outcome.status;
}

/**
 * Runs slides. If `wait` is set, tries slides that other processes were working on again.
 *
 * @param slides the segmenter's own slides
 */
async function eachSlide(
  slides: readonly SlideRequest[],
  segmenter: Segmenter,
  wait: boolean,
  watcher: SlidesWatcher,
  signal: AbortSignal,
): Promise<FilesDone> {
  const each = { failed: watcher.failed, hopeless: segmenter.modelFailed, signal };
  const run = async (at: number): Promise<Outcome> => {
    const outcome = await segmenter.run(segmenter.own[at]!);
    if (wait && outcome.status === 'elsewhere') return outcome.status;
    return tellOutcome(outcome, slides[at]!.path, segmenter.files[segmenter.own[at]!]!, watcher);
  };
  const first = await eachFile(slides, each, (_, index) => run(index));
  const outcomes = [...first.outcomes];
  const failures = [...first.failures];
  const waiting = (): number[] => outcomes.flatMap((outcome, index) => (outcome === 'elsewhere' ? [index] : []));
  while (wait && waiting().length > 0 && !segmenter.modelFailed()) {
    await delay(POLL, undefined, { signal }).catch(() => undefined);
    const again = waiting();
    const next = await eachFile(
      again.map((index) => slides[index]!),
      each,
      (_, at) => run(again[at]!),
    );
    for (const [at, index] of again.entries()) outcomes[index] = next.outcomes[at];
    failures.push(...next.failures);
    if (signal.aborted) break;
  }
  return { files: slides, outcomes, failures };
}
