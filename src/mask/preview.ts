import sharp from 'sharp';
import { SegtileError } from '../errors.js';
import { openPartialFile } from '../tiff/partial-file.js';
import type { Box, MaskClass, Pixels, RasterRows, Sink, Size } from '../types.js';
import { legend } from './preview-legend.js';
import { compose } from './preview-picture.js';

/** What a preview shows. */
export interface Preview {
  /** The whole slide at low resolution, RGB. */
  readonly overview: Pixels;
  /** Size of the label rows that will be written, in px. */
  readonly size: Size;
  /** Every class whose label may occur. */
  readonly classes: readonly MaskClass[];
  /** The boxes that the model looked at, in pixels of the label rows; all else is shaded as skipped. Without it nothing is. */
  readonly covered?: Iterable<Box> | undefined;
}

/** Longest side of a preview, in px. */
const longest = 1600;

/**
 * A JPEG of the slide with the mask over it and the skipped area shaded, for a look at a result. Takes label rows of one channel
 * from top to bottom and keeps, per preview pixel and class, the share of its area that has the label: 2.5 MB a class at most,
 * whatever the size of the slide. The file appears whole when `finish` resolves.
 *
 * @throws {SegtileError} `usage` for an overview that is not RGB, for rows that do not fit and for labels of no class; `output` when
 *   the file cannot be written; `aborted` after `abort`
 */
export async function createPreview(path: string, { overview, size, classes, covered }: Preview): Promise<Sink<RasterRows>> {
  if (overview.channels !== 3)
    throw new SegtileError('usage', `expected an RGB overview but got ${overview.channels} channel(s)`);
  const file = await openPartialFile(path);
  const target = previewSize(overview, size);
  const skipped = covered && skippedPixels(covered, size, target);
  const parts = Promise.all([resized(overview, target), legend(target.width, classes, skipped !== undefined)]);
  // Awaited at the end; until then a failure must not count as unhandled.
  parts.catch(() => undefined);
  const shares = shareCounter(size, target, classes);
  let finishing: Promise<void> | undefined;

  async function finish(): Promise<void> {
    if (shares.rows !== size.height) {
      throw new SegtileError('usage', `expected ${size.height} rows for ${path} but got ${shares.rows}`);
    }
    const [slide, strip] = await parts;
    const picture = compose(slide, shares.planes, classes, skipped);
    const data = strip ? Buffer.concat([picture, strip.data]) : picture;
    const height = target.height + (strip?.height ?? 0);
    const jpeg = await sharp(data, { raw: { width: target.width, height, channels: 3 } })
      .jpeg({ quality: 88, chromaSubsampling: '4:4:4' })
      .toBuffer();
    await file.append(jpeg);
    await file.commit();
  }

  return {
    write: async (rows) => shares.add(rows),
    finish: () => {
      finishing ??= finish().catch(async (thrown) => {
        await file.discard();
        throw thrown;
      });
      return finishing;
    },
    abort: () => file.discard(),
  };
}

/** The size of the overview, no longer than {@link longest} and no larger than the mask itself. */
function previewSize(overview: Size, size: Size): Size {
  const scale = Math.min(1, longest / Math.max(overview.width, overview.height));
  return {
    width: Math.min(size.width, Math.max(1, Math.round(overview.width * scale))),
    height: Math.min(size.height, Math.max(1, Math.round(overview.height * scale))),
  };
}

async function resized({ data, width, height }: Pixels, target: Size): Promise<Pixels> {
  if (width === target.width && height === target.height) return { ...target, channels: 3, data };
  const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ ...target, fit: 'fill' })
    .raw()
    .toBuffer();
  return { ...target, channels: 3, data: pixels };
}

/** One byte for each preview pixel, 1 where its centre lies in no box. */
function skippedPixels(covered: Iterable<Box>, size: Size, { width, height }: Size): Uint8Array {
  const skipped = new Uint8Array(width * height).fill(1);
  // Pixel p has its centre at (p + 0.5) * size / target; it lies in the box from the first p with centre >= start on.
  const first = (start: number, length: number, of: number) =>
    Math.min(length, Math.max(0, Math.ceil((start * length) / of - 0.5)));
  for (const box of covered) {
    const left = first(box.x, width, size.width);
    const right = first(box.x + box.width, width, size.width);
    const bottom = first(box.y + box.height, height, size.height);
    for (let y = first(box.y, height, size.height); y < bottom; y++) skipped.fill(0, y * width + left, y * width + right);
  }
  return skipped;
}

/** Turns label rows into planes of shares, 0 to 255, one plane per class in the order of the classes. */
function shareCounter(size: Size, target: Size, classes: readonly MaskClass[]) {
  const planes = classes.map(() => new Uint8Array(target.width * target.height));
  // Pixels are counted in slots: each class, and labels that belong to none. Background is not counted.
  const slots = classes.length + 1;
  const stranger = slots - 1;
  const slotOf = new Uint16Array(256).fill(stranger);
  classes.forEach(({ label }, index) => {
    slotOf[label] = index;
  });
  const columnOf = Uint16Array.from({ length: size.width }, (_, x) => Math.floor(((x + 0.5) * target.width) / size.width));
  /** Where each column of the preview begins in the labels, and where the last one ends. */
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
        // Rounded up: a pixel with any label at all is not blank.
        const pixels = (starts[x + 1]! - starts[x]!) * rowsInCurrent;
        if (count > 0) plane[current * target.width + x] = Math.ceil((255 * count) / pixels);
      }
    }
    for (let x = 0; x < target.width; x++) {
      if (counts[x * slots + stranger]! === 0) continue;
      const where = `column ${columnOf.indexOf(x)}, rows ${taken - rowsInCurrent} to ${taken}`;
      throw new SegtileError('usage', `a label near ${where} belongs to no class`);
    }
    counts.fill(0);
    rowsInCurrent = 0;
  }

  /** Counts a row by its runs of one label, which in masks are long. */
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
        current = next;
      }
    },
  };
}
