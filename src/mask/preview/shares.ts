import { SegtileError } from '../../errors.js';
import type { MaskClass, RasterRows, Size } from '../../types.js';

/** Counts what share of each preview pixel each class has. */
export interface ShareCounter {
  /**
   * One plane of the preview per class, in the order of the classes. Shares are 0 to 255, rounded up so that a pixel
   * with any label is not blank.
   */
  readonly planes: readonly Uint8Array[];
  /** How many label rows have been added. */
  readonly rows: number;
  /** How many rows of the planes are final. */
  readonly known: number;
  /**
   * Adds the next label rows.
   *
   * @throws {SegtileError} `usage` for rows that are not the next ones, and for a label that belongs to no class
   */
  add(rows: RasterRows): void;
}

/**
 * Starts to count. Label column `x` belongs to the preview column `floor((x + 0.5) * target / size)`; the same holds for rows.
 *
 * @param size of the labels, in px
 * @param target size of the preview, in px; not larger than `size`
 */
export function shareCounter(size: Size, target: Size, classes: readonly MaskClass[]): ShareCounter {
  const planes = classes.map(() => new Uint8Array(target.width * target.height));
  // Pixels are counted in slots: one for each class, and one for labels that belong to no class. Background is not counted.
  const slots = classes.length + 1;
  const unlisted = slots - 1;
  const slotOf = new Uint16Array(256).fill(unlisted);
  classes.forEach(({ label }, index) => {
    slotOf[label] = index;
  });
  const columnOf = Uint16Array.from({ length: size.width }, (_, x) => Math.floor(((x + 0.5) * target.width) / size.width));
  /** The label column at which each preview column begins, and the one at which the last preview column ends. */
  const starts = new Uint32Array(target.width + 1).fill(size.width);
  for (let x = size.width - 1; x >= 0; x--) starts[columnOf[x]!] = x;
  const counts = new Uint32Array(target.width * slots);
  const blank = new Uint8Array(size.width);
  let current = 0;
  let rowsInCurrent = 0;
  let taken = 0;

  function flush(): void {
    for (let c = 0; c < classes.length; c++) {
      const plane = planes[c]!;
      for (let x = 0; x < target.width; x++) {
        const count = counts[x * slots + c]!;
        const pixels = (starts[x + 1]! - starts[x]!) * rowsInCurrent;
        if (count > 0) plane[current * target.width + x] = Math.ceil((255 * count) / pixels);
      }
    }
    for (let x = 0; x < target.width; x++) {
      if (counts[x * slots + unlisted]! === 0) continue;
      const where = `column ${columnOf.indexOf(x)}, rows ${taken - rowsInCurrent} to ${taken}`;
      throw new SegtileError('usage', `a label near ${where} belongs to no class`);
    }
    counts.fill(0);
    rowsInCurrent = 0;
  }

  /** Counts a row by runs of one label, because runs are long in masks. */
  function countRow(labels: Uint8Array): void {
    for (let from = 0, end = 0; from < labels.length; from = end) {
      const label = labels[from]!;
      end = from + 1;
      while (end < labels.length && labels[end] === label) end++;
      if (label === 0) continue;
      const slot = slotOf[label]!;
      const last = columnOf[end - 1]!;
      let start = from;
      for (let column = columnOf[from]!; column < last; column++) {
        const next = starts[column + 1]!;
        counts[column * slots + slot]! += next - start;
        start = next;
      }
      counts[last * slots + slot]! += end - start;
    }
  }

  return {
    planes,
    get rows() {
      return taken;
    },
    get known() {
      return current;
    },
    add({ y, width, height, channels, data }: RasterRows): void {
      if (y !== taken || width !== size.width || channels !== 1 || y + height > size.height || data.length !== width * height) {
        throw new SegtileError(
          'usage',
          `expected label rows from ${taken}, ${size.width} px wide, but got ${channels} channel(s) of rows ${y} to ${y + height}, ${width} px wide`,
        );
      }
      for (let row = 0; row < height; row++) {
        const labels = data.subarray(row * width, (row + 1) * width);
        if (Buffer.compare(labels, blank) !== 0) countRow(labels);
        taken++;
        rowsInCurrent++;
        const next = Math.floor(((taken + 0.5) * target.height) / size.height);
        if (next === current && taken < size.height) continue;
        flush();
        current = taken < size.height ? next : target.height;
      }
    },
  };
}
