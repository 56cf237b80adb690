import type { Band, Box, Size } from '../../types.js';

/** Where the labelled pixels of an image lie, as one count for each square cell. */
export interface Foreground {
  /** Counts rows of labels; the columns of a band are complete. */
  add(band: Band): void;
  /** The number of all labelled pixels that were added. */
  total(): number;
  /**
   * Draws one labelled pixel, each as likely as any other, and returns its cell, cut at the border of the image.
   * Undefined if there is no labelled pixel.
   *
   * @param u uniform in [0, 1)
   */
  pick(u: number): Box | undefined;
}

/**
 * Creates counts of zero. They take 8 bytes for each cell.
 *
 * @param cell side of a cell, in pixels
 * @param labels the labels whose pixels are counted
 */
export function createForeground(size: Size, cell: number, labels: readonly number[]): Foreground {
  const across = Math.ceil(size.width / cell);
  const cells = new Float64Array(across * Math.ceil(size.height / cell));
  const counts = new Uint8Array(256);
  for (const label of labels) counts[label] = 1;
  let upTo: Float64Array | undefined;

  function sumUp(): Float64Array {
    let sum = 0;
    return cells.map((count) => {
      sum += count;
      return sum;
    });
  }

  return {
    add(band) {
      upTo = undefined;
      for (const { x, pixels } of band.runs) {
        for (let row = 0; row < band.height; row++) {
          const base = Math.floor((band.y + row) / cell) * across;
          const from = row * pixels.width;
          for (let i = 0; i < pixels.width; i++) {
            if (counts[pixels.data[from + i]!]) cells[base + Math.floor((x + i) / cell)]!++;
          }
        }
      }
    },
    total() {
      upTo ??= sumUp();
      return upTo.at(-1)!;
    },
    pick(u) {
      upTo ??= sumUp();
      const wanted = u * upTo.at(-1)!;
      // Finds the first cell whose running sum exceeds `wanted`; it holds at least one labelled pixel.
      let low = 0;
      let high = upTo.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (upTo[middle]! > wanted) high = middle;
        else low = middle + 1;
      }
      if (low === upTo.length) return undefined;
      const x = (low % across) * cell;
      const y = Math.floor(low / across) * cell;
      return { x, y, width: Math.min(cell, size.width - x), height: Math.min(cell, size.height - y) };
    },
  };
}
