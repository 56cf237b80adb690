import { bundledModel } from '../model/bundled.js';
import { readCard } from '../model/card.js';
import { readModel } from '../model/facts.js';
import { defaultWorkers, openPool, type Pool } from '../model/pool.js';
import { type Model, resolveModel } from '../model/resolve.js';
import { maskSize } from '../pipeline/mask-size.js';
import { type PlanSettings, planSlide, type SlidePlan } from '../pipeline/plan-slide.js';
import type { RunRecord } from '../pipeline/record.js';
import type { RunFiles, RunSettings } from '../pipeline/run-settings.js';
import { runSlide } from '../pipeline/run-slide.js';
import { createStageClock, type StageClock } from '../pipeline/stage-clock.js';
import type { SlideOptions } from '../slide/tiff.js';
import { percent } from '../terminal/format.js';
import { createProgress } from '../terminal/progress.js';
import { styleFor } from '../terminal/style.js';
import { eachFile } from './each-file.js';
import { cardFlags, type InferOptions, planSettings, runSettings } from './infer-settings.js';
import { dryRunFacts, dryRunText, modelText, planText, runText } from './infer-words.js';
import { identities, makeFolder, type Outputs, outputsOf, pathsOf, refuseClashes } from './outputs.js';
import type { Shell } from './shell.js';
import { readSlideFlags } from './slide-options.js';
import { readThresholds, thresholdFile } from './thresholds.js';

/** What is the same for all slides of one command. */
interface Job {
  readonly model: Model;
  readonly plan: PlanSettings;
  readonly run: RunSettings;
  /** What the user says of a slide. */
  readonly slideOptionsOf: (slide: string) => SlideOptions;
  readonly options: InferOptions;
  readonly shell: Shell;
  /** Every file that is read, slides and others, by its identity. */
  readonly inputs: ReadonlySet<string>;
  /** The workers, which start when the first slide is ready for them. */
  pool(clock: StageClock): Promise<Pool>;
}

/**
 * `segtile infer`: a mask for every slide. A slide that fails does not stop the others; a model that cannot be loaded does.
 *
 * @returns the exit code: 0 when every slide was done, 2 when every failure was wrong use, else 1
 */
export async function infer(slides: readonly string[], options: InferOptions, shell: Shell): Promise<number> {
  const outputs = outputsOf(slides, options.output);
  const file = await readModel(bundledModel(options.model), shell.signal);
  const model = resolveModel(file, await readCard(file, options.card), cardFlags(options));
  const plan = planSettings(options, model);
  const run = runSettings(options, model, await readThresholds(options.threshold));
  const slideOptionsOf = await readSlideFlags(options);
  say(shell, options, modelText(model));

  let pool: Promise<Pool> | undefined;
  let modelFailed = false;
  const job: Job = {
    model,
    plan,
    run,
    slideOptionsOf,
    options,
    shell,
    inputs: await identities([
      ...slides,
      model.path,
      options.tissue,
      options.slideMppCsv ?? '',
      thresholdFile(options.threshold),
    ]),
    pool: (clock) => {
      const { workers = defaultWorkers(), device, blendSpace } = options;
      pool ??= openPool(model, { window: plan.window, workers, device, output: blendSpace, signal: shell.signal });
      pool.catch(() => {
        modelFailed = true;
      });
      return clock.wait('model', pool);
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
    await pool?.then((open) => open.close()).catch(() => undefined);
  }
}

async function inferOne(slide: string, outputs: Outputs, job: Job): Promise<void> {
  const { options, shell, model } = job;
  const { stdout, stderr } = shell;
  const clock = createStageClock();
  const files: RunFiles = {
    mask: outputs.mask,
    record: outputs.record,
    preview: options.preview ? outputs.preview : undefined,
    probabilities: options.probabilities && { path: outputs.probabilities, samples: options.probabilities },
  };
  if (!options.dryRun) await refuseClashes(job.inputs, pathsOf(files), options.overwrite === true);
  const plan = await clock.wait(
    'plan',
    planSlide(slide, { ...job.plan, slideMpp: job.slideOptionsOf(slide).mpp }, model.mpp, shell.signal),
  );
  try {
    const mask = maskSize(plan, options.outputMpp);
    if (options.dryRun) {
      stdout.write(options.json ? `${JSON.stringify(dryRunFacts(plan, mask))}\n` : dryRunText(plan, mask, styleFor(stdout)));
      return;
    }
    say(shell, options, planText(plan, styleFor(stderr)));
    await makeFolder(files.mask);
    const pool = await job.pool(clock);
    const record = await runWithProgress(plan, job, pool, files, clock);
    stdout.write(options.json ? `${JSON.stringify(record)}\n` : runText(record, files.record, styleFor(stdout)));
  } finally {
    await plan.slide.close();
  }
}

async function runWithProgress(
  plan: SlidePlan,
  { model, run, options, shell }: Job,
  pool: Pool,
  files: RunFiles,
  clock: StageClock,
): Promise<RunRecord> {
  const { selection, grid } = plan;
  const total = selection.keptCount;
  const windowPixels = grid.window.width * grid.window.height;
  const skipped = `${percent(1 - total / selection.planned)} skipped`;
  const stage = createProgress(shell.stderr, options.quiet === true).stage('windows', 'windows', skipped);
  const onWindow = (done: number): void => stage.update({ done, total, pixels: done * windowPixels });
  onWindow(0);
  try {
    return await runSlide(plan, model, pool, run, files, clock, onWindow, shell.signal);
  } finally {
    stage.stop();
  }
}

function say({ stderr }: Shell, { quiet }: InferOptions, text: string): void {
  if (!quiet) stderr.write(text);
}
