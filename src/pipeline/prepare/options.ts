import type { Card } from '../../model/card/card.js';
import type { Area } from '../../plan/labels/cleaning/area.js';
import type { Shard } from '../../plan/shards.js';
import type { Border, WindowPlacement } from '../../plan/windows/axis.js';
import type { GateOptions } from '../gate/gated.js';
import type { OutputOptions } from '../outputs/table.js';
import type { TissueFlags } from '../tissue/network-tissue.js';
import type { RoiFlags } from '../tissue/region-flags.js';
import type { RunOptions } from './run-settings.js';
import type { SlideFlags } from './slide-flags.js';
import type { ThresholdOption } from './thresholds.js';
import type { WindowOptions } from './window-geometry.js';

/** The options of `segtile infer`, parsed. Options that were not given are absent. */
export interface InferOptions extends SlideFlags, RoiFlags, TissueFlags, GateOptions, WindowOptions, OutputOptions, RunOptions {
  /** Absent: the history beside the masks. False: no history. */
  readonly history?: string | boolean;
  readonly model?: readonly string[];
  readonly output: string;
  readonly border: Border;
  readonly placement: WindowPlacement;
  readonly level?: number;
  readonly mpp?: number;
  readonly downsample?: number;
  readonly tissue: string;
  readonly minTissue?: number;
  readonly threshold?: ThresholdOption;
  readonly minObject?: Area;
  readonly fillHoles?: Area;
  readonly workers?: number;
  /** The most bytes of memory that a run may take. */
  readonly memory?: number;
  readonly device: string;
  readonly requireGpu?: boolean;
  readonly allowCpuNodes?: boolean;
  readonly allowSoftware?: boolean;
  readonly batch?: number | 'auto';
  readonly scoreType: 'float32' | 'uint8';
  readonly verify: boolean;
  readonly dryRun?: boolean;
  readonly previewOnly?: boolean;
  readonly overwrite?: boolean;
  /** Whether to resume a run that was stopped. */
  readonly resume: boolean;
  /** Whether to wait for slides that other processes are working on. */
  readonly wait?: boolean;
  /**
   * The part of the work to do. If there are at least as many slides as shards, a shard has whole slides; otherwise it
   * has some rows of each slide.
   */
  readonly shard?: Shard;
  /** Whether a shard has rows in any case. */
  readonly shardRows?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly card?: string;
  readonly layout?: 'nchw' | 'nhwc';
  readonly color?: Card['color'];
  readonly samples?: Card['samples'];
  readonly scale?: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly standardize?: 'window';
  readonly activation?: 'sigmoid' | 'softmax' | 'none';
  readonly classes?: NonNullable<Card['classes']>;
  readonly modelMpp?: number;
  readonly crop?: Card['crop'];
  readonly modelOutput?: string;
  /** Whether classifiers are run for their class activation maps. */
  readonly cam?: boolean;
}
