import type { ScoreKind } from '../../strip/strip.js';
import type { WindowLook } from '../infer/scores/stages.js';
import type { RunFiles } from './files.js';
import type { LookNeeds } from './output.js';
import { type OutputFacts, runOutputs } from './table.js';

/** What the wanted outputs of a run need besides labels. */
export interface OutputNeeds {
  /** The precision of the probabilities that they need; undefined if none needs probabilities. */
  readonly scores: ScoreKind | undefined;
  /** Gets the scores of windows; undefined if no output needs them. */
  readonly look: WindowLook | undefined;
}

/** What the wanted outputs of a run need besides labels. Called before any of them is begun. */
export function outputNeeds({ paths, options }: RunFiles, result: LookNeeds): OutputNeeds {
  const names = Object.keys(runOutputs) as (keyof OutputFacts)[];
  const wanted = names.filter((name) => paths[name] !== undefined).map((name) => runOutputs[name]);
  const kinds = wanted.flatMap(({ scores }) => (scores ? [scores(options)] : []));
  const [look, ...others] = wanted.flatMap((each) => (each.look ? [each.look] : []));
  // With several outputs, their findings would have to be told apart on the way to the files.
  if (others.length > 0) throw new Error('one output at most looks at windows');
  const scores = kinds.includes('float32') ? 'float32' : kinds[0];
  return { scores, look: look?.(result) };
}
