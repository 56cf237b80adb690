import type { Box, Size, Span, Window } from '../../types.js';
import { type WindowAxis, windowCore, windowCount, windowOwned } from './axis.js';
import type { Blend } from './blend.js';
import type { Grid } from './grid.js';
import type { WindowRows } from './windows.js';

/**
 * A rectangle of the working image that is made by itself: what is left of a run that was stopped, a shard, or columns that fit in memory. Its
 * scores are those of the whole image, to the bit, because every pixel gets its windows in the same order.
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
  /** Rows of windows that put scores into the piece: `first` to before `end`. */
  readonly first: number;
  readonly end: number;
  /** Whether a window puts scores into the piece. Others are only looked at, as neighbours. */
  fills(window: Window): boolean;
  /** Whether a window is counted with this piece: each is with exactly one, that in which the pixels begin that it speaks for. */
  owns(window: Window): boolean;
  /** The same of a row of windows, for pieces as wide as the image. */
  ownsRow(row: number): boolean;
}

/** The part of an axis that a window speaks for: see `windowCore` and `windowOwned`. */
export function spanOf(blend: Blend): (axis: WindowAxis, i: number) => Span {
  return blend === 'none' ? windowOwned : windowCore;
}

/** The windows from `first` to before `end`. */
interface Range {
  readonly first: number;
  readonly end: number;
}

/**
 * Which windows of a grid a piece needs.
 *
 * @param selection the windows that are run at all
 * @param neighbours whether the windows to the left of those that it owns and above them are needed as well, to compare them
 */
export function pieceWindows(grid: Grid, selection: WindowRows, blend: Blend, piece: Piece, neighbours: boolean): PieceWindows {
  const span = spanOf(blend);
  const down = alongAxis(grid.y, span, piece.y, piece.height);
  const across = alongAxis(grid.x, span, piece.x, piece.width);
  const inside = ({ first, end }: Range, i: number): boolean => i >= first && i < end;
  const isNeeded = ({ filled, owned }: AxisPart, i: number): boolean =>
    inside(filled, i) || (neighbours && owned.first < owned.end && i === owned.first - 1);
  const kept = (row: number): readonly Window[] =>
    isNeeded(down, row) ? selection.kept(row).filter(({ column }) => isNeeded(across, column)) : [];
  let total = 0;
  for (let row = Math.max(0, down.filled.first - 1); row < down.filled.end; row++) total += kept(row).length;
  return {
    window: grid.window,
    count: grid.rows,
    total,
    ...down.filled,
    kept,
    fills: ({ row, column }) => inside(down.filled, row) && inside(across.filled, column),
    owns: ({ row, column }) => inside(down.owned, row) && inside(across.owned, column),
    ownsRow: (row) => inside(down.owned, row),
  };
}

interface AxisPart {
  /** Windows that speak for pixels of the piece. */
  readonly filled: Range;
  /** Windows that begin to speak in it. */
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

/** The least `i` below `count` for which something holds that goes on to hold; `count` where it never does. */
function lowest(count: number, holds: (i: number) => boolean): number {
  let [from, to] = [0, count];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
