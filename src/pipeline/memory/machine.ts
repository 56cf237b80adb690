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
