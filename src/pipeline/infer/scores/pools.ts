import type { Ensemble } from '../../../model/card/ensemble.js';
import type { WindowGroup } from '../../../model/card/groups.js';
import { openPool, type Pool } from '../../../model/sessions/pool.js';
import type { PoolOptions } from '../../../model/sessions/pool-options.js';
import type { InferOptions } from '../../prepare/options.js';

/**
 * Starts a pool for each model of an ensemble, in its order. If one fails, none is left running.
 *
 * @param wants see `PoolOptions`
 * @throws {SegtileError} as `openPool`
 */
export async function startPools(
  { members }: Ensemble,
  groups: readonly WindowGroup[],
  options: InferOptions,
  wants: Pick<PoolOptions, 'parts' | 'crops'>,
  note: (sentence: string) => void,
  signal: AbortSignal,
): Promise<readonly Pool[]> {
  const { workers, blendSpace, device, batch, scoreType, verify } = options;
  const { requireGpu, allowCpuNodes, allowSoftware } = options;
  const same = { ...wants, workers, device, batch, scoreType, verify, requireGpu, allowCpuNodes, allowSoftware };
  const pools: Pool[] = [];
  try {
    for (const [index, { model }] of members.entries()) {
      const { own: window } = groups.find((group) => group.members.includes(index))!;
      pools.push(await openPool(model, { window, ...same, output: blendSpace, signal, note }));
    }
    return pools;
  } catch (error) {
    await closePools(pools);
    throw error;
  }
}

/** Closes pools one after the other. */
export async function closePools(pools: readonly Pool[]): Promise<void> {
  for (const pool of pools) await pool.close();
}
