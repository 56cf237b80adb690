import type { DeviceFacts } from '../model/pool.js';
import type { CleanUpWish } from '../plan/area.js';
import type { Blend } from '../plan/blend.js';
import type { LabelRule } from '../plan/labels.js';
import type { ProbabilityType } from '../plan/score-planes.js';
import type { Inference } from './score.js';

/** How a slide is run, beside its plan. */
export interface RunSettings {
  readonly blend: Blend;
  readonly blendSpace: 'probabilities' | 'logits';
  readonly rule: LabelRule;
  /** What is cleaned away at the working resolution. */
  readonly cleanUp: CleanUpWish;
  readonly maskValues: 'labels' | '255';
  /** Microns per pixel of the mask; without it the mask is as large as level 0. */
  readonly outputMpp: number | undefined;
}

/** The files that a run leaves behind. Preview, probabilities and report are made where a name is given. */
export interface RunFiles {
  readonly mask: string;
  readonly record: string;
  readonly preview: string | undefined;
  readonly report?: string | undefined;
  readonly probabilities?: { readonly path: string; readonly samples: ProbabilityType } | undefined;
}

/** A network that is ready, as far as a run and its record are concerned. */
export interface ReadyModel extends Inference {
  readonly provider: string;
  readonly workers: number;
  readonly device: DeviceFacts;
  batch(): number;
  /** Seconds that all workers together have run the network so far. */
  busySeconds(): number;
}
