import type { Ensemble } from '../../model/card/ensemble.js';
import type { DeviceFacts } from '../../model/sessions/pool.js';
import type { CleanUpAreas } from '../../plan/labels/cleaning/area.js';
import type { LabelRule } from '../../plan/labels/labels.js';
import type { Squash } from '../../plan/scores/squash.js';
import type { Blend } from '../../plan/windows/blend.js';
import type { Tta } from '../../plan/windows/symmetry.js';
import type { StreamModel } from '../infer/scores/score-streams.js';

/** The options of `segtile infer` that a run uses as they were given. */
export interface RunOptions {
  /** Whether windows overlap as usual, or as little as the models allow. */
  readonly plan: 'dense' | 'auto';
  /**
   * Whether a sample is also run with windows that overlap by half, and compared. Default: if `plan` is `auto` and windows
   * overlap less.
   */
  readonly prove?: boolean | undefined;
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
  /** Micrometres per pixel of the mask. Default: the mask has the size of level 0. */
  readonly outputMpp?: number | undefined;
}

/** The settings of a run, besides its plan. */
export interface RunSettings extends RunOptions {
  readonly rule: LabelRule;
  /** The areas that the clean-up removes, at the working resolution. */
  readonly cleanUp: CleanUpAreas;
  /** See `ScoreSettings`. */
  readonly note?: ((sentence: string) => void) | undefined;
}

/** The function that makes probabilities of blended scores; undefined if the scores are probabilities already. */
export function blendedLogits({ blendSpace }: Pick<RunSettings, 'blendSpace'>, { members }: Ensemble): Squash | undefined {
  return blendSpace === 'logits' ? members[0]!.model.squash : undefined;
}

/** The networks when they are ready, as a run and its record use them. */
export interface ReadyModel {
  /** For each grid of the plan: what runs its windows. */
  readonly streams: readonly StreamModel[];
  /** For each grid: how often networks are run per window, which is the number of orientations times the number of models. */
  readonly passes: readonly number[];
  readonly provider: string;
  readonly device: DeviceFacts;
  workers(): number;
  batch(): number;
  /** Seconds that all workers together have run the network so far. */
  busySeconds(): number;
}
