import { SegtileError } from '../../errors.js';
import type { Card } from '../../model/card/card.js';
import type { Ensemble } from '../../model/card/ensemble.js';
import { groupsOf, type WindowGroup } from '../../model/card/groups.js';
import type { Model } from '../../model/card/model.js';
import { hasCleanUp } from '../../plan/labels/cleaning/area.js';
import type { Border } from '../../plan/windows/axis.js';
import { createGrid } from '../../plan/windows/grid.js';
import type { Geometry } from '../../plan/windows/scale.js';
import { gateSettings } from '../gate/gated.js';
import { requireWindowScores } from '../outputs/kinds/window-scores.js';
import { tissueOf } from '../tissue/region-flags.js';
import { channelRequest } from './models/channel-request.js';
import type { InferOptions } from './options.js';
import type { PlanSettings } from './plan-slide.js';
import { refuseBoth, resolutionOf, SAME_THING } from './resolution.js';
import type { RunSettings } from './run-settings.js';
import { labelRule, type Thresholds } from './thresholds.js';
import { geometryOf } from './window-geometry.js';

/** The windows of `--plan auto`. */
interface ChosenWindows {
  /** One geometry for each model, in px of the model. */
  readonly laid: readonly Geometry[];
  /** Whether a part of a window gives its scores, so that windows may be cut to tissue. */
  readonly cutsToTissue: boolean;
}

/** The values for the model that flags set. They override its card. */
export function cardFlags(options: InferOptions): Card {
  const { layout, color, samples, scale, mean, std, standardize, activation, classes, modelMpp, crop, modelOutput, cam } =
    options;
  const stated = { layout, color, samples, scale, mean, std, standardize, activation, classes, crop, cam };
  const flags = { ...stated, mpp: modelMpp, output: modelOutput };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as Card;
}

/**
 * Makes the settings of the plan, with a grid for each group of models and each scale.
 *
 * @param note called with a sentence on each decision
 * @param auto the windows of `--plan auto`
 * @throws {SegtileError} `usage` for options that exclude each other, or that make no valid grid on any slide
 */
export function planSettings(
  options: InferOptions,
  ensemble: Ensemble,
  note: (sentence: string) => void,
  auto?: ChosenWindows,
): { plan: PlanSettings; groups: readonly WindowGroup[] } {
  refuseBoth(options, SAME_THING);
  const laid = auto?.laid;
  const { slideMpp, channels, range, minTissue, tta, ttaScales } = options;
  const models = ensemble.members.map(({ model }) => model);
  const border = borderOf(options, models, note);
  const placement = laid && options.placement !== 'tissue' ? 'aligned' : options.placement;
  if (placement === 'tissue' && options.reportDisagreement)
    throw new SegtileError(
      'usage',
      '--report-disagreement compares the neighbours of a fixed grid, but --placement is tissue',
      'leave out one of them',
    );
  const geometries = laid ?? models.map((model) => geometryOf(options, model, note));
  const groups = groupsOf(ensemble, geometries, ttaScales);
  requireWindowScores(options, ensemble, groups.length);
  for (const { geometry, own } of groups) {
    // Creates a grid as a check: an error in it does not depend on the slide, so it is reported once.
    createGrid({ size: geometry.window, ...geometry, border, placement });
    if (tta !== 'd4' || own.width === own.height) continue;
    throw new SegtileError(
      'usage',
      `--tta d4 turns windows, but these have ${own.width} × ${own.height} px`,
      'use --tta flips, or a square --window',
    );
  }
  const [first, ...others] = groups;
  const plan: PlanSettings = {
    resolution: resolutionOf(options),
    slideMpp,
    channels,
    range,
    request: channelRequest(models[0]!),
    ...first!.geometry,
    cutsToTissue: auto?.cutsToTissue === true && others.length === 0 && isSeenOnce(options),
    others: others.map(({ geometry }) => geometry),
    border,
    placement,
    tissue: tissueOf(options.tissue, options),
    minTissue,
    gating: gateSettings(options, ensemble, options),
  };
  return { plan, groups };
}

/** Whether windows are shown to the model in one way alone, and nothing else looks at their scores. */
function isSeenOnce({ tta, reportDisagreement, windowScores }: InferOptions): boolean {
  return tta === 'none' && reportDisagreement !== true && windowScores === undefined;
}

/**
 * How the border of the slide is handled. A network that gives no scores for the border of its window would also leave
 * out the border of the slide. For such a network, the slide is mirrored there.
 */
function borderOf({ border }: InferOptions, models: readonly Model[], note: (sentence: string) => void): Border {
  const cropping = models.find(({ crop }) => crop !== undefined);
  if (!cropping || border === 'mirror') return border;
  note(`${cropping.name} gives no scores for the border of its window: the slide is mirrored at its own border`);
  return 'mirror';
}

/**
 * The settings that turn predictions into a mask.
 *
 * @throws {SegtileError} `usage` if the model cannot do what is asked
 */
export function runSettings(options: InferOptions, ensemble: Ensemble, thresholds: Thresholds | undefined): RunSettings {
  const { blendSpace, minObject, fillHoles, maskValues, enlarge } = options;
  const { members, classes } = ensemble;
  const { model } = members[0]!;
  for (const each of members) refuseMeansOfLabels(each.model, options, members.length);
  if (blendSpace === 'logits' && members.length > 1) {
    throw new SegtileError(
      'usage',
      `an ensemble is a mean of probabilities, but --blend-space is logits`,
      'leave out --blend-space, or run one model',
    );
  }
  if (blendSpace === 'logits' && model.squash === undefined) {
    throw new SegtileError(
      'usage',
      `${model.path} gives probabilities, so there are no logits to blend`,
      'use --blend-space probabilities, or export the model without its last activation',
    );
  }
  if (enlarge === 'scores' && hasCleanUp({ minObject, fillHoles })) {
    throw new SegtileError(
      'usage',
      '--min-object and --fill-holes clean labels of the working image, but --enlarge is scores',
      'leave out --enlarge, or clean up the mask afterwards',
    );
  }
  if (maskValues === '255' && classes.length > 1) {
    throw new SegtileError(
      'usage',
      `--mask-values 255 shows one class, but ${model.path} has ${classes.length}: ${classes.map(({ name }) => name).join(', ')}`,
      'leave it out: the mask then holds a label for each class',
    );
  }
  return {
    ...options,
    rule: labelRule(ensemble, members.length > 1 ? 'the ensemble' : 'the model', thresholds),
    cleanUp: { minObject, fillHoles },
  };
}

/** Rejects options that need scores if the model gives labels: labels cannot be averaged or compared with a threshold. */
function refuseMeansOfLabels({ path, decision }: Model, options: InferOptions, models: number): void {
  if (decision === undefined) return;
  const { blend, tta, ttaScales, threshold, probabilities, enlarge } = options;
  const wanted = [
    blend !== 'none' && `--blend is ${blend}`,
    tta !== 'none' && `--tta is ${tta}`,
    (ttaScales.length > 1 || ttaScales[0] !== 1) && `--tta-scales is ${ttaScales.join(',')}`,
    models > 1 && `it is one of ${models} models`,
    threshold !== undefined && '--threshold is given',
    probabilities !== undefined && `--probabilities is ${probabilities}`,
    enlarge === 'scores' && '--enlarge is scores',
  ].find((words) => words !== false);
  if (wanted === undefined) return;
  throw new SegtileError(
    'usage',
    `${path} ends in ${decision}: it gives labels without scores, but ${wanted}`,
    `${blend === 'none' ? 'leave it out' : 'use --blend none'}, or export the model without ${decision} at its end`,
  );
}
