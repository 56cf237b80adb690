import type { Ensemble } from '../../../model/card/ensemble.js';
import type { WindowGroup } from '../../../model/card/groups.js';
import type { Symmetry } from '../../../plan/windows/symmetry.js';
import { mergeScores } from '../../../stitch/merge.js';
import type { ScoreRows } from '../../../types.js';
import type { SlidePlan } from '../../prepare/plan-slide.js';
import type { StageClock } from '../../records/stage-clock.js';
import { averagedInference } from './averaged.js';
import { rescaledInference } from './rescaled.js';
import { type ScoreSettings, scoreSlide } from './score.js';
import type { Inference } from './stages.js';
import { symmetricInference } from './symmetric.js';

/** Runs the windows of one grid. */
export interface StreamModel {
  readonly inference: Inference;
  /** For each channel of its scores: the channel of the joint scores, and its weight there. */
  readonly channelsOf: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Makes the model that runs the windows of a group: it resamples a window to the models' window, runs each model in
 * each orientation, averages the scores, and resamples them back.
 *
 * @param networks of all models of the ensemble, which take windows of their own size
 */
export function streamModel(
  ensemble: Ensemble,
  { geometry, own, members, channelsOf, weights }: WindowGroup,
  networks: readonly Inference[],
  symmetries: readonly Symmetry[],
): StreamModel {
  const parts = members.map((index) => {
    const { model, weight } = ensemble.members[index]!;
    const inference = symmetricInference(networks[index]!, symmetries, own, model.channels);
    return { inference, weight, channelsOf: ensemble.channelsOf[index]!.map((channel) => channelsOf.indexOf(channel)) };
  });
  const averaged = averagedInference(parts, own, channelsOf.length);
  return { inference: rescaledInference(averaged, geometry.window, own, channelsOf.length), channelsOf, weights };
}

/**
 * {@link scoreSlide} for a plan with several grids. Each grid is read, scored and stitched by itself, and divided by
 * its own weights. The result is the weighted mean over grids. The grids advance in step, so that memory is bounded by
 * the tallest window.
 *
 * @param models one for each grid of the plan, in its order
 * @param settings `look` gets the windows of the first grid
 * @param onWindow called after each window with the number of finished windows of all grids
 */
export async function* scoreStreams(
  plan: SlidePlan,
  models: readonly StreamModel[],
  { channels, blend, piece, nan, look, onFacts, note }: ScoreSettings,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): AsyncGenerator<ScoreRows> {
  let done = 0;
  const count = (): void => onWindow(++done);
  const grids = [plan, ...plan.others];
  const score = (index: number): AsyncGenerator<ScoreRows> => {
    const { inference, channelsOf } = models[index]!;
    const settings: ScoreSettings = {
      channels: channelsOf.length,
      blend,
      piece,
      nan,
      look: index === 0 ? look : undefined,
      onFacts: (facts) => onFacts?.({ ...facts, grid: index }),
      note,
    };
    return scoreSlide({ ...grids[index]!, input: plan.input, recipe: plan.recipe }, inference, settings, clock, count, signal);
  };
  if (models.length === 1) yield* score(0);
  else
    yield* mergeScores(
      models.map((model, index) => ({ ...model, rows: score(index) })),
      channels,
    );
}
