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
export function usedPart(grid: Grid, blend: Blend, piece: Piece, window: Window): Box {
  const { box, shown = box } = window;
  const { across, down } = usedSpans(grid, blend, piece, window);
  // A window that is cut to tissue may be run for a piece that has none of it.
  if (across.length === 0 || down.length === 0) return { ...shown, x: shown.x - box.x, y: shown.y - box.y };
  const left = Math.max(STEP * Math.floor((across.start - box.x) / STEP), shown.x - box.x);
  const right = Math.min(STEP * Math.ceil((across.start + across.length - box.x) / STEP), shown.x - box.x + shown.width);
  return { x: left, y: down.start - box.y, width: right - left, height: down.length };
}

/** The columns and rows of the image for which the scores of a window are used in a piece; there may be none. */
export function usedSpans(grid: Grid, blend: Blend, piece: Piece, { core, row, column }: Window): UsedSpans {
  const span = spanOf(blend);
  const [across, down] = [span(columnAxis(grid, row), column), span(grid.y, row)];
  return {
    across: within(within(across, piece.x, piece.width), core.x, core.width),
    down: within(within(down, piece.y, piece.height), core.y, core.height),
  };
}

interface UsedSpans {
  readonly across: Span;
  readonly down: Span;
}

/** The part of a span that lies within the span of `room` px from `from` on. */
function within({ start, length }: Span, from: number, room: number): Span {
  const first = Math.max(start, from);
  return { start: first, length: Math.max(0, Math.min(start + length, from + room) - first) };
}
