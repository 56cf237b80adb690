import { reason } from '../../errors.js';
import type { Ensemble } from '../../model/card/ensemble.js';
import type { WindowGroup } from '../../model/card/groups.js';
import type { InferOptions } from '../prepare/options.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { foretellRun, type MemoryForecast, workersOf } from './foretell-run.js';
import { requireMemory } from './require.js';

/** Foretells the memory of runs with the same models and options. */
export interface Foreteller {
  /** Measures what the networks take, the first time. While it does, nothing else should happen in this process. */
  measure(): Promise<void>;
  /**
   * The memory that a planned run is to be expected to take.
   *
   * @throws {SegtileError} as `requireMemory`
   */
  require(plan: SlidePlan): MemoryForecast;
}

/** Foretells nothing before `measure`. */
export function foreteller(
  ensemble: Ensemble,
  groups: readonly WindowGroup[],
  options: InferOptions,
  signal: AbortSignal,
): Foreteller {
  let networks: Awaited<ReturnType<typeof workersOf>> = { unknown: 'it was not measured' };
  let measuring: Promise<void> | undefined;
  return {
    measure() {
      measuring ??= workersOf(ensemble, groups, options, signal).then(
        (found) => {
          networks = found;
        },
        // The workers of a run will fail in the same way.
        (error: unknown) => {
          networks = { unknown: reason(error) };
        },
      );
      return measuring;
    },
    require(plan) {
      const forecast = 'unknown' in networks ? networks : foretellRun(plan, ensemble, groups, networks, options);
      requireMemory(plan.slide.path, forecast, ensemble, options.memory);
      return forecast;
    },
  };
}
