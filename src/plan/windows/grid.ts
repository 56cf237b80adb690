import { SegtileError } from '../../errors.js';
import type { Size, Window } from '../../types.js';
import {
  type Border,
  type FixedPlacement,
  type WindowAxis,
  type WindowPlacement,
  windowCore,
  windowCount,
  windowStart,
} from './axis.js';
import { shownPart } from './shown.js';

/** What a grid is made from, in working pixels. `size` is the image, `margin` is removed from each side of a prediction. */
export interface GridSettings {
  readonly size: Size;
  readonly window: Size;
  readonly stride: Size;
  readonly margin: number;
  readonly border: Border;
  /** `stride` if left out. */
  readonly placement?: WindowPlacement;
  /** The step by which windows may be shifted so that scores only shift with them, in px; left out if it is not known. */
  readonly phase?: number | undefined;
  /** Whether the network sees only what tissue needs of each window, see `cutToTissue`. Needs a phase. */
  readonly cutsToTissue?: boolean | undefined;
}

/** All windows of an image, in row-major order: `columns * rows` of them, unless they follow tissue. */
export interface Grid extends GridSettings {
  /** The number of windows of a row of windows; the largest one if they follow tissue. */
  readonly columns: number;
  readonly rows: number;
  readonly x: WindowAxis;
  readonly y: WindowAxis;
  /** If windows follow tissue: the rows of windows, instead of `x`. */
  readonly laid?: readonly LaidRow[];
  /**
   * If windows are cut to tissue: for each window, four numbers: left, top, width and height of the part of its core that is
   * scored, in working px. The width is 0 if that is none of it.
   */
  readonly cut?: Int32Array;
}

/** A row of windows that follow tissue. */
export interface LaidRow {
  /** The axis of its windows. */
  readonly x: WindowAxis;
  /** The index of its first window among all windows. */
  readonly first: number;
}

/** The axis across the windows of a row of windows. */
export function columnAxis({ laid, x }: Pick<Grid, 'laid' | 'x'>, row: number): WindowAxis {
  return laid?.[row]?.x ?? x;
}

/** The number of all windows. */
export function windowTotal({ laid, columns, rows }: Pick<Grid, 'laid' | 'columns' | 'rows'>): number {
  const last = laid?.at(-1);
  return last === undefined ? columns * rows : last.first + windowCount(last.x);
}

/** How windows are laid by a placement if it is not known where tissue is. */
function fixedPlacement(placement: WindowPlacement, phase: number | undefined): FixedPlacement {
  if (placement !== 'tissue') return placement;
  return phase === undefined ? 'stride' : 'aligned';
}

/**
 * Lays the windows over an image. With the placement `tissue` the grid is a fixed one, `aligned` if the phase is known and
 * `stride` if not; `layTissue` makes one of it that follows tissue.
 *
 * @throws {SegtileError} `usage` if a length is not a positive integer (the margin may be 0), the stride exceeds the
 *   window, or the margins leave gaps between the cores (`S <= T - 2m` is needed)
 */
export function createGrid(settings: GridSettings): Grid {
  const { size, window, stride, margin, border, phase } = settings;
  const placement = fixedPlacement(settings.placement ?? 'stride', phase);
  const x = { ...createAxis(size.width, window.width, stride.width, margin, border), placement };
  const y = { ...createAxis(size.height, window.height, stride.height, margin, border), placement };
  return { ...settings, columns: windowCount(x), rows: windowCount(y), x, y };
}

function createAxis(length: number, window: number, stride: number, margin: number, border: Border): WindowAxis {
  checkInteger('image size', length, 1);
  checkInteger('window', window, 1);
  checkInteger('stride', stride, 1);
  checkInteger('margin', margin, 0);
  if (stride > window) {
    throw new SegtileError(
      'usage',
      `stride ${stride} px is larger than window ${window} px: pixels between windows would be lost`,
      `use a stride of at most ${Math.max(window - 2 * margin, 1)} px`,
    );
  }
  if (window - 2 * margin < 1) {
    throw new SegtileError(
      'usage',
      `margin ${margin} px leaves nothing of a window of ${window} px`,
      `use a margin of at most ${Math.floor((window - 1) / 2)} px`,
    );
  }
  if (stride > window - 2 * margin) {
    throw new SegtileError(
      'usage',
      `stride ${stride} px leaves gaps: a window of ${window} px keeps ${window - 2 * margin} px after a margin of ${margin} px on each side`,
      `the largest legal stride is ${window - 2 * margin} px; or use a margin of at most ${Math.floor((window - stride) / 2)} px`,
    );
  }
  return { length, window, stride, margin, border };
}

function checkInteger(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new SegtileError('usage', `expected an integer of at least ${least} px for ${name} but got ${value}`);
}

/** The window with an index in the grid. */
export function windowAt(grid: Grid, index: number): Window {
  const { laid, columns } = grid;
  const row = laid ? laid.findLastIndex(({ first }) => first <= index) : Math.floor(index / columns);
  return windowsOfRow(grid, row)[index - (laid?.[row]?.first ?? row * columns)]!;
}

/** The windows of one row of windows, from left to right. */
export function windowsOfRow(grid: Grid, row: number): Window[] {
  const y = windowStart(grid.y, row);
  const coreY = windowCore(grid.y, row);
  const across = columnAxis(grid, row);
  const before = grid.laid?.[row]?.first ?? row * grid.columns;
  return Array.from({ length: windowCount(across) }, (_, column) => {
    const coreX = windowCore(across, column);
    const whole = {
      index: before + column,
      row,
      column,
      box: { x: windowStart(across, column), y, width: grid.window.width, height: grid.window.height },
      core: { x: coreX.start, y: coreY.start, width: coreX.length, height: coreY.length },
    };
    return grid.cut ? cutWindow(whole, grid, grid.cut) : whole;
  });
}

/** A window of which only a part of the core is scored. */
function cutWindow(window: Window, grid: GridSettings, cut: Int32Array): Window {
  const [x = 0, y = 0, width = 0, height = 0] = cut.subarray(4 * window.index, 4 * window.index + 4);
  const core = { x, y, width, height };
  return { ...window, core, shown: shownPart(window.box, core, grid.margin, grid.phase ?? 1) };
}
