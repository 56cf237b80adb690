import type { Window } from '../../types.js';
import { type Grid, windowsOfRow } from './grid.js';
import type { WindowRows } from './windows.js';

/** Which windows of a grid a run looks at, and which it skips. */
export interface Selection extends WindowRows {
  /** Windows of the grid. */
  readonly planned: number;
  /** Windows that are not skipped. */
  readonly keptCount: number;
  /** True for a window that is skipped. */
  isSkipped(window: Window): boolean;
}

/** Decides every window of a grid once. Costs one byte a window. */
export function selectWindows(grid: Grid, keep: (window: Window) => boolean): Selection {
  const planned = grid.columns * grid.rows;
  const decisions = new Uint8Array(planned);
  let keptCount = 0;
  for (let row = 0; row < grid.rows; row++) {
    for (const window of windowsOfRow(grid, row)) {
      if (!keep(window)) continue;
      decisions[window.index] = 1;
      keptCount++;
    }
  }
  return {
    window: grid.window,
    count: grid.rows,
    planned,
    keptCount,
    kept: (row) => windowsOfRow(grid, row).filter((window) => decisions[window.index] === 1),
    isSkipped: (window) => decisions[window.index] === 0,
  };
}
