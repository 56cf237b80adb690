import type { RasterRows } from '../../../types.js';

/** Holds rows of labels that are not final yet. It does not copy the rows that it takes. */
export interface HeldRows {
  /** Takes the next rows. */
  take(rows: RasterRows): void;
  /** Returns a held row, which may be read and changed. */
  line(y: number): Uint8Array;
  /** Releases the rows above `end`, in order, in the pieces in which they came. */
  release(end: number): Iterable<RasterRows>;
}

/** Creates a holder without rows. */
export function holdRows(): HeldRows {
  let pieces: RasterRows[] = [];
  let lines: Uint8Array[] = [];
  let first = 0;
  return {
    take(rows) {
      if (lines.length === 0) first = rows.y;
      pieces.push(rows);
      for (let row = 0; row < rows.height; row++) lines.push(rows.data.subarray(row * rows.width, (row + 1) * rows.width));
    },
    line: (y) => lines[y - first]!,
    release(end) {
      if (end <= first) return [];
      const released: RasterRows[] = [];
      const kept: RasterRows[] = [];
      for (const piece of pieces) {
        const height = Math.min(Math.max(end - piece.y, 0), piece.height);
        if (height > 0) released.push(part(piece, 0, height));
        if (height < piece.height) kept.push(part(piece, height, piece.height));
      }
      pieces = kept;
      lines = lines.slice(end - first);
      first = end;
      return released;
    },
  };
}

function part(rows: RasterRows, from: number, to: number): RasterRows {
  const { y, width, data } = rows;
  return { ...rows, y: y + from, height: to - from, data: data.subarray(from * width, to * width) };
}
