import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { nearest } from '../../dist/plan/labels/stretch.js';
import { parseConfig, type TruthConfig } from '../../dist/truth/config.js';
import type { LabelView } from '../../dist/truth/truth.js';
import type { Size, Span } from '../../dist/types.js';

/** Path of a file that `fixtures/truth/make.py` made. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/truth/${name}`, import.meta.url));
}

/** A file of classes. */
export function config(file: object): TruthConfig {
  return parseConfig(JSON.stringify(file), 'classes.json');
}

/** What sharp sees in a grey PNG. */
export async function greyPixels(path: string): Promise<Size & { data: Uint8Array }> {
  const { data, info } = await sharp(path).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

/** Reads rows of a view as one array; what was not read is 77. Checks that bands follow each other and runs are in order. */
export async function readLabels(
  view: LabelView,
  rows: Span = { start: 0, length: view.height },
  columns: (rows: Span) => readonly Span[] = () => [{ start: 0, length: view.width }],
): Promise<Uint8Array> {
  const out = new Uint8Array(view.width * rows.length).fill(77);
  let y = rows.start;
  for await (const band of view.readBands(rows, columns)) {
    if (band.y !== y || band.height < 1) throw new Error(`band at ${band.y} where ${y} is due`);
    y += band.height;
    let end = -1;
    for (const { x, pixels } of band.runs) {
      if (x < 0 || x <= end || pixels.channels !== 1 || pixels.height !== band.height || x + pixels.width > view.width) {
        throw new Error('a run is out of order or of the wrong size');
      }
      if (pixels.data.length !== pixels.width * pixels.height) throw new Error('a run has too few or too many labels');
      end = x + pixels.width;
      for (let row = 0; row < band.height; row++) {
        const line = pixels.data.subarray(row * pixels.width, (row + 1) * pixels.width);
        out.set(line, (band.y - rows.start + row) * view.width + x);
      }
    }
  }
  if (y !== rows.start + rows.length) throw new Error(`bands end at ${y}`);
  return out;
}

/**
 * What an image of labels shows at another size: where that is smaller along a side, the label that covers most of the pixel, found by exact areas (of equals no
 * background, and the first in reading order); else the pixel whose centre is nearest.
 */
export function shownLabel(data: ArrayLike<number>, from: Size, to: Size, column: number, row: number): number {
  if (to.width >= from.width && to.height >= from.height) {
    const [x, y] = [nearest(column, from.width, to.width), nearest(row, from.height, to.height)];
    return data[y * from.width + x]!;
  }
  const areas = new Map<number, number>();
  const shared = (at: number, index: number, whole: number, parts: number): number =>
    Math.max(0, Math.min((at + 1) * parts, (index + 1) * whole) - Math.max(at * parts, index * whole));
  const range = (index: number, whole: number, parts: number): number[] =>
    Array.from({ length: Math.ceil(whole / parts) + 2 }, (_, i) => Math.floor((index * whole) / parts) + i).filter(
      (at) => at < whole && shared(at, index, whole, parts) > 0,
    );
  for (const y of range(row, from.height, to.height)) {
    for (const x of range(column, from.width, to.width)) {
      const own = data[y * from.width + x]!;
      const area = shared(y, row, from.height, to.height) * shared(x, column, from.width, to.width);
      areas.set(own, (areas.get(own) ?? 0) + area);
    }
  }
  const most = Math.max(...areas.values());
  return [...areas].find(([label, area]) => area === most && label !== 0)?.[0] ?? 0;
}
