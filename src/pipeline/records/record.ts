import type { Ensemble, Member } from '../../model/card/ensemble.js';
import type { Model } from '../../model/card/model.js';
import type { DeviceFacts } from '../../model/sessions/pool.js';
import type { CleanedCount, CleanUp } from '../../plan/labels/cleaning/clean-up.js';
import type { LabelCount, LabelRule } from '../../plan/labels/labels.js';
import type { GridSettings } from '../../plan/windows/grid.js';
import type { Geometry } from '../../plan/windows/scale.js';
import type { Slide, SlideMpp } from '../../slide/slide.js';
import type { SampleRange } from '../../tiff/samples/rgb.js';
import type { MaskClass, Mpp, SampleType, Size } from '../../types.js';
import type { JudgedFacts } from '../gate/judge.js';
import type { InferResult } from '../infer/infer.js';
import type { LabelResult } from '../infer/label-scores.js';
import type { OutputFacts } from '../outputs/table.js';
import { passesOf, type WindowCounts, windowCounts } from '../prepare/models/passes.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { ReadyModel, RunSettings } from '../prepare/run-settings.js';
import type { ProofFacts } from '../proof/facts.js';
import type { ResultFile, RunKey } from '../resume/key.js';
import type { RegionFacts } from '../tissue/region.js';
import type { TissueSelection } from '../tissue/tissue.js';
import { newRunId } from './history.js';
import { limitsOf, type RunLimits } from './limits.js';
import { peakRss, versions } from './machine.js';
import type { StageClock } from './stage-clock.js';

/** The data from which the record of a run is made. */
interface RunParts {
  readonly key: RunKey;
  readonly plan: SlidePlan;
  readonly model: Ensemble;
  /** For each grid: how often networks are run per window. */
  readonly passes: readonly number[];
  readonly device: RunRecord['device'];
  readonly proof: ProofFacts | null;
  readonly settings: RunSettings;
  readonly cleanUp: CleanUp | undefined;
  readonly outputs: OutputFacts;
  readonly result: InferResult;
  readonly clock: StageClock;
}

