import { shownPath } from '../../io/location.js';
import { type Ensemble, joinModels } from '../../model/card/ensemble.js';
import type { Pool } from '../../model/sessions/pool.js';
import { type FittedImage, windowsOver } from '../../plan/windows/fitting.js';
import type { Geometry } from '../../plan/windows/scale.js';
import type { Size } from '../../types.js';
import { type Foreteller, foreteller } from '../memory/foreteller.js';
import type { autoPlan } from '../perception/auto-plan.js';
import { readMembers } from '../prepare/models/named-models.js';
import { passesPerWindow, readyModel } from '../prepare/models/ready-model.js';
import type { InferOptions } from '../prepare/options.js';
import { planSlide, type SlidePlan, workingSize } from '../prepare/plan-slide.js';
import type { ReadyModel, RunSettings } from '../prepare/run-settings.js';
import { planSettings, runSettings } from '../prepare/settings.js';
import type { Thresholds } from '../prepare/thresholds.js';
import type { StageClock } from '../records/stage-clock.js';
import type { SlideValues } from '../slides/values.js';
import { closePools, startPools } from './scores/pools.js';

/** Callbacks for what is decided about the models, and for the devices that they run on. */
export interface EngineWatcher {
  /** Called with a sentence on a decision about the models; once for each sentence. */
  readonly note?: ((sentence: string) => void) | undefined;
  /** Called with the models, before any slide. */
  readonly model?: ((ensemble: Ensemble) => void) | undefined;
  /** Called once the models run, with the devices that they run on. */
  readonly device?: ((pools: readonly Pool[]) => void) | undefined;
}

/** The models and options with which slides are run. */
export interface Engine {
  readonly ensemble: Ensemble;
  readonly settings: RunSettings;
  /** For each grid: how often networks are run per window. */
  readonly passes: readonly number[];
  readonly memory: Foreteller;
  /** The number of channels of the scores of a window of the first grid. */
  readonly channels: number;
  /** Whether a sample of each slide is also run the dense way, and compared. */
  readonly proves: boolean;
  /** The windows that `--plan auto` chose, in words: they are part of the key of a result. Undefined without it. */
  readonly windows: string | undefined;
  /** The window among them, if there is one model. */
  readonly window: Size | undefined;
  /**
   * The engine for a slide: this one, or one whose windows fit a slide of that size better. Only one of the latter is
   * open at a time.
   *
   * @throws {SegtileError} `input` if the slide cannot be read
   */
  suited(slide: string, values: SlideValues): Promise<Engine>;
  /**
   * Plans a slide. Starts the models at the same time if `startModels` is set.
   *
   * @throws {SegtileError} as `planSlide`, whether or not the models start
   */
  planOf(slide: string, values: SlideValues, startModels: boolean): Promise<SlidePlan>;
  /** The models, once they run. They are started once and kept for all slides. */
  ready(clock: StageClock): Promise<ReadyModel>;
  /** Whether the models failed to start, so that no slide can be run. */
  failed(): boolean;
  /** Stops the threads of the models. */
  close(): Promise<void>;
}

/**
 * Reads models and decides what is the same for all slides. Nothing is run yet.
 *
 * @throws {SegtileError} `usage` for options that exclude each other or do not fit the models; the errors of the files
 *   that options name
 */
