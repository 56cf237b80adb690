import type { Box, Span, Window } from '../../types.js';
import type { Blend } from './blend.js';
import { columnAxis, type Grid } from './grid.js';
import { type Piece, spanOf } from './piece.js';

/**
 * Parts begin and end at multiples of this along x, in px, or with the window. Processors compute the activation of up to so
 * many scores at once, and may round those that are left over in another way.
 */
const STEP = 16;

/**
 * The part of a window whose scores are used for a piece of the image, in px of the window: its core, or with blend `none`
 * what it owns. It may be somewhat wider.
 */
export function usedPart(grid: Grid, blend: Blend, piece: Piece, { box, row, column }: Window): Box {
  const span = spanOf(blend);
  const across = within(span(columnAxis(grid, row), column), piece.x, piece.width);
  const down = within(span(grid.y, row), piece.y, piece.height);
  const left = STEP * Math.floor((across.start - box.x) / STEP);
  const right = STEP * Math.ceil((across.start + across.length - box.x) / STEP);
  return { x: left, y: down.start - box.y, width: Math.min(right, box.width) - left, height: down.length };
}

/** The part of a span that lies within the span of `room` px from `from` on. */
export function within({ start, length }: Span, from: number, room: number): Span {
  const first = Math.max(start, from);
  return { start: first, length: Math.max(0, Math.min(start + length, from + room) - first) };
}
