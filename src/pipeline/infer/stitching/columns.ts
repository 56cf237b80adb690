import { processors } from '../../../io/machine/processors.js';
import { PIECE_COLUMNS, type Piece } from '../../../plan/windows/piece.js';

/** One thread stitches what four others infer on the CPU, or a GPU in a second: more than 2,000 windows. */
const PROCESSORS_EACH = 4;
const MOST_THREADS = 4;

/** The columns of a piece, shared out among threads: whole blocks, so that scores come in the same blocks as from one. */
export function stitchedColumns(piece: Piece): readonly Piece[] {
  const blocks = Math.ceil(piece.width / PIECE_COLUMNS);
  const most = Math.max(1, Math.min(MOST_THREADS, Math.floor(processors().count / PROCESSORS_EACH)));
  const count = Math.max(1, Math.min(most, blocks));
  return Array.from({ length: count }, (_, index) => {
    const start = piece.x + Math.floor((index * blocks) / count) * PIECE_COLUMNS;
    const end = piece.x + Math.min(piece.width, Math.floor(((index + 1) * blocks) / count) * PIECE_COLUMNS);
    return { ...piece, x: start, width: end - start };
  });
}
