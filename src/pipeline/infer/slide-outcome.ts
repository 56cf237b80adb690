import type { Holder } from '../../io/claim.js';
import type { Shard } from '../../plan/shards.js';
import type { MemoryForecast } from '../memory/foretell-run.js';
import type { MaskSize } from '../prepare/mask-size.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { RunRecord } from '../records/record.js';
import type { ShardFacts, ShardSplit } from '../resume/shards.js';

/** The progress of a slide. */
export interface WindowProgress {
  readonly plan: SlidePlan;
  /** Finished windows, 0 at first, and the number of windows to run, without those that a stopped run has done. */
  readonly done: number;
  readonly total: number;
}

/** What all shards of a slide cost: how many windows each of them runs, and all of them as a multiple of one run. */
type ShardCost = Pick<ShardSplit, 'windows' | 'times'>;

/** What would be run for a slide. */
export interface DryRun {
  /** The plan; its slide is closed. */
  readonly plan: SlidePlan;
  /** For each grid: how often networks are run per window. */
  readonly passes: readonly number[];
  readonly mask: MaskSize;
  /** The expected memory. */
  readonly memory: MemoryForecast;
  /** The path of the picture of windows that would be skipped, if `previewOnly` asked for it. */
  readonly picture?: string | undefined;
  /** If slides are split into shards: which shard this is, what it covers, and the cost of all shards. */
  readonly shard?: (Shard & Pick<ShardFacts, 'rows' | 'columns'> & { readonly cost: ShardCost }) | undefined;
}

/** The outcome for a slide or its shard: made now, kept from the same run, or being made by another process. */
export type SlideOutcome =
  | { readonly status: 'done' | 'kept'; readonly record: RunRecord }
  | { readonly status: 'done' | 'kept'; readonly shard: ShardFacts }
  | { readonly status: 'elsewhere'; readonly holder: Holder };
