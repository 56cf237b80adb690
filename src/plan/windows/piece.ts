import type { Box, Size, Span, Window } from '../../types.js';
import { type WindowAxis, windowCore, windowCount, windowOwned } from './axis.js';
import type { Blend } from './blend.js';
import { columnAxis, type Grid } from './grid.js';
import type { WindowRows } from './windows.js';

/**
 * A rectangle of the working image that is processed by itself: the rest of a run that was stopped, a shard, or
 * columns that fit into memory. Its scores are bit for bit those of the whole image, because every pixel gets its
 * windows in the same order.
 */
export type Piece = Box;

/** Columns of a piece begin at multiples of this, in px, so that scores come in the same blocks as without pieces. */
export const PIECE_COLUMNS = 512;

/** The piece that is the whole image. */
export function wholePiece({ width, height }: Size): Piece {
  return { x: 0, y: 0, width, height };
}

/** The windows of a grid that a piece needs. */
export interface PieceWindows extends WindowRows {
  /** How many windows are run for the piece. */
  readonly total: number;
  /**
   * The rows of windows that contribute scores to the piece: from `first` up to, but not including, `end`. If none does, as
   * between two rows of windows that follow tissue, it is the row above the piece, or else the first one: when it is
   * complete, the rows of the piece are final. None of its windows is run for the piece.
   */
  readonly first: number;
  readonly end: number;
  /** Whether a window contributes scores to the piece. Other windows are only used as neighbours to compare with. */
  fills(window: Window): boolean;
  /**
   * Whether a window is counted with this piece. Each window is counted with exactly one piece: the one that has the
   * first pixel of its span (see {@link spanOf}).
   */
  owns(window: Window): boolean;
  /** The same for a row of windows, for pieces as wide as the image. */
  ownsRow(row: number): boolean;
}

/**
 * Returns the function that gives the span of the axis for which the scores of a window are used: `windowOwned` for
 * blend `none`, else `windowCore`.
 */
export function spanOf(blend: Blend): (axis: WindowAxis, i: number) => Span {
  return blend === 'none' ? windowOwned : windowCore;
}

/** The windows from `first` up to, but not including, `end`. */
interface Range {
  readonly first: number;
  readonly end: number;
}

/**
 * Finds the windows of a grid that a piece needs.
 *
 * @param selection the windows of the grid that are run
 * @param neighbours whether the left and upper neighbours of its own windows are needed as well, to compare them
 */
export function pieceWindows(grid: Grid, selection: WindowRows, blend: Blend, piece: Piece, neighbours: boolean): PieceWindows {
  const span = spanOf(blend);
  const down = alongAxis(grid.y, span, piece.y, piece.height);
  let last: { readonly axis: WindowAxis; readonly part: AxisPart } | undefined;
  /** The columns of a row of windows. All rows of a fixed grid have the same. */
  const across = (row: number): AxisPart => {
    const axis = columnAxis(grid, row);
    if (last?.axis !== axis) last = { axis, part: alongAxis(axis, span, piece.x, piece.width) };
    return last.part;
  };
  const inside = ({ first, end }: Range, i: number): boolean => i >= first && i < end;
  const isNeeded = ({ filled, owned }: AxisPart, i: number): boolean =>
    inside(filled, i) || (neighbours && owned.first < owned.end && i === owned.first - 1);
  const kept = (row: number): readonly Window[] =>
    isNeeded(down, row) ? selection.kept(row).filter(({ column }) => isNeeded(across(row), column)) : [];
  let total = 0;
  for (let row = Math.max(0, down.filled.first - 1); row < down.filled.end; row++) total += kept(row).length;
  return {
    window: grid.window,
    count: grid.rows,
    total,
    ...completedRows(down.filled),
    kept,
    fills: ({ row, column }) => inside(down.filled, row) && inside(across(row).filled, column),
    owns: ({ row, column }) => inside(down.owned, row) && inside(across(row).owned, column),
    ownsRow: (row) => inside(down.owned, row),
  };
}

function completedRows({ first, end }: Range): Range {
  return first < end ? { first, end } : { first: Math.max(0, end - 1), end: Math.max(1, end) };
}

interface AxisPart {
  /** Windows whose span overlaps the piece. */
  readonly filled: Range;
  /** Windows whose span begins in the piece. */
  readonly owned: Range;
}

function alongAxis(axis: WindowAxis, span: (axis: WindowAxis, i: number) => Span, start: number, length: number): AxisPart {
  const count = windowCount(axis);
  const end = start + length;
  const none = { first: 0, end: 0 };
  if (length === 0) return { filled: none, owned: none };
  const endOf = (i: number): number => span(axis, i).start + span(axis, i).length;
  const firstWhere = (holds: (i: number) => boolean): number => lowest(count, holds);
  const last = firstWhere((i) => span(axis, i).start >= end);
  return {
    filled: { first: firstWhere((i) => endOf(i) > start), end: last },
    owned: { first: firstWhere((i) => span(axis, i).start >= start), end: last },
  };
}

/**
 * The least `i` below `count` for which `holds(i)` is true; `count` if there is none. Once `holds` is true, it must
 * stay true for all larger `i`.
 */
function lowest(count: number, holds: (i: number) => boolean): number {
  let [from, to] = [0, count];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
