import type { Area } from '../../plan/labels/cleaning/area.js';
import type { OutputOptions } from '../outputs/table.js';
import type { ThresholdOption } from '../prepare/thresholds.js';
import type { RoiFlags } from '../tissue/region-flags.js';

/** The parsed options that all commands which read probabilities share. */
export interface ProbabilityRunOptions extends OutputOptions {
  readonly output: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** The options of `segtile threshold`, parsed. Options that were not given are absent. */
export interface ThresholdOptions extends RoiFlags, ProbabilityRunOptions {
  readonly threshold?: ThresholdOption | undefined;
  readonly minObject?: Area | undefined;
  readonly fillHoles?: Area | undefined;
  readonly maskValues: 'labels' | '255';
  readonly enlarge: 'labels' | 'scores';
}

/** The options of `segtile pseudo-label`, parsed. Options that were not given are absent. */
export interface PseudoLabelOptions extends ProbabilityRunOptions {
  readonly confidence: number;
  readonly background?: number | undefined;
  readonly minObject?: Area | undefined;
  readonly fillHoles?: Area | undefined;
  readonly ignore: number;
}
