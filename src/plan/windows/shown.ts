import type { Box, Span } from '../../types.js';

/** A part has at least this side, in px, if the window has: that of the smallest usual windows, on which networks are tried. */
const LEAST_SIDE = 256;

/**
 * The part of a window that a network must see so that the scores of a core are those of the whole window: the core and a
 * margin around it, as far as the window has one. It begins at a multiple of the phase from the window's start, so that
 * scores only shift with it, and ends at one, too, or where the window ends.
 *
 * @param box of the window, in working px
 * @param core the part whose scores are used, within the core of the window
 * @param margin that is enough for a network, and the step by which its windows may be shifted, in px
 */
export function shownPart(box: Box, core: Box, margin: number, phase: number): Box {
  const along = (window: Span, from: number, length: number): Span =>
    inPhase(window, { start: from - margin, end: from + length + margin }, phase);
  const across = along({ start: box.x, length: box.width }, core.x, core.width);
  const down = along({ start: box.y, length: box.height }, core.y, core.height);
  return { x: across.start, y: down.start, width: across.length, height: down.length };
}

/** The least span of a window that contains what is wanted of it and whose ends are in phase with it. */
function inPhase({ start, length }: Span, wanted: { readonly start: number; readonly end: number }, phase: number): Span {
  const last = start + length;
  const up = (pixels: number): number => Math.ceil(pixels / phase) * phase;
  const end = Math.min(last, start + up(wanted.end - start));
  const first = Math.max(start, start + Math.floor((wanted.start - start) / phase) * phase);
  const least = Math.min(length, up(LEAST_SIDE));
  if (end - first >= least) return { start: first, length: end - first };
  // Grows to the left where there is room, and else to the right.
  const from = Math.max(start, start + Math.floor((end - least - start) / phase) * phase);
  const to = Math.min(last, Math.max(end, from + least));
  return { start: from, length: to - from };
}