/** The record of a run: its settings, everything it depended on, and its results. The content of `<stem>.run.json`. */
export interface RunRecord extends OutputFacts {
  /** The id of this run in `runs.jsonl`. */
  readonly id: string;
  /** When the run was finished, ISO 8601. */
  readonly finished: string;
  /** Everything that decides the bytes of its files. Another run with the same key keeps the files. */
  readonly key: RunKey;
  /** Its files, except this record. */
  readonly files: readonly ResultFile[];
  /** The slide as its file describes it, in level-0 pixels. */
  readonly slide: Pick<Slide, 'path' | 'format' | 'width' | 'height' | 'levels'> & {
    readonly mpp: SlideMpp | null;
    /** How the file was read if it can be read in more than one way, such as how 16 bits became 8, and what looks wrong. */
    readonly notes: readonly string[];
    /** The sample values that became 0 and 255 when samples were converted to 8 bits; null if bytes were used as stored. */
    readonly range: SampleRange | null;
    /** The channels that `--channels` named, by number from 0. */
    readonly picked: readonly number[] | null;
  };
  /** The resolution at which the model was run. Windows, strides and margins are in its pixels. */
  readonly working: Size & { readonly downsample: number; readonly mpp: Mpp | null; readonly level: number };
  readonly model: Pick<Model, 'name' | 'path' | 'sha256' | 'classes' | 'activation' | 'notes'> & {
    readonly mpp: number | null;
    /** The input of the network: the slide's picture, or channels by number and name. */
    readonly input: { readonly channels: 'picture' | readonly string[]; readonly samples: SampleType };
  };
  /**
   * The models of an ensemble, including the first one, with their weights. In this case the classes of `model` are
   * those of all models. The probability of a class is the weighted mean over the models that have the class.
   */
  readonly ensemble: readonly MemberFacts[] | null;
  readonly settings: Pick<GridSettings, 'window' | 'stride' | 'margin' | 'border' | 'placement'> & {
    /** The step by which windows may be shifted so that scores only shift with them, in px; null if it is not known. */
    readonly phase: number | null;
    /** Whether the network saw only what tissue needs of each window. */
    readonly cutsToTissue: boolean;
  } & Pick<RunSettings, 'plan' | 'blend' | 'blendSpace' | 'maskValues' | 'enlarge' | 'nan' | 'tta' | 'ttaScales'> & {
      readonly labels: LabelRule;
      /** In pixels of the working image; 0 means no limit. */
      readonly cleanUp: CleanUp | null;
      readonly tissue: TissueSelection['facts'];
      /** The region of interest; null if the whole slide counts. */
      readonly region: RegionFacts | null;
    };
  readonly device: Pick<ReadyModel, 'provider'> &
    DeviceFacts & {
      /** How many sessions ran the networks, each in a thread of its own. */
      readonly workers: number;
      readonly batch: number;
      /**
       * Share of the time from the first pixel read to the last row written in which a worker ran the network,
       * including copies to and from a GPU.
       */
      readonly busyShare: number;
    };
  /** Windows of all grids together. `passes` counts each orientation and each model. */
  readonly windows: WindowCounts & {
    readonly passes: number;
    /** How many of the windows that were run had a NaN score. They do not count as covered. */
    readonly nan: number;
  };
  /** The grids for other scales and models, in working pixels. The first grid is in `settings`. */
  readonly otherGrids: readonly Geometry[];
  /** The networks that judged windows before the models were run; null if there were none. */
  readonly gates: readonly JudgedFacts[] | null;
  /** The networks that denied classes to what the models found; null if there were none. */
  readonly vetoes: readonly JudgedFacts[] | null;
  /** Share of the slide's area, or of the region of interest, where a window was run, or denied by a gate. */
  readonly coverage: number;
  /** The share of each class. */
  readonly classShares: readonly ClassShare[];
  readonly cleaned: CleanedFacts | null;
  /** What a sample shows that was also run with windows that overlap by half; null if none was. */
  readonly proof: ProofFacts | null;
  /** See {@link StageClock}. */
  readonly seconds: Readonly<Record<string, number>>;
  /** What held up the run, and what would help. */
  readonly limits: RunLimits;
  /** The most memory that the process has used so far. */
  readonly peakRssBytes: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** One of several models. */
export type MemberFacts = Pick<Model, 'name' | 'path' | 'sha256' | 'activation' | 'notes'> & {
  readonly weight: number;
  readonly classes: readonly string[];
  readonly mpp: number | null;
};

/** Makes the record of a finished run. Its list of files is added later. */
export function recordOf(parts: RunParts): RunRecord {
  const { plan, model, passes, device, settings, outputs, result, clock } = parts;
  const { slide, view, grid, facts } = plan;
  const seconds = clock.seconds();
  const { model: first } = model.members[0]!;
  return {
    id: newRunId(),
    finished: new Date().toISOString(),
    key: parts.key,
    files: [],
    slide: {
      path: slide.path,
      format: slide.format,
      width: slide.width,
      height: slide.height,
      mpp: slide.mpp ?? null,
      levels: slide.levels,
      notes: [...plan.notes, ...plan.warnings],
      range: slide.range ?? null,
      picked: slide.picked ?? null,
    },
    working: {
      width: view.width,
      height: view.height,
      downsample: view.downsample,
      mpp: view.mpp ?? null,
      level: view.level.index,
    },
    model: {
      name: first.name,
      path: first.path,
      sha256: first.sha256,
      classes: model.classes,
      activation: first.activation,
      mpp: first.mpp ?? null,
      input: { channels: plan.channels ?? 'picture', samples: first.samples },
      notes: first.notes,
    },
    ensemble: model.members.length > 1 ? model.members.map(memberFacts) : null,
    settings: {
      window: grid.window,
      stride: grid.stride,
      margin: grid.margin,
      border: grid.border,
      phase: grid.phase ?? null,
      cutsToTissue: grid.cut !== undefined,
      plan: settings.plan,
      placement: grid.placement ?? 'stride',
      blend: settings.blend,
      blendSpace: settings.blendSpace,
      tta: settings.tta,
      ttaScales: settings.ttaScales,
      labels: settings.rule,
      cleanUp: parts.cleanUp ?? null,
      tissue: facts,
      region: plan.region?.facts ?? null,
      maskValues: settings.maskValues,
      enlarge: settings.enlarge,
      nan: settings.nan ?? 'error',
    },
    device,
    windows: { ...windowCounts(plan), run: result.windowsRun, passes: passesOf(plan, passes), nan: result.windowsNan },
    otherGrids: plan.others.map(({ grid: { window, stride, margin } }) => ({ window, stride, margin })),
    gates: plan.gated && plan.gated.gates.length > 0 ? plan.gated.gates : null,
    vetoes: plan.gated && plan.gated.vetoes.length > 0 ? plan.gated.vetoes : null,
    coverage: result.inside === 0 ? 0 : round(result.covered / result.inside),
    classShares: sharesOf(model.classes, result, result, {
      tissue: plan.region ? plan.region.facts.tissueShare : facts.tissueShare,
      region: plan.region !== undefined,
    }),
    cleaned: cleanedFacts(result.cleaned),
    proof: parts.proof,
    ...outputs,
    seconds,
    limits: limitsOf(seconds, device),
    peakRssBytes: peakRss(),
    versions: versions(),
  };
}

function memberFacts({ model, weight }: Member): MemberFacts {
  const { name, path, sha256, activation, notes, mpp, classes } = model;
  return { name, path, sha256, weight, classes: classes.map((each) => each.name), activation, mpp: mpp ?? null, notes };
}

/** The share of an image that a class has. */
export interface ClassShare {
  readonly label: number;
  readonly name: string;
  /** Share of the region of interest if there is one, otherwise of the slide. */
  readonly share: number;
  /** Shares of the whole slide, of its tissue (inside the region if there is one), and of the region; null if not known. */
  readonly of: { readonly slide: number; readonly tissue: number | null; readonly region: number | null };
}

/**
 * The share of each class of an image.
 *
 * @param pixels the number of pixels of the image, and of those in the region of interest
 * @param known the share of the image that is tissue, if known, and whether there is a region
 */
export function sharesOf(
  classes: readonly MaskClass[],
  { perLabel }: LabelCount,
  { pixels, inside }: Pick<LabelResult, 'pixels' | 'inside'>,
  { tissue, region }: { readonly tissue: unknown; readonly region: boolean },
): ClassShare[] {
  const of = (own: number, all: number): number => (all === 0 ? 0 : round(own / all));
  return classes.map(({ label, name }) => {
    const own = perLabel[label]!;
    return {
      label,
      name,
      share: of(own, inside),
      of: {
        slide: of(own, pixels),
        tissue: typeof tissue === 'number' ? of(own, tissue * pixels) : null,
        region: region ? of(own, inside) : null,
      },
    };
  });
}

/** The effect of a clean-up, in pixels of the working image. */
export type CleanedFacts = Omit<CleanedCount, 'change'>;

/** The effect of a clean-up; null if there was none. */
export function cleanedFacts(cleaned: CleanedCount | undefined): CleanedFacts | null {
  if (!cleaned) return null;
  const { objects, objectPixels, holes, holePixels } = cleaned;
  return { objects, objectPixels, holes, holePixels };
}

/** Rounds a share for records, to a millionth. */
export function round(share: number): number {
  return Number(share.toFixed(6));
}
