import type { Blend } from '../../../plan/windows/blend.js';
import { type Piece, pieceWindows } from '../../../plan/windows/piece.js';
import type { SlidePlan } from '../plan-slide.js';

/** The numbers of windows of a run. */
export interface WindowCounts {
  readonly planned: number;
  readonly skipped: number;
  readonly run: number;
  /** Pixels of the working image that networks see of the windows that are run; one counts with each window that has it. */
  readonly seenPixels: number;
  /** If windows follow tissue: how many windows fixed grids would run. */
  readonly fixed?: number;
}

type Grids = Pick<SlidePlan, 'selection' | 'grid' | 'others' | 'fixed'>;

/** Counts the windows of all grids of a plan. */
export function windowCounts(plan: Grids): WindowCounts {
  const selections = [plan, ...plan.others].map(({ selection }) => selection);
  const planned = selections.reduce((sum, each) => sum + each.planned, 0);
  const run = selections.reduce((sum, each) => sum + each.keptCount, 0);
  const seenPixels = selections.reduce((sum, each) => sum + each.seenPixels, 0);
  return { planned, skipped: planned - run, run, seenPixels, ...(plan.fixed !== undefined && { fixed: plan.fixed }) };
}

/**
 * The number of windows of each grid that are run for a piece.
 *
 * @param looked whether an output looks at windows, so that those of the first grid need their neighbours
 */
export function gridTotals(plan: Grids, blend: Blend, piece: Piece, looked: boolean): number[] {
  return [plan, ...plan.others].map(
    ({ grid, selection }, index) => pieceWindows(grid, selection, blend, piece, looked && index === 0).total,
  );
}

/** The number of windows of all grids that are run for a piece, see {@link gridTotals}. */
export function pieceTotal(plan: Grids, blend: Blend, piece: Piece, looked: boolean): number {
  return gridTotals(plan, blend, piece, looked).reduce((sum, each) => sum + each, 0);
}

/** How often networks are run in total: for each grid the number of windows times the passes per window. */
export function passesOf(plan: Grids, perWindow: readonly number[]): number {
  return [plan, ...plan.others].reduce((sum, { selection }, index) => sum + selection.keptCount * perWindow[index]!, 0);
}
