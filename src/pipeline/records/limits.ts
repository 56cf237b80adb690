import { processors } from '../../io/machine/processors.js';

/** What may hold up a run. */
export type RunStage = 'reading' | 'network' | 'stitching' | 'writing';

/** What held up a run. */
export interface RunLimits {
  /**
   * For the network: see `busyShare`. For the others: the share of the time from the first window to the last file in
   * which the main thread worked at the stage, or waited for it. They may come to more than 1 together: stages overlap.
   */
  readonly shares: Readonly<Record<RunStage, number>>;
  /** The stage with the largest share; null if none has {@link CLEAR} of the time or more. */
  readonly by: RunStage | null;
  /** What would make such a run shorter. */
  readonly setting: string | null;
}

/** How the network of a run was run. */
export interface RunDevice {
  readonly provider: string;
  readonly workers: number;
  readonly busyShare: number;
}

/** A stage with a smaller share than this does not hold up a run: the others take as long. */
export const CLEAR = 0.6;

/** The entries of the seconds of a `StageClock` that belong to a stage. */
const OWN: Readonly<Record<Exclude<RunStage, 'network'>, readonly string[]>> = {
  reading: ['read'],
  stitching: ['stitch', 'label', 'clean', 'compare'],
  writing: ['write', 'strips', 'finish'],
};

/** The entries of what comes before the first window and after the last one. */
const AROUND = ['plan', 'model', 'open', 'proof'];

/**
 * Finds what held up a run.
 *
 * @param seconds of its `StageClock`
 * @param threads how many the machine has for it
 */
export function limitsOf(
  seconds: Readonly<Record<string, number>>,
  device: RunDevice,
  threads: number = processors().count,
): RunLimits {
  const sum = (stages: readonly string[]): number => stages.reduce((all, stage) => all + (seconds[stage] ?? 0), 0);
  const lasted = (seconds.total ?? 0) - sum(AROUND);
  const share = (stages: readonly string[]): number => (lasted > 0 ? rounded(Math.min(1, sum(stages) / lasted)) : 0);
  const shares: RunLimits['shares'] = {
    reading: share(OWN.reading),
    network: rounded(Math.min(1, device.busyShare)),
    stitching: share(OWN.stitching),
    writing: share(OWN.writing),
  };
  const stages = Object.keys(shares) as RunStage[];
  const first = stages.reduce((most, stage) => (shares[stage] > shares[most] ? stage : most));
  if (shares[first] < CLEAR) return { shares, by: null, setting: null };
  return { shares, by: first, setting: settingFor(first, device, threads) };
}

function settingFor(stage: RunStage, { provider, workers }: RunDevice, threads: number): string {
  const onCpu = provider === 'cpu';
  if (stage === 'reading') {
    const fewer = `a slide that is tiled, and lies on a disk of this machine`;
    return onCpu && workers >= threads && workers > 1 ? `${fewer}; fewer --workers leave it a thread` : fewer;
  }
  if (stage === 'network') {
    if (onCpu && workers < threads) return `--workers ${threads}`;
    return onCpu
      ? 'a GPU (--device), or fewer windows: a larger --stride, --plan auto'
      : 'fewer windows: a larger --stride, --plan auto';
  }
  if (stage === 'stitching') return 'a larger --stride, or --blend none';
  return 'fewer files, or an --output on a disk of this machine';
}

function rounded(share: number): number {
  return Number(share.toFixed(3));
}
