import { SegtileError } from '../../errors.js';
import type { Band, Box, Size } from '../../types.js';

/**
 * Counts the labels in any number of boxes, exactly and in one pass over the labels from top to bottom. Memory: one
 * counter for each column and label, and the counts themselves.
 *
 * Between the upper and lower edges of boxes, rows are added up column by column. At an edge, the columns are summed
 * from the left, and each open box gets the difference between the sums at its two sides.
 */
export interface BoxCount {
  /**
   * Counts rows of labels. Bands come in order from top to bottom; columns that no box touches may be missing. Throws
   * `SegtileError` `input` if a row in which a box lies has a label that is neither 0 nor in `labels`.
   */
  add(band: Band): void;
  /** Pixels of each label in a box, in the order of `labels`, once all rows have been added. Only pixels of the image count. */
  of(index: number): Float64Array;
}

/**
 * Creates counts of zero.
 *
 * @param boxes in pixels of the image of `size`; may reach outside
 * @param labels the labels to count; background (0) may be left out
 */
export function createBoxCount(boxes: readonly Box[], labels: readonly number[], size: Size): BoxCount {
  const { width } = size;
  const slotOf = new Int16Array(256).fill(-1);
  labels.forEach((label, slot) => {
    slotOf[label] = slot;
  });
  const slots = labels.length;
  const counts = new Float64Array(boxes.length * slots);
  const columns = new Uint32Array(slots * width);
  const seen = new Uint8Array(slots);
  const sums = new Float64Array(width + 1);

  const order = boxes.map((_, index) => index).sort((a, b) => boxes[a]!.y - boxes[b]!.y);
  let nextToOpen = 0;
  let open: number[] = [];
  let nextEdge = Number.NEGATIVE_INFINITY;

  /**
   * Adds what was counted since the last edge to the open boxes, then opens the boxes that begin at `y` and closes
   * those that end there.
   */
  function edge(y: number): void {
    for (let slot = 0; slot < slots; slot++) if (seen[slot]) giveOut(slot);
    seen.fill(0);
    for (; nextToOpen < order.length && boxes[order[nextToOpen]!]!.y <= y; nextToOpen++) open.push(order[nextToOpen]!);
    open = open.filter((index) => boxes[index]!.y + boxes[index]!.height > y);
    nextEdge = nextToOpen < order.length ? boxes[order[nextToOpen]!]!.y : Number.POSITIVE_INFINITY;
    for (const index of open) nextEdge = Math.min(nextEdge, boxes[index]!.y + boxes[index]!.height);
  }

  function giveOut(slot: number): void {
    const own = columns.subarray(slot * width, (slot + 1) * width);
    for (let x = 0; x < width; x++) sums[x + 1] = sums[x]! + own[x]!;
    own.fill(0);
    for (const index of open) {
      const box = boxes[index]!;
      const left = Math.min(Math.max(box.x, 0), width);
      const right = Math.min(Math.max(box.x + box.width, left), width);
      counts[index * slots + slot]! += sums[right]! - sums[left]!;
    }
  }

  function addRow(band: Band, row: number): void {
    for (const { x, pixels } of band.runs) {
      const from = row * pixels.width;
      for (let i = 0; i < pixels.width; i++) {
        const label = pixels.data[from + i]!;
        if (label === 0) continue;
        const slot = slotOf[label]!;
        if (slot < 0) throw new SegtileError('input', `label ${label} at (${x + i}, ${band.y + row}) belongs to no class`);
        columns[slot * width + x + i]!++;
        seen[slot] = 1;
      }
    }
  }

  return {
    add(band) {
      for (let row = 0; row < band.height; row++) {
        if (band.y + row >= nextEdge) edge(band.y + row);
        if (open.length > 0) addRow(band, row);
      }
      // This may be the last band, so boxes that end here get the counts of its rows now.
      if (band.y + band.height >= Math.min(nextEdge, size.height)) edge(band.y + band.height);
    },
    of: (index) => counts.subarray(index * slots, (index + 1) * slots),
  };
}
