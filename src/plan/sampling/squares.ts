import type { Box, Size } from '../../types.js';
import { PIECE_COLUMNS, type Piece } from '../windows/piece.js';
import type { WindowRows } from '../windows/windows.js';
import { createRandom, shuffled } from './random.js';

/** The seed of the sample. It is fixed, so that the same plan always has the same sample. */
const SEED = 20;

/**
 * Squares of an image, in a random order, in which windows are run: for windows in a random order, the square that holds
 * a random place of the window. Each square comes once. They depend on the plan alone.
 *
 * @param size of the image, in working px
 * @param rows the windows that are run
 * @returns pieces of about half a window on a side, or less at the border of the image; their sides are whole blocks of
 *   `PIECE_COLUMNS`
 */
export function* drawnSquares(size: Size, rows: WindowRows): Generator<Piece, void, undefined> {
  const side = PIECE_COLUMNS * Math.max(1, Math.floor(Math.max(rows.window.width, rows.window.height) / 2 / PIECE_COLUMNS));
  const boxes: Box[] = [];
  for (let row = 0; row < rows.count; row++) for (const { box } of rows.kept(row)) boxes.push(box);
  const places = createRandom(SEED, 'places');
  const seen = new Set<number>();
  for (const index of shuffled(boxes.length, createRandom(SEED, 'windows'))) {
    const box = boxes[index]!;
    const [across, down] = places.pair(index);
    const x = squareAt(box.x, box.width, size.width, across, side);
    const y = squareAt(box.y, box.height, size.height, down, side);
    const key = (y / side) * Math.ceil(size.width / side) + x / side;
    if (seen.has(key)) continue;
    seen.add(key);
    yield { x, y, width: Math.min(side, size.width - x), height: Math.min(side, size.height - y) };
  }
}

/** Where the square begins that holds a random place of the part of a window that lies in the image. */
function squareAt(start: number, length: number, full: number, random: number, side: number): number {
  const first = Math.max(0, start);
  const room = Math.max(1, Math.min(full, start + length) - first);
  return Math.floor(Math.min(full - 1, first + Math.floor(random * room)) / side) * side;
}
