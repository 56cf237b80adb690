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

/** The job that the process is given. It is sent once. */
export type ChildJob = {
  readonly [Kind in keyof ChildWork]: {
    readonly kind: Kind;
    readonly path: string;
    readonly options: ChildWork[Kind]['options'];
  };
}[keyof ChildWork];

/** Messages to the process: its job, then perhaps a request to stop. */
export type ToChild = ChildJob | { readonly kind: 'stop' };

/** Messages from the process: warnings while it works, then its record or the error. */
export type FromChild =
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'done'; readonly record: ChildWork[keyof ChildWork]['record'] }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined };
