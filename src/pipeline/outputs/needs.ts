import type { ScoreKind } from '../../strip/strip.js';
import type { WindowLook } from '../infer/scores/score.js';
import type { RunFiles } from './files.js';
import type { LookNeeds } from './output.js';
import { type OutputFacts, runOutputs } from './table.js';

/** What the wanted outputs of a run need besides labels. */
export interface OutputNeeds {
  /** How exactly they take probabilities; undefined where none does. */
  readonly scores: ScoreKind | undefined;
  /** Looks at the scores of windows; undefined where none does. */
  readonly look: WindowLook | undefined;
}

/** What the wanted outputs of a run need besides labels, before any of them is begun. */
export function outputNeeds({ paths, options }: RunFiles, result: LookNeeds): OutputNeeds {
  const names = Object.keys(runOutputs) as (keyof OutputFacts)[];
  const wanted = names.filter((name) => paths[name] !== undefined).map((name) => runOutputs[name]);
  const kinds = wanted.flatMap(({ scores }) => (scores ? [scores(options)] : []));
  const [look, ...others] = wanted.flatMap((each) => (each.look ? [each.look] : []));
  // What several saw would have to be told apart when it crosses to the files.
  if (others.length > 0) throw new Error('one output at most looks at windows');
  const scores = kinds.includes('float32') ? 'float32' : kinds[0];
  return { scores, look: look?.(result) };
}
