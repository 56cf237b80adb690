import type { Ensemble } from '../../model/card/ensemble.js';
import type { DeviceFacts } from '../../model/sessions/pool.js';
import type { CleanUpAreas } from '../../plan/labels/area.js';
import type { LabelRule } from '../../plan/labels/labels.js';
import type { Blend } from '../../plan/windows/blend.js';
import type { Squash } from '../../plan/windows/squash.js';
import type { Tta } from '../../plan/windows/symmetry.js';
import type { StreamModel } from '../infer/scores/score-streams.js';

/** The options of `segtile infer` that a run takes as they were given. */
export interface RunOptions {
  /** Whether windows overlap as usual, or as little as the models allow. */
  readonly plan: 'dense' | 'auto';
  readonly blend: Blend;
  readonly blendSpace: 'probabilities' | 'logits';
  /** In which orientations and at which scales each window is shown to the models. */
  readonly tta: Tta;
  readonly ttaScales: readonly number[];
  readonly maskValues: 'labels' | '255';
  /** See `LabelSettings`. */
  readonly enlarge: 'labels' | 'scores';
  /** See `ScoreSettings`. */
  readonly nan?: 'error' | 'skip' | undefined;
  /** Micrometres per pixel of the mask; without it the mask is as large as level 0. */
  readonly outputMpp?: number | undefined;
}

/** How a slide is run, beside its plan. */
export interface RunSettings extends RunOptions {
  readonly rule: LabelRule;
  /** What is cleaned away at the working resolution. */
  readonly cleanUp: CleanUpAreas;
  /** See `ScoreSettings`. */
  readonly note?: ((sentence: string) => void) | undefined;
}

/** What makes probabilities of blended scores: undefined where they are probabilities already. */
export function blendedLogits({ blendSpace }: Pick<RunSettings, 'blendSpace'>, { members }: Ensemble): Squash | undefined {
  return blendSpace === 'logits' ? members[0]!.model.squash : undefined;
}

/** Networks that are ready, as far as a run and its record are concerned. */
export interface ReadyModel {
  /** What runs the windows of each grid of the plan. */
  readonly streams: readonly StreamModel[];
  /** How often the networks are run for a window of each grid: orientations times models. */
  readonly passes: readonly number[];
  readonly provider: string;
  readonly workers: number;
  readonly device: DeviceFacts;
  batch(): number;
  /** Seconds that all workers together have run the network so far. */
  busySeconds(): number;
}