export async function openEngine(
  options: InferOptions,
  thresholds: Thresholds | undefined,
  watcher: EngineWatcher,
  signal: AbortSignal,
): Promise<Engine> {
  const ensemble = joinModels(await readMembers(options, signal));
  const note = onceEach((sentence) => watcher.note?.(sentence));
  const auto = options.plan === 'auto' ? await autoWindows(options, ensemble, note, signal) : undefined;
  const usual = planSettings(options, ensemble, note, auto);
  const settings = { ...runSettings(options, ensemble, thresholds), note };
  watcher.model?.(ensemble);
  const { mpp: modelMpp } = ensemble.members[0]!.model;
  let failed = false;
  let told = false;
  let fitted: Engine | undefined;

  function engineWith(
    { plan: planned, groups }: ReturnType<typeof planSettings>,
    laid: readonly Geometry[] | undefined,
  ): Engine {
    let pools: Promise<readonly Pool[]> | undefined;
    const stop = new AbortController();
    const start = (): Promise<readonly Pool[]> => {
      const either = AbortSignal.any([signal, stop.signal]);
      // Without a margin, gaussian weights and ramps use all scores of nearly every window.
      const wants = {
        parts: planned.cutsToTissue ? (planned.phase ?? 1) : undefined,
        crops: planned.margin > 0 || settings.blend === 'none',
      };
      pools ??= startPools(ensemble, groups, options, wants, note, either);
      // Code that needs the workers gets this error from the promise itself. Until then the failure must not count as
      // unhandled.
      pools.catch(() => undefined);
      return pools;
    };
    const engine: Engine = {
      ensemble,
      settings,
      passes: passesPerWindow(groups, options.tta),
      memory: foreteller(ensemble, groups, options, signal),
      channels: groups[0]!.channelsOf.length,
      proves: options.prove ?? laid !== undefined,
      window: laid?.length === 1 ? laid[0]!.window : undefined,
      windows: options.plan === 'auto' ? ((laid && windowsText(laid, planned.cutsToTissue)) ?? 'as usual') : undefined,
      async suited(slide, { mpp }) {
        if (auto?.fit === undefined) return engine;
        const { border } = usual.plan;
        const size = await workingSize(slide, { ...usual.plan, slideMpp: mpp }, modelMpp, signal);
        const own = auto.fit({ size, border });
        if (own === auto.laid[0]) return engine;
        const settled = planSettings(options, ensemble, note, { ...auto, laid: [own] });
        if (fitted?.windows === windowsText([own], settled.plan.cutsToTissue)) return fitted;
        await fitted?.close();
        fitted = engineWith(settled, [own]);
        return fitted;
      },
      async planOf(slide, { mpp, tissue, roi }, startModels) {
        const settled = { ...planned, slideMpp: mpp, tissue, roi };
        // The slide is opened meanwhile. If both fail, the slide's error is thrown: the models' comes from `ready`.
        if (startModels) void start();
        const plan = await planSlide(slide, settled, modelMpp, signal);
        if (auto && laid && laid !== auto.laid) note(`${shownPath(slide)}: ${fittedText(plan.grid, laid[0]!, auto.laid[0]!)}`);
        return plan;
      },
      async ready(clock) {
        // Set only here. If it were set as soon as the workers fail, a slide that fails by itself meanwhile would end
        // the run, and only that slide's error would be reported.
        const open = await clock.wait('model', start()).catch((error: unknown) => {
          failed = true;
          throw error;
        });
        if (!told) watcher.device?.(open);
        told = true;
        return readyModel(ensemble, groups, open, options.tta);
      },
      failed: () => failed,
      async close() {
        // Models that still start for a slide that has failed need not be ready first.
        stop.abort();
        await pools?.then(closePools).catch(() => undefined);
      },
    };
    return engine;
  }

  const engine = engineWith(usual, auto?.laid);
  return {
    ...engine,
    async close() {
      await fitted?.close();
      await engine.close();
    },
  };
}

/** The windows of `--plan auto`. Loaded only when needed, as it loads what runs networks on trial. */
async function autoWindows(...given: Parameters<typeof autoPlan>): ReturnType<typeof autoPlan> {
  return (await import('../perception/auto-plan.js')).autoPlan(...given);
}

/** Says which windows an image has instead of the usual ones, and what they save. */
function fittedText({ size, border }: FittedImage, laid: Geometry, usual: Geometry): string {
  const runs = (each: Geometry): string =>
    ((windowsOver({ size, border }, each) * each.window.width * each.window.height) / (size.width * size.height)).toFixed(2);
  const sides = ({ width, height }: Size): string => (width === height ? `${width}` : `${width} × ${height}`);
  return `windows of ${sides(laid.window)} px, stride ${sides(laid.stride)}, fit it better: ${runs(laid)} network runs a pixel of the whole slide instead of ${runs(usual)}`;
}

/** The windows of `--plan auto`, as a part of the key of a result. */
function windowsText(laid: readonly Geometry[], cutsToTissue: boolean | undefined): string {
  return `${laid.map(laidText).join(', ')}${cutsToTissue ? ' cut to tissue' : ''}`;
}

function laidText({ window, stride, margin }: Geometry): string {
  return `${window.width}x${window.height} margin ${margin} stride ${stride.width}x${stride.height}`;
}

/** Wraps a function so that it gets each sentence only once. */
function onceEach(say: (sentence: string) => void): (sentence: string) => void {
  const said = new Set<string>();
  return (sentence) => {
    if (!said.has(sentence)) say(sentence);
    said.add(sentence);
  };
}
