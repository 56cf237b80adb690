import type { Piece } from '../../plan/windows/piece.js';
import type { Crossing, WindowFacts } from '../../strip/strip.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { StageClock } from '../records/stage-clock.js';
import type { LabelResult } from './label-scores.js';
import { labelStrips, type StripNeeds, type StripSettings } from './label-strips.js';
import type { ScoreSettings } from './scores/score.js';
import { type StreamModel, scoreStreams } from './scores/score-streams.js';

/** How a slide becomes strips. */
export interface InferSettings extends Omit<ScoreSettings, 'piece' | 'onFacts'>, StripSettings {}

/** What a run did. */
export interface InferResult extends LabelResult {
  readonly windowsRun: number;
  /** Of those, the ones that were left out for a score that is no number. */
  readonly windowsNan: number;
}

/**
 * The upper half of the main road: a piece of a slide is scored, and scores become strips, from top to bottom. Nothing of the size of the slide is
 * ever in memory.
 *
 * @param models one for each grid of the plan
 * @param onWindow is called after each window with how many of the piece are done
 * @throws whatever a room throws; `aborted` when the signal fires, once the windows in hand are done
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
  const facts: WindowFacts[] = [];
  const heard: ScoreSettings = { ...settings, piece, onFacts: (each) => void facts.push(each) };
  const scores = scoreStreams(plan, models, heard, clock, onWindow, signal);
  const across = { start: piece.x, length: piece.width };
  return labelStrips(scores, plan.view, across, settings, needs, clock, facts);
}
