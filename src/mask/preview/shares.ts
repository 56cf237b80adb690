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
  /** By how many more rows, or fewer, a preview column is filled than the one before, besides what is counted there. */
  const changes = new Int32Array(target.width * slots);
  const blank = new Uint8Array(size.width);
  const row = new Int32Array(Math.ceil(size.width / 4));
  const rowBytes = new Uint8Array(row.buffer);
  let current = 0;
  let rowsInCurrent = 0;
  let isBlank = true;
  let taken = 0;

  function flush(): void {
    for (let slot = 0; slot < slots; slot++) {
      let full = 0;
      for (let x = 0; x < target.width; x++) {
        const across = starts[x + 1]! - starts[x]!;
        full += changes[x * slots + slot]!;
        const count = counts[x * slots + slot]! + full * across;
        if (count === 0) continue;
        if (slot === unlisted) {
          const where = `column ${columnOf.indexOf(x)}, rows ${taken - rowsInCurrent} to ${taken}`;
          throw new SegtileError('usage', `a label near ${where} belongs to no class`);
        }
        planes[slot]![current * target.width + x] = Math.ceil((255 * count) / (across * rowsInCurrent));
      }
    }
    changes.fill(0);
    counts.fill(0);
  }

  /**
   * Counts a row by runs of one label, because runs are long in masks. Four pixels at a time are compared with the run,
   * and if they differ, with the pixels before them, to find where runs begin.
   */
  function countRow(labels: Uint8Array): void {
    rowBytes.set(labels);
    let start = 0;
    let label = 0;
    let same = 0;
    for (let i = 0; i < row.length; i++) {
      const word = row[i]!;
      if (word === same) continue;
      let differing = word ^ ((word << 8) | label);
      while (differing !== 0) {
        const bits = (31 - Math.clz32(differing & -differing)) & 24;
        const next = 4 * i + (bits >> 3);
        countRun(label, start, next);
        start = next;
        label = (word >>> bits) & 255;
        differing &= ~(255 << bits);
      }
      same = Math.imul(label, 0x0101_0101);
    }
    countRun(label, start, labels.length);
  }

  function countRun(label: number, from: number, end: number): void {
    if (label === 0) return;
    const slot = slotOf[label]!;
    const first = columnOf[from]!;
    const last = columnOf[end - 1]!;
    if (first === last) {
      counts[first * slots + slot]! += end - from;
      return;
    }
    counts[first * slots + slot]! += starts[first + 1]! - from;
    changes[(first + 1) * slots + slot]!++;
    changes[last * slots + slot]!--;
    counts[last * slots + slot]! += end - starts[last]!;
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
        if (Buffer.compare(labels, blank) !== 0) {
          countRow(labels);
          isBlank = false;
        }
        taken++;
        rowsInCurrent++;
        const next = Math.floor(((taken + 0.5) * target.height) / size.height);
        if (next === current && taken < size.height) continue;
        if (!isBlank) flush();
        isBlank = true;
        rowsInCurrent = 0;
        current = taken < size.height ? next : target.height;
      }
    },
  };
}
