import { totalmem } from 'node:os';

/** The most memory that this process can have, and who says so. */
export interface MemoryLimit {
  readonly bytes: number;
  readonly by: 'machine' | 'cgroup';
}

/** What the machine has, or what its control group lets this process have of it, as containers and batch systems do. */
export function memoryLimit(): MemoryLimit {
  const machine = totalmem();
  // 0, or more than there is, where nothing is said.
  const group = process.constrainedMemory();
  return group > 0 && group < machine ? { bytes: group, by: 'cgroup' } : { bytes: machine, by: 'machine' };
}
