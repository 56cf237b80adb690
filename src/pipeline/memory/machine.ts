import { totalmem } from 'node:os';

/** The most memory that this process can have, and what sets the limit. */
export interface MemoryLimit {
  readonly bytes: number;
  readonly by: 'machine' | 'cgroup';
}

/**
 * The memory of the machine, or the limit of the control group of this process if it is lower. Containers and batch
 * systems set such limits.
 */
export function memoryLimit(): MemoryLimit {
  const machine = totalmem();
  // If there is no limit, this is 0 or more than the machine has.
  const group = process.constrainedMemory();
  return group > 0 && group < machine ? { bytes: group, by: 'cgroup' } : { bytes: machine, by: 'machine' };
}

/** Memory that a run may take, and what says so. */
export interface Allowance {
  readonly bytes: number;
  /** `--memory`; or half of what {@link memoryLimit} gives, or all of it. */
  readonly by: '--memory' | 'half' | 'all';
  readonly limit: MemoryLimit;
}

/**
 * What a run may take, in the order of preference. If `--memory` does not say it, a run is to leave half of the memory
 * to others, and is cut into columns for that. If not even that is enough, because most of it is for the model, the run
 * may take all that there is.
 *
 * @param budget of `--memory`, in bytes
 */
export function allowances(budget: number | undefined, limit: MemoryLimit = memoryLimit()): readonly Allowance[] {
  if (budget !== undefined) return [{ bytes: budget, by: '--memory', limit }];
  return [
    { bytes: limit.bytes / 2, by: 'half', limit },
    { bytes: limit.bytes, by: 'all', limit },
  ];
}
