import type { Ensemble } from '../../../model/card/ensemble.js';
import type { WindowGroup } from '../../../model/card/groups.js';
import type { Pool } from '../../../model/sessions/pool.js';
import { symmetriesOf, type Tta } from '../../../plan/windows/symmetry.js';
import { streamModel } from '../../infer/scores/score-streams.js';
import type { ReadyModel } from '../run-settings.js';

/** For each group: how often networks are run per window, which is the number of orientations times the number of models. */
export function passesPerWindow(groups: readonly WindowGroup[], tta: Tta): number[] {
  return groups.map(({ members }) => members.length * symmetriesOf(tta).length);
}

/**
 * Connects the networks of an ensemble for a run.
 *
 * @param groups the grids of the plan, in its order
 * @param pools one for each model, in the order of the ensemble
 */
export function readyModel(ensemble: Ensemble, groups: readonly WindowGroup[], pools: readonly Pool[], tta: Tta): ReadyModel {
  const [first] = pools;
  const sum = (of: (pool: Pool) => number): number => pools.reduce((total, pool) => total + of(pool), 0);
  return {
    streams: groups.map((group) => streamModel(ensemble, group, pools, symmetriesOf(tta))),
    passes: passesPerWindow(groups, tta),
    provider: first!.provider,
    device: { ...first!.device, cpuNodes: pools.flatMap(({ device }) => device.cpuNodes) },
    workers: () => sum((pool) => pool.workers()),
    batch: first!.batch,
    busySeconds: () => sum((pool) => pool.busySeconds()),
  };
}
