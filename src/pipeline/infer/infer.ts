import type { Size } from '../../types.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { StageClock } from '../records/stage-clock.js';
import { type LabelResult, type LabelSettings, type LabelSinks, labelScores } from './label-scores.js';
import { type Inference, type ScoreSettings, scoreSlide } from './score.js';
import { type StreamModel, scoreStreams } from './score-streams.js';

export type { Inference };

/** How a slide becomes labels. */
export interface InferSettings extends ScoreSettings, LabelSettings {}

/** What a run did. */
export interface InferResult extends LabelResult {
  readonly windowsRun: number;
  /** Of those, the ones that were left out for a score that is no number. */
  readonly windowsNan: number;
}

/**
 * Scores a slide, turns scores into labels and passes both to the sinks, from top to bottom. Nothing of the size of the slide is ever in memory.
 * Writing continues while the next windows are scored.
 *
 * @param model runs the windows of the plan's one grid, or one for each grid of the plan
 * @param sinks take labels at the size of the working image or of `output`, and scores at that of the working image
 * @param onWindow is called after each window with how many are done
 * @throws whatever a room throws; the caller aborts the sinks
 */
export async function inferSlide(
  plan: SlidePlan,
  model: Inference | readonly StreamModel[],
  settings: InferSettings,
  sinks: LabelSinks,
  output: Size,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): Promise<InferResult> {
  let windowsRun = 0;
  let windowsNan = 0;
  const onNan = (): void => {
    windowsNan++;
  };
  const heard = { ...settings, onNan };
  const counted = (done: number): void => {
    windowsRun = done;
    onWindow(done);
  };
  const scores =
    'run' in model
      ? scoreSlide(plan, model, heard, clock, counted, signal)
      : scoreStreams(plan, model, heard, clock, counted, signal);
  const count = await labelScores(scores, plan.view, settings, sinks, output, clock);
  return { ...count, windowsRun, windowsNan };
}
