import type { Measure, ObjectFormat } from '../../objects/formats/format.js';
import type { ObjectType } from '../../objects/formats/geojson.js';
import type { Size } from '../../types.js';
import type { ThresholdOption } from '../prepare/thresholds.js';
import type { SubmissionOptions } from '../submissions/options.js';
import type { SimplifyOptions } from './simplify-options.js';
import type { SplitOptions } from './split-options.js';

/** The options of `segtile objects`, parsed. Options that were not given are absent. */
export interface ObjectsOptions extends SubmissionOptions, SplitOptions, SimplifyOptions {
  readonly objects: readonly ObjectFormat[];
  readonly objectType: ObjectType;
  readonly instances?: boolean;
  readonly measure?: readonly Measure[];
  readonly slide?: string;
  readonly classes?: string;
  readonly slideSize?: Size;
  readonly slideMpp?: number;
  readonly threshold?: ThresholdOption;
  readonly output: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
