import { reason } from '../../errors.js';
import type { Ensemble } from '../../model/card/ensemble.js';
import type { WindowGroup } from '../../model/card/groups.js';
import { columnCuts } from '../../plan/columns.js';
import type { Grid } from '../../plan/windows/grid.js';
import { pieceWindows } from '../../plan/windows/piece.js';
import type { Selection } from '../../plan/windows/selection.js';
import type { Span } from '../../types.js';
import type { InferOptions } from '../prepare/options.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { foretellRun, type MemoryForecast, workersOf } from './foretell-run.js';
import { allowances } from './machine.js';
import { requireMemory } from './require.js';

/** Forecasts the memory of runs with the same models and options. */
export interface Foreteller {
  /** Measures the memory of the networks; only the first call does. Nothing else should happen in this process meanwhile. */
  measure(): Promise<void>;
  /**
   * The expected memory of a planned run. If all columns together do not fit, the run is split into as few columns as
   * fit.
   *
   * @param part the columns that are made: all of the slide, or those of a shard
   *
   * @throws {SegtileError} as `requireMemory`
   */
  require(plan: SlidePlan, part: Span): MemoryForecast;
}

/** Makes a foreteller. It gives no forecast before `measure` was called. */
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
    require(plan, part) {
      const known = networks;
      if ('unknown' in known) {
        requireMemory(plan.slide.path, known, ensemble, options.memory);
        return known;
      }
      for (const allowed of allowances(options.memory)) {
        for (const columns of columnCuts(part.length, part.start)) {
          const all = columns.map((each) =>
            foretellRun(ofColumns(plan, each, options), ensemble, groups, known, options, each.length),
          );
          const largest = all.reduce((a, b) => (b.foretold.total > a.foretold.total ? b : a));
          if (largest.foretold.total > allowed.bytes) continue;
          return { ...largest, allowed, ...(columns.length > 1 && { columns }) };
        }
      }
      const forecast = foretellRun(ofColumns(plan, part, options), ensemble, groups, known, options, part.length);
      requireMemory(plan.slide.path, forecast, ensemble, options.memory);
      return forecast;
    },
  };
}

/** The plan with only the windows that some columns need. */
function ofColumns(plan: SlidePlan, { start, length }: Span, { blend, reportDisagreement = false }: InferOptions): SlidePlan {
  if (length === plan.view.width) return plan;
  const piece = { x: start, y: 0, width: length, height: plan.view.height };
  const within = (grid: Grid, selection: Selection): Selection => {
    const { kept, total } = pieceWindows(grid, selection, blend, piece, reportDisagreement);
    return { ...selection, kept, keptCount: total };
  };
  const others = plan.others.map(({ grid, selection }) => ({ grid, selection: within(grid, selection) }));
  return { ...plan, selection: within(plan.grid, plan.selection), others };
}
