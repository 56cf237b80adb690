import type { Band, Window } from '../../types.js';
import { type WindowAxis, windowCount, windowStart } from '../windows/axis.js';
import type { Grid } from '../windows/grid.js';
import { saturationOf } from './saturation.js';
import { STAINED } from './tissue.js';

/**
 * Counts, for every window of a grid, the pixels whose saturation exceeds 40, exactly and in one pass over the image
 * from top to bottom. The edges of all windows cut the image into cells. Each window is a rectangle of cells, so only
 * one count for each cell is kept.
 */
export interface StainCount {
  /** Counts the pixels of rows that are complete in width. */
  add(band: Band): void;
  /** The share of a window's pixels on the slide that are stained, 0 to 1. Call it after all rows were added. */
  share(window: Window): number;
}

/** Creates counts of zero. */
export function createStainCount(grid: Grid): StainCount {
  const across = cellsOf(grid.x);
  const down = cellsOf(grid.y);
  const stride = across.edges.length;
  // counts[j * stride + i] is the count of the cell that ends at edge i and edge j. After summing up, it is the
  // number of stained pixels above and to the left of these edges.
  const counts = new Float64Array(stride * down.edges.length);
  let summed = false;

  function sumUp(): void {
    for (let j = 1; j < down.edges.length; j++) {
      let inRow = 0;
      for (let i = 1; i < stride; i++) {
        inRow += counts[j * stride + i]!;
        counts[j * stride + i] = counts[(j - 1) * stride + i]! + inRow;
      }
    }
    summed = true;
  }

  return {
    add(band) {
      for (const { x, pixels } of band.runs) {
        for (let row = 0; row < band.height; row++) {
          const base = (down.cellOf[band.y + row]! + 1) * stride + 1;
          let at = row * pixels.width * 3;
          for (let column = x; column < x + pixels.width; column++, at += 3) {
            if (saturationOf(pixels.data[at]!, pixels.data[at + 1]!, pixels.data[at + 2]!) > STAINED) {
              counts[base + across.cellOf[column]!]!++;
            }
          }
        }
      }
    },
    share({ box }) {
      if (!summed) sumUp();
      const left = edgeIndex(across.edges, box.x);
      const right = edgeIndex(across.edges, box.x + box.width);
      const top = edgeIndex(down.edges, box.y) * stride;
      const bottom = edgeIndex(down.edges, box.y + box.height) * stride;
      const count = counts[bottom + right]! - counts[top + right]! - counts[bottom + left]! + counts[top + left]!;
      const width = across.edges[right]! - across.edges[left]!;
      const height = down.edges[bottom / stride]! - down.edges[top / stride]!;
      return count / (width * height);
    },
  };
}

function cellsOf(axis: WindowAxis): { edges: number[]; cellOf: Int32Array } {
  const { length } = axis;
  const starts = Array.from({ length: windowCount(axis) }, (_, i) => windowStart(axis, i));
  const inside = starts.flatMap((start) => [start, start + axis.window]).filter((edge) => edge > 0 && edge < length);
  const edges = [0, ...new Set(inside), length].sort((a, b) => a - b);
  const cellOf = new Int32Array(length);
  edges.slice(0, -1).forEach((edge, cell) => {
    cellOf.fill(cell, edge, edges[cell + 1]);
  });
  return { edges, cellOf };
}

/** The index of an edge, clamped to the image, in the sorted edges. */
function edgeIndex(edges: readonly number[], edge: number): number {
  const wanted = Math.min(Math.max(edge, 0), edges.at(-1)!);
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
