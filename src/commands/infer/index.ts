import { dirname, join } from 'node:path';
import { type Ensemble, joinModels } from '../../model/card/ensemble.js';
import type { WindowGroup } from '../../model/card/groups.js';
import type { Model } from '../../model/card/model.js';
import { openPool, type Pool } from '../../model/sessions/pool.js';
import { defaultWorkers } from '../../model/sessions/pool-options.js';
import { runSlide } from '../../pipeline/infer/run-slide.js';
import { identities, makeFolder, refuseClashes } from '../../pipeline/outputs/clashes.js';
import { filesOf, pathsOf, type RunFiles } from '../../pipeline/outputs/files.js';
import { maskSize } from '../../pipeline/prepare/mask-size.js';
import { windowCounts } from '../../pipeline/prepare/passes.js';
import { type PlanSettings, planSlide, type SlidePlan } from '../../pipeline/prepare/plan-slide.js';
import { passesPerWindow, readyModel } from '../../pipeline/prepare/ready-model.js';
import type { ReadyModel, RunSettings } from '../../pipeline/prepare/run-settings.js';
import { HISTORY } from '../../pipeline/records/history.js';
import type { RunRecord } from '../../pipeline/records/record.js';
import { rememberRun } from '../../pipeline/records/run-history.js';
import { createStageClock, type StageClock } from '../../pipeline/records/stage-clock.js';
import type { SlideOptions } from '../../slide/tiff.js';
import { percent } from '../../terminal/format.js';
import { createProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import type { Size } from '../../types.js';
import { readSlideFlags } from '../options/slide-options.js';
import { readThresholds, thresholdFile } from '../options/thresholds.js';
import { eachFile } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import type { InferOptions } from './flags.js';
import { readMembers } from './models.js';
import { planSettings, runSettings } from './settings.js';
import { deviceText, dryRunFacts, dryRunText, modelText, runText, slidePlanText } from './words.js';

/** What is the same for all slides of one command. */
interface Job {
  readonly ensemble: Ensemble;
  readonly plan: PlanSettings;
  readonly run: RunSettings;
  /** What the user says of a slide. */
  readonly slideOptionsOf: (slide: string) => SlideOptions;
  readonly options: InferOptions;
  readonly shell: Shell;
  /** Every file that is read, slides and others, by its identity. */
  readonly inputs: ReadonlySet<string>;
  /** How often networks are run for a window of each grid of the plan. */
  readonly passes: readonly number[];
  /** Has the workers start, which takes a while, unless they have already. */
  start(): Promise<readonly Pool[]>;
  /** The workers, once they can take windows. */
  ready(clock: StageClock): Promise<ReadyModel>;
}

/**
 * `segtile infer`: a mask for every slide. A slide that fails does not stop the others; a model that cannot be loaded does.
 *
 * @returns the exit code: 0 when every slide was done, 2 when every failure was wrong use, else 1
 */
export async function runInfer(slides: readonly string[], options: InferOptions, shell: Shell): Promise<number> {
  const outputs = filesOf(slides, options.output, options);
  const ensemble = joinModels(await readMembers(options, shell.signal));
  const noted = new Set<string>();
  const note = (sentence: string): void => {
    if (!noted.has(sentence)) say(shell, options, `${sentence}\n`);
    noted.add(sentence);
  };
  const { plan, groups } = planSettings(options, ensemble, note);
  const run = { ...runSettings(options, ensemble, await readThresholds(options.threshold)), note };
  const slideOptionsOf = await readSlideFlags(options, slides);
  say(shell, options, modelText(ensemble));

  let pools: Promise<readonly Pool[]> | undefined;
  let modelFailed = false;
  // What the workers run on is told once.
  let told = false;
  const job: Job = {
    ensemble,
    plan,
    run,
    slideOptionsOf,
    options,
    shell,
    inputs: await identities([
      ...slides,
      ...ensemble.members.map(({ model }) => model.path),
      options.tissue,
      options.slideMppCsv ?? '',
      thresholdFile(options.threshold),
    ]),
    passes: passesPerWindow(groups, options.tta),
    start() {
      pools ??= startPools(ensemble, groups, options, shell);
      // Whoever needs the workers sees why there are none; until then a failure must not count as unhandled.
      pools.catch(() => undefined);
      return pools;
    },
    async ready(clock) {
      // Not before: a slide that fails of itself while the workers start would be all that is told.
      const open = await clock.wait('model', job.start()).catch((error: unknown) => {
        modelFailed = true;
        throw error;
      });
      if (!told) say(shell, options, deviceText(open));
      told = true;
      return readyModel(ensemble, groups, open, options.tta);
    },
  };
  try {
    return await eachFile(
      slides,
      { what: 'slides', key: 'slide', json: options.json },
      shell,
      (slide, index) => inferOne(slide, outputs[index]!, job),
      () => modelFailed,
    );
  } finally {
    await pools?.then(closePools).catch(() => undefined);
  }
}

/** A pool for each model of an ensemble, in its order. */
async function startPools(
  { members }: Ensemble,
  groups: readonly WindowGroup[],
  options: InferOptions,
  shell: Shell,
): Promise<readonly Pool[]> {
  const pools: Pool[] = [];
  try {
    for (const [index, { model }] of members.entries()) {
      const { own } = groups.find((group) => group.members.includes(index))!;
      pools.push(await startPool(model, own, options, shell));
    }
    return pools;
  } catch (error) {
    await closePools(pools);
    throw error;
  }
}

async function closePools(pools: readonly Pool[]): Promise<void> {
  for (const pool of pools) await pool.close();
}

function startPool(model: Model, window: Size, options: InferOptions, shell: Shell): Promise<Pool> {
  const { workers = defaultWorkers(), blendSpace, device, batch, scoreType, verify } = options;
  const { requireGpu, allowCpuNodes, allowSoftware } = options;
  const note = (text: string): void => say(shell, options, `${text}\n`);
  return openPool(model, {
    window,
    workers,
    device,
    batch,
    scoreType,
    verify,
    requireGpu,
    allowCpuNodes,
    allowSoftware,
    output: blendSpace,
    signal: shell.signal,
    note,
  });
}

async function inferOne(slide: string, files: RunFiles, job: Job): Promise<void> {
  const { options, shell, ensemble, passes } = job;
  const { stdout, stderr } = shell;
  const clock = createStageClock();
  if (!options.dryRun) await refuseClashes(job.inputs, pathsOf(files), options.overwrite === true);
  const settings = { ...job.plan, slideMpp: job.slideOptionsOf(slide).mpp };
  const start = options.dryRun ? undefined : job.start;
  const plan = await clock.wait('plan', planSlide(slide, settings, ensemble.members[0]!.model.mpp, shell.signal, start));
  try {
    const mask = maskSize(plan, options.outputMpp);
    if (options.dryRun) {
      stdout.write(
        options.json
          ? `${JSON.stringify(dryRunFacts(plan, passes, mask))}\n`
          : dryRunText(plan, passes, mask, styleFor(stdout)),
      );
      return;
    }
    say(shell, options, slidePlanText(plan, passes, styleFor(stderr)));
    await makeFolder(files.record);
    const ready = await job.ready(clock);
    const record = await runWithProgress(plan, job, ready, files, clock);
    if (files.paths.report !== undefined) await report(files.paths.report, record, plan, files);
    if (options.history !== false) await rememberRun(historyOf(options, files.paths.mask), record);
    stdout.write(options.json ? `${JSON.stringify(record)}\n` : runText(record, files, styleFor(stdout)));
  } finally {
    await plan.slide.close();
  }
}

/** Loads what draws charts only where there is one to draw: it takes as long to load as all the rest. */
async function report(path: string, record: RunRecord, plan: SlidePlan, { replace }: RunFiles): Promise<void> {
  const { writeInferReport } = await import('../../pipeline/infer/report.js');
  await writeInferReport(path, record, plan, { replace });
}

function historyOf({ history }: InferOptions, mask: string): string {
  return typeof history === 'string' ? history : join(dirname(mask), HISTORY);
}

async function runWithProgress(
  plan: SlidePlan,
  { ensemble, run, options, shell }: Job,
  ready: ReadyModel,
  files: RunFiles,
  clock: StageClock,
): Promise<RunRecord> {
  const { window } = plan.grid;
  const { planned, run: total } = windowCounts(plan);
  const windowPixels = window.width * window.height;
  const skipped = `${percent(1 - total / planned)} skipped`;
  const stage = createProgress(shell.stderr, options.quiet === true).stage('windows', 'windows', skipped);
  const onWindow = (done: number): void => stage.update({ done, total, pixels: done * windowPixels });
  onWindow(0);
  try {
    return await runSlide(plan, ensemble, ready, run, files, clock, onWindow, shell.signal);
  } finally {
    stage.stop();
  }
}

function say({ stderr }: Shell, { quiet }: InferOptions, text: string): void {
  if (!quiet) stderr.write(text);
}
