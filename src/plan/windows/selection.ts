import type { Window } from '../../types.js';
import { type Grid, windowsOfRow, windowTotal } from './grid.js';
import type { WindowRows } from './windows.js';

/** Which windows of a grid are run, and which are skipped. */
export interface Selection extends WindowRows {
  /** The number of windows of the grid. */
  readonly planned: number;
  /** The number of windows that are not skipped. */
  readonly keptCount: number;
  /** The pixels that a network sees of all windows that are not skipped. */
  readonly seenPixels: number;
  /** True for a window that is skipped. */
  isSkipped(window: Window): boolean;
}

/**
 * Calls `keep` once for every window of a grid, but those that are cut to nothing, which are skipped. The decisions take one
 * byte for each window.
 */
export function selectWindows(grid: Grid, keep: (window: Window) => boolean): Selection {
  const planned = windowTotal(grid);
  const decisions = new Uint8Array(planned);
  let [keptCount, seenPixels] = [0, 0];
  for (let row = 0; row < grid.rows; row++) {
    for (const window of windowsOfRow(grid, row)) {
      if (window.core.width === 0 || !keep(window)) continue;
      const { width, height } = window.shown ?? window.box;
      seenPixels += width * height;
      decisions[window.index] = 1;
      keptCount++;
    }
  }
  return {
    window: grid.window,
    count: grid.rows,
    planned,
    keptCount,
    seenPixels,
    kept: (row) => windowsOfRow(grid, row).filter((window) => decisions[window.index] === 1),
    isSkipped: (window) => decisions[window.index] === 0,
  };
}
