import type { Piece } from '../../plan/windows/piece.js';
import type { Crossing, WindowFacts } from '../../strip/strip.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { StageClock } from '../records/stage-clock.js';
import type { LabelResult } from './label-scores.js';
import { labelStrips, type StripNeeds, type StripSettings } from './label-strips.js';
import { type ScoreSettings, stripsOfGrid } from './scores/score.js';
import { type StreamModel, scoreStreams } from './scores/score-streams.js';

/** The settings that turn a slide into strips. */
export interface InferSettings extends Omit<ScoreSettings, 'piece' | 'onFacts'>, StripSettings {}

/** The result of a run. */
export interface InferResult extends LabelResult {
  readonly windowsRun: number;
  /** The windows among them that were left out because a score was NaN. */
  readonly windowsNan: number;
}

/**
 * The upper half of the pipeline, from pixels to strips: scores a piece of a slide and turns the scores into strips,
 * from top to bottom. Memory never grows with the size of the slide.
 *
 * @param models one for each grid of the plan
 * @param onWindow called after each window with the number of finished windows of the piece
 * @throws any error of reading, scoring or stitching; `aborted` when the signal fires, after the current windows are
 *   done
 */
export function inferStrips(
  plan: SlidePlan,
  models: readonly StreamModel[],
  settings: InferSettings,
  piece: Piece,
  needs: StripNeeds,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Crossing> {
  const [only, ...others] = models;
  const { squash, rule, region } = settings;
  // What other networks decided is known to this thread alone.
  if (only && others.length === 0 && !plan.gated?.settle) {
    const own: ScoreSettings = { ...settings, channels: only.channelsOf.length, piece };
    // Threads get these needs: only what can be sent to them.
    const { finer, scores, passing } = needs;
    const making = { labelling: { squash, rule, needs: { finer, scores, passing } }, region, size: plan.view };
    return stripsOfGrid(plan, only.inference, own, making, clock, onWindow, signal);
  }
  const facts: WindowFacts[] = [];
  const heard: ScoreSettings = { ...settings, piece, onFacts: (each) => void facts.push(each) };
  const scores = scoreStreams(plan, models, heard, clock, onWindow, signal);
  const across = { start: piece.x, length: piece.width };
  const settled = { ...settings, settle: plan.gated?.settle };
  return labelStrips(scores, plan.view, across, settled, needs, clock, facts);
}
