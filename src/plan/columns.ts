import type { Span } from '../types.js';
import { PIECE_COLUMNS } from './windows/piece.js';

/**
 * Yields the ways to cut an image into columns that are processed one after the other: one column, then two, and so
 * on, up to one column for each `PIECE_COLUMNS` px of width. The columns of one cut are about equally wide. All edges
 * but the last are multiples of `PIECE_COLUMNS`.
 *
 * @param width of the image, or of a part of it, in px
 * @param from the first column of that part, a multiple of `PIECE_COLUMNS`
 */
export function* columnCuts(width: number, from = 0): Generator<Span[], void, undefined> {
  const most = Math.ceil(width / PIECE_COLUMNS);
  for (let count = 1; count <= most; count++) {
    const edge = (i: number): number => Math.min(width, Math.round((i * most) / count) * PIECE_COLUMNS);
    yield Array.from({ length: count }, (_, i) => ({ start: from + edge(i), length: edge(i + 1) - edge(i) }));
  }
}
