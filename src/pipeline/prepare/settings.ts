import { SegtileError } from '../../errors.js';
import type { Card } from '../../model/card/card.js';
import type { Ensemble } from '../../model/card/ensemble.js';
import { groupsOf, type WindowGroup } from '../../model/card/groups.js';
import type { Model } from '../../model/card/model.js';
import type { Border } from '../../plan/windows/axis.js';
import { createGrid } from '../../plan/windows/grid.js';
import { tissueOf } from '../tissue/region-flags.js';
import type { InferOptions } from './options.js';
import { channelRequest, type PlanSettings } from './plan-slide.js';
import { refuseBoth, resolutionOf, SAME_THING } from './resolution.js';
import type { RunSettings } from './run-settings.js';
import { labelRule, type Thresholds } from './thresholds.js';
import { geometryOf } from './window-geometry.js';

/** What the flags say about the model, above its card. */
export function cardFlags(options: InferOptions): Card {
  const { layout, color, samples, scale, mean, std, standardize, activation, classes, modelMpp, crop } = options;
  const flags = { layout, color, samples, scale, mean, std, standardize, activation, classes, mpp: modelMpp, crop };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as Card;
}

/**
 * Where the models look: a plan with a grid for each group of models and each scale.
 *
 * @param note hears what had to be settled
 * @throws {SegtileError} `usage` for options that exclude each other, or make no grid on any slide
 */
export function planSettings(
  options: InferOptions,
  ensemble: Ensemble,
  note: (sentence: string) => void,
): { plan: PlanSettings; groups: readonly WindowGroup[] } {
  refuseBoth(options, SAME_THING);
  const { placement, slideMpp, channels, range, minTissue, tta, ttaScales } = options;
  const models = ensemble.members.map(({ model }) => model);
  const border = borderOf(options, models, note);
  const geometries = models.map((model) => geometryOf(options, model, note));
  const groups = groupsOf(ensemble, geometries, ttaScales);
  for (const { geometry, own } of groups) {
    // What is wrong with a grid is so whatever the slide, and better said once.
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
    others: others.map(({ geometry }) => geometry),
    border,
    placement,
    tissue: tissueOf(options.tissue),
    minTissue,
  };
  return { plan, groups };
}

/** A network that gives no scores for the border of its window would leave out that of the slide, too: it is mirrored there. */
function borderOf({ border }: InferOptions, models: readonly Model[], note: (sentence: string) => void): Border {
  const cropping = models.find(({ crop }) => crop !== undefined);
  if (!cropping || border === 'mirror') return border;
  note(`${cropping.name} gives no scores for the border of its window: the slide is mirrored at its own border`);
  return 'mirror';
}

/**
 * How predictions become a mask.
 *
 * @throws {SegtileError} `usage` where the model cannot do what is asked
 */
export function runSettings(options: InferOptions, ensemble: Ensemble, thresholds: Thresholds | undefined): RunSettings {
  const { blendSpace, minObject, fillHoles, maskValues, enlarge } = options;
  const { members, classes } = ensemble;
  const { model } = members[0]!;
  if (blendSpace === 'logits' && members.length > 1) {
    throw new SegtileError(
      'usage',
      `an ensemble is a mean of probabilities, but --blend-space is logits`,
      'leave --blend-space away, or run one model',
    );
  }
  if (blendSpace === 'logits' && model.squash === undefined) {
    throw new SegtileError(
      'usage',
      `${model.path} gives probabilities, so there are no logits to blend`,
      'use --blend-space probabilities, or export the model without its last activation',
    );
  }
  if (enlarge === 'scores' && (minObject ?? fillHoles) !== undefined) {
    throw new SegtileError(
      'usage',
      '--min-object and --fill-holes clean labels of the working image, but --enlarge is scores',
      'leave --enlarge away, or clean the mask that it makes by itself',
    );
  }
  if (maskValues === '255' && classes.length > 1) {
    throw new SegtileError(
      'usage',
      `--mask-values 255 shows one class, but ${model.path} has ${classes.length}: ${classes.map(({ name }) => name).join(', ')}`,
      'leave it away: the mask then holds a label for each class',
    );
  }
  return {
    ...options,
    rule: labelRule(ensemble, members.length > 1 ? 'the ensemble' : 'the model', thresholds),
    cleanUp: { minObject, fillHoles },
  };
}
