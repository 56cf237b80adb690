import type { Provider } from '../devices/device.js';

/** The speed-up that a larger batch, or one more session, must give to be worth its memory. */
const WORTHWHILE = 1.05;

/** The largest batch and the most sessions on one device that are tried. */
const LARGEST_BATCH = 32;
const MOST_SESSIONS = 3;

/** The batches that are tried, in order, and the numbers of sessions on one device. */
export const triedBatches: readonly number[] = Array.from({ length: Math.log2(LARGEST_BATCH) + 1 }, (_, i) => 2 ** i);
export const triedSessions: readonly number[] = Array.from({ length: MOST_SESSIONS }, (_, i) => i + 1);

/** How many windows go through a network together, and how many sessions run it on one device. */
export interface LaneCounts {
  readonly batch: number;
  readonly sessions: number;
}

/** How fast a device is in some way. */
export interface MeasuredRate extends LaneCounts {
  readonly windowsPerSecond: number;
}

/** Whether a step to more is worth it. */
export function isWorthwhile(before: number, after: number): boolean {
  return after >= before * WORTHWHILE;
}

/**
 * Chooses the number of sessions on one device: the fewest after which one more is less than 5 % faster, or was not
 * tried.
 *
 * @param rates windows a second with 1, 2, … sessions; at least one
 */
export function chooseSessions(rates: readonly number[]): number {
  return triedSessions[lastWorthwhile(rates)]!;
}

/**
 * Chooses the batch: the smallest after which the next larger one is less than 5 % faster, or was not tried.
 *
 * @param rates windows a second with each of {@link triedBatches}; at least one
 */
export function chooseBatch(rates: readonly number[]): number {
  return triedBatches[lastWorthwhile(rates)]!;
}

function lastWorthwhile(rates: readonly number[]): number {
  const end = rates.findIndex((rate, step) => step > 0 && !isWorthwhile(rates[step - 1]!, rate));
  return (end < 0 ? rates.length : end) - 1;
}

/**
 * What of the batch and the sessions on a GPU is decided without measuring. A batch or a number of workers that the user
 * states holds. Sessions on WebGPU take turns, so that more than one would only take memory.
 *
 * @param fixedBatch the only batch that the network takes, if there is only one
 */
export function givenLanes(
  { batch, workers }: { readonly batch?: number | 'auto' | undefined; readonly workers?: number | undefined },
  fixedBatch: number | undefined,
  provider: Provider,
): Partial<LaneCounts> {
  const stated = typeof batch === 'number' ? batch : undefined;
  const sessions = provider === 'webgpu' ? 1 : (workers ?? (stated === undefined ? undefined : 1));
  const own = stated ?? fixedBatch;
  return { ...(own !== undefined && { batch: own }), ...(sessions !== undefined && { sessions }) };
}
