import type { ErrorCode } from '../../errors.js';
import type { InferOptions } from '../prepare/options.js';
import type { ThresholdOptions } from '../probabilities/options.js';
import type { ThresholdRecord } from '../probabilities/threshold.js';
import type { RunRecord } from '../records/record.js';

/** What a process of its own can be asked to do, and the record that it gives. */
export interface ChildWork {
  /** The mask of a slide. */
  readonly infer: { readonly options: InferOptions; readonly record: RunRecord };
  /** The mask of a file of probabilities. */
  readonly threshold: { readonly options: ThresholdOptions; readonly record: ThresholdRecord };
}

/** What is asked of the process, once. */
export type ChildJob = {
  readonly [Kind in keyof ChildWork]: {
    readonly kind: Kind;
    readonly path: string;
    readonly options: ChildWork[Kind]['options'];
  };
}[keyof ChildWork];

/** What the process is sent: its job, then perhaps that it is to stop. */
export type ToChild = ChildJob | { readonly kind: 'stop' };

/** What the process answers: warnings on the way, then its record or why there is none. */
export type FromChild =
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'done'; readonly record: ChildWork[keyof ChildWork]['record'] }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined };
