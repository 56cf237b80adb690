import { cpus } from 'node:os';
import { throwIfAborted } from '../../errors.js';
import type { Model } from '../../model/card/model.js';
import { isRecord, type Kept, recalled, remember } from '../../model/measured/cache.js';
import { openPool } from '../../model/sessions/pool.js';
import { versions } from '../records/machine.js';

/** What windows of one size cost on a device. */
export interface WindowCost {
  /** The side of the windows, in px. */
  readonly side: number;
  /** How many of them went through the network together. */
  readonly batch: number;
  /** Milliseconds for one window, with all workers busy. */
  readonly milliseconds: number;
}

/** Where costs are measured. */
export interface CostPlace {
  /** As `--device` has it. */
  readonly device: string;
  readonly workers: number;
}

/** The sides of windows, in px, whose cost is measured if a network takes any size. */
const COSTED_SIDES: readonly number[] = [256, 384, 512, 768, 1024, 1536, 2048];

/** Each size is run this often, after a first run that does not count. The median counts. */
const ROUNDS = 3;

/** A size is not tried if a round of it is expected to take longer than this, in ms. */
const LONGEST_ROUND = 4000;

/** Increased whenever costs are measured in another way. */
const RULES = 1;

const kept: Kept<readonly WindowCost[]> = {
  folder: 'costs',
  isFound: (value): value is readonly WindowCost[] =>
    Array.isArray(value) && value.every((each) => isRecord(each) && Number(each.side) > 0 && Number(each.milliseconds) > 0),
};

/** Everything that the costs of a network depend on. */
function circumstances({ device, workers }: CostPlace) {
  const { segtile, onnxruntime, node, platform } = versions();
  return { RULES, device, workers, processor: cpus()[0]?.model, segtile, onnxruntime, node, platform };
}

/** The costs that {@link measureCosts} found here before; undefined if it was not called. */
export async function knownCosts(model: Model, place: CostPlace): Promise<readonly WindowCost[] | undefined> {
  return recalled(kept, model.sha256, circumstances(place));
}

/**
 * Measures what windows of the usual sizes cost on a device, from small to large. Sizes that would take too long or more
 * memory than is allowed are left out. The result is cached, unless memory was too small for some.
 *
 * @param memory the most bytes that this process may take
 * @param sides of the windows, in px, ascending
 * @throws {SegtileError} as `openPool`, for the smallest size
 */
export async function measureCosts(
  model: Model,
  place: CostPlace,
  memory: number,
  signal: AbortSignal,
  sides: readonly number[] = COSTED_SIDES,
): Promise<readonly WindowCost[]> {
  const known = await knownCosts(model, place);
  if (known) return known;
  const costs: WindowCost[] = [];
  let [milliseconds, grown, area] = [0, 0, 1];
  for (const side of sides) {
    const larger = side ** 2 / area;
    if (process.memoryUsage.rss() + grown * larger > memory) return costs;
    if (milliseconds * larger > LONGEST_ROUND) break;
    const before = process.memoryUsage.rss();
    const found = await costOf(model, side, place, signal);
    [milliseconds, grown, area] = [found.round, Math.max(0, found.rss - before), side ** 2];
    costs.push({ side, batch: found.batch, milliseconds: Number((found.round / found.windows).toPrecision(4)) });
  }
  await remember(kept, model.sha256, circumstances(place), costs);
  return costs;
}

/** Runs windows of one size until all workers are busy, and measures how long a round of them takes, in ms. */
async function costOf(model: Model, side: number, { device, workers }: CostPlace, signal: AbortSignal) {
  const window = { width: side, height: side };
  // One session on a GPU is enough to compare sizes.
  const lanes = device === 'cpu' ? { batch: 1, workers } : ({ batch: 'auto', workers: 1 } as const);
  const pool = await openPool(model, { window, ...lanes, device, output: 'probabilities', signal });
  try {
    const windows = pool.workers() * pool.batch();
    const rounds: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      throwIfAborted(signal);
      const pixels = Array.from({ length: windows }, () => pool.pixels().fill(128));
      const began = performance.now();
      const scores = await Promise.all(pixels.map((each) => pool.run(each)));
      if (round > 0) rounds.push(performance.now() - began);
      scores.forEach(pool.recycle);
    }
    const round = rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
    return { round, windows, batch: pool.batch(), rss: process.memoryUsage.rss() };
  } finally {
    await pool.close();
  }
}
