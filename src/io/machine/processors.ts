import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

/** How many threads of the machine a process may use, and what keeps it from using all. */
export interface Processors {
  /** At least 1. */
  readonly count: number;
  /**
   * What limits the count, as the end of a sentence; undefined if that is the machine itself, or the threads that the
   * system lets the process run on.
   */
  readonly limit: string | undefined;
}

/** Reads a small file of the system; undefined if it cannot be read. */
export type ReadText = (path: string) => string | undefined;

const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

let known: Processors | undefined;

/** The processors that this process may use. Found out once. */
export function processors(): Processors {
  known ??= processorsOf(availableParallelism(), process.env.SLURM_CPUS_PER_TASK, cpuQuota(readText));
  return known;
}

/**
 * The smallest of the limits of a process.
 *
 * @param affinity threads that the system lets it run on
 * @param slurm `SLURM_CPUS_PER_TASK`: what a Slurm job asked for, which not every cluster enforces
 * @param quota processors' worth of time that its control group gets, such as 1.5
 */
export function processorsOf(affinity: number, slurm: string | undefined, quota: number | undefined): Processors {
  const asked = slurm !== undefined && /^[1-9]\d*$/.test(slurm) ? Number(slurm) : Number.POSITIVE_INFINITY;
  // Rounded up, because a fraction of a processor is of use only to a thread of its own.
  const granted = quota === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil(quota));
  const count = Math.min(affinity, asked, granted);
  if (count === affinity) return { count, limit: undefined };
  const limit =
    asked <= granted ? `SLURM_CPUS_PER_TASK is ${slurm}` : `the quota of the control group is ${Number(quota!.toFixed(2))}`;
  return { count, limit };
}

/**
 * Processors' worth of time that this process gets: the smallest limit of its control group and of the groups above it.
 * The limit of a group is `cpu.max` (version 2), or `cpu.cfs_quota_us` divided by `cpu.cfs_period_us` (version 1). See
 * the kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/cgroups.rst.
 *
 * @returns undefined if there is no limit, or no control group
 */
export function cpuQuota(read: ReadText): number | undefined {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const mounts = mountsOf(read('/proc/self/mountinfo') ?? '');
  const quotas = groups.flatMap(([, controllers, ...path]) => {
    if (controllers === undefined || path.length === 0) return [];
    const group = path.join(':');
    const second = controllers === '';
    if (!second && !controllers.split(',').includes('cpu')) return [];
    const mount = mounts.find(({ kind, options }) =>
      second ? kind === 'cgroup2' : kind === 'cgroup' && options.includes('cpu'),
    );
    return mount === undefined ? [] : foldersOf(mount, group).map((folder) => (second ? quota2 : quota1)(folder, read));
  });
  const limits = quotas.filter((quota) => quota !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** A place where control groups are mounted as folders. */
interface Mount {
  readonly kind: string;
  /** The group whose folder is `at`. */
  readonly root: string;
  readonly at: string;
  readonly options: readonly string[];
}

/** The lines of /proc/self/mountinfo (proc(5)): `id parent device root at options [tags] - kind source options`. */
function mountsOf(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const [, , , root, at] = (before ?? '').split(' ');
    const [kind, , options = ''] = (after ?? '').split(' ');
    return root === undefined || at === undefined || kind === undefined
      ? []
      : [{ kind, root, at, options: options.split(',') }];
  });
}

/** The folder of a group, and the folders of the groups above it, as far as they are mounted. */
function foldersOf({ root, at }: Mount, group: string): string[] {
  const inside = root === '/' ? group : group === root || group.startsWith(`${root}/`) ? group.slice(root.length) : '/';
  // A group outside the mount, which the system names as `/../other`, has no folder.
  let below = inside.startsWith('/..') ? '/' : posix.normalize(inside || '/');
  const folders = [posix.join(at, below)];
  while (below !== '/') {
    below = posix.dirname(below);
    folders.push(posix.join(at, below));
  }
  return folders;
}

function quota2(folder: string, read: ReadText): number | undefined {
  const [quota, period] = (read(posix.join(folder, 'cpu.max')) ?? '').trim().split(/\s+/);
  return share(quota, period);
}

function quota1(folder: string, read: ReadText): number | undefined {
  return share(read(posix.join(folder, 'cpu.cfs_quota_us'))?.trim(), read(posix.join(folder, 'cpu.cfs_period_us'))?.trim());
}

/** The quota divided by the period; undefined for `max` and -1, which mean no limit. */
function share(quota: string | undefined, period: string | undefined): number | undefined {
  const value = Number(quota) / Number(period);
  return quota !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;
}
