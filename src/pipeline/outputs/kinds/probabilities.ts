import { type ProbabilityMap, writeProbabilityMap } from '../../../mask/probability-map.js';
import type { ProbabilityType } from '../../../plan/scores/score-planes.js';
import type { Size } from '../../../types.js';
import { geoFor } from '../../prepare/place.js';
import type { Keep } from '../../records/files-and-record.js';
import type { Making, RunResult } from '../output.js';

/** The option that asks for probabilities and sets their sample type. */
export interface ProbabilityOptions {
  readonly probabilities?: ProbabilityType | undefined;
}

/** The entry of a record on a file of probabilities. */
export interface ProbabilityFileFacts extends Size {
  readonly path: string;
  readonly samples: ProbabilityType;
}

/** Writes the probabilities of all classes, from which `segtile threshold` makes masks. */
export async function makeProbabilities(
  path: string,
  result: RunResult,
  { probabilities: samples = 'uint8' }: ProbabilityOptions,
  keep: Keep,
): Promise<Making<ProbabilityFileFacts>> {
  const { replace, plan } = result;
  const scores = keep(path, await writeProbabilityMap(path, { ...probabilityMap(result, samples), replace }));
  return { scores, facts: async () => ({ path, samples, ...plan.grid.size }) };
}

/** Probabilities have the working resolution; a finer one would add no information. */
function probabilityMap({ plan, model, size }: RunResult, samples: ProbabilityType): ProbabilityMap {
  const { slide, view } = plan;
  const { classes, labels, exclusive } = model;
  const mask = { width: size.width, height: size.height, mpp: size.mpp ?? null };
  const { spans } = view;
  const whole = spans.width === view.width && spans.height === view.height;
  const map = { classes, labels, exclusive, samples, mask, ...(whole ? {} : { spans }) };
  return { size: { width: view.width, height: view.height }, mpp: view.mpp, geo: geoFor(slide, view), map };
}
