import type { Blend } from '../../plan/windows/blend.js';
import type { Tta } from '../../plan/windows/symmetry.js';
import type { Size } from '../../types.js';
import type { Tolerance } from '../evaluate/evaluate-mask.js';
import type { InferOptions } from '../prepare/options.js';
import type { ThresholdOption } from '../prepare/thresholds.js';
import type { RoiFlags } from '../tissue/region-flags.js';

/** A window and a stride, in working px. */
export interface Tiling {
  readonly window: Size;
  readonly stride: Size;
}

/** Options that are passed to every run unchanged. */
export type SharedOptions = Partial<
  Pick<InferOptions, 'model' | 'card' | 'device' | 'workers' | 'mpp' | 'slideMpp' | 'slideMppCsv' | 'channels' | 'range'>
>;

/** The options of `segtile compare`, parsed. Options that were not given are absent. */
export interface CompareOptions extends SharedOptions, RoiFlags, Pick<InferOptions, 'tissueClass' | 'artefactClass'> {
  readonly truth?: string;
  readonly classes?: string;
  readonly resize?: readonly number[];
  readonly tile?: readonly Tiling[];
  readonly plan?: readonly InferOptions['plan'][];
  readonly margin?: readonly number[];
  readonly blend?: readonly Blend[];
  readonly tta?: readonly Tta[];
  readonly tissue?: readonly string[];
  /** Networks that say which windows are run, as for infer; `none` for none. */
  readonly gate?: readonly string[];
  /** A list has the thresholds to compare; otherwise all variants share this threshold. */
  readonly threshold?: readonly number[] | ThresholdOption;
  readonly variants?: string;
  readonly output: string;
  readonly tolerance: Tolerance;
  readonly regions: number;
  readonly report: boolean;
  readonly history?: string | boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
