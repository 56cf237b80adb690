import { foretellMemory, type MemoryShape } from './foretell.js';

/** The settings of a run that are changed to make it fit into less memory, and the total memory in bytes that results. */
export interface FittingSettings {
  readonly workers: number;
  /** The factor by which the sides of windows shrink; 1 means no change. */
  readonly windowShare: number;
  readonly total: number;
}

/** Shares of a window that are tried, the largest first. */
const SHARES = [1, 1 / 2, 1 / 4, 1 / 8];

/**
 * The same run with at most `workers` workers for each network, and with the sides of its windows multiplied by
 * `share`.
 */
export function resized(shape: MemoryShape, workers: number, share: number): MemoryShape {
  const smaller = ({ width, height }: { width: number; height: number }) => ({ width: width * share, height: height * share });
  const count = Math.max(...shape.networks.map((network) => network.count));
  return {
    ...shape,
    networks: shape.networks.map((network) => ({
      ...network,
      count: Math.min(network.count, workers),
      running: network.running * share ** 2,
    })),
    grids: shape.grids.map((grid) => ({
      ...grid,
      window: smaller(grid.window),
      own: smaller(grid.own),
      ring: { ...grid.ring, height: grid.ring.height * share },
      inHand: (grid.inHand * Math.min(count, workers)) / count,
    })),
  };
}

/**
 * The settings with which a run fits into the budget and that are nearest to its own: with its own windows, as many
 * workers as fit; if none fit, the same with smaller windows.
 *
 * @param budget in bytes
 * @param isFixed whether the networks only take windows of this size
 * @returns undefined if nothing fits
 */
export function settingsWithin(shape: MemoryShape, budget: number, isFixed: boolean): FittingSettings | undefined {
  const most = Math.max(...shape.networks.map(({ count }) => count));
  for (const windowShare of isFixed ? [1] : SHARES) {
    for (let workers = most; workers >= 1; workers--) {
      const { total } = foretellMemory(resized(shape, workers, windowShare));
      if (total <= budget) return { workers, windowShare, total };
    }
  }
  return undefined;
}

/** The largest number of classes with which the run would fit, with its own windows and one worker; 0 if none fits. */
export function classesWithin(shape: MemoryShape, budget: number): number {
  const lone = resized(shape, 1, 1);
  const most = Math.max(...shape.grids.map(({ channels }) => channels));
  for (let classes = most; classes >= 1; classes--) {
    const share = classes / most;
    const grids = lone.grids.map((grid) => ({ ...grid, channels: Math.ceil(grid.channels * share) }));
    if (foretellMemory({ ...lone, grids, probabilityRow: lone.probabilityRow * share }).total <= budget) return classes;
  }
  return 0;
}
