import type { Size } from '../../types.js';
import type { ThresholdOption } from '../prepare/thresholds.js';
import type { RoiFlags } from '../tissue/region-flags.js';
import type { Tolerance } from './evaluate-mask.js';

/** The options of `segtile evaluate`, parsed. Options that were not given are absent. */
export interface EvaluateOptions extends RoiFlags {
  readonly truth?: string;
  readonly classes?: string;
  readonly slideSize?: Size;
  readonly tolerance: Tolerance;
  readonly threshold?: ThresholdOption;
  readonly writeThresholds?: string;
  readonly csv?: string;
  readonly report?: string;
  readonly history?: string | boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
