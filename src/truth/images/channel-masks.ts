import { SegtileError } from '../../errors.js';
import type { Band, Samples, Size, Span } from '../../types.js';
import type { ValueBand } from './label-image.js';

/** Reads the bands of one plane. */
export type PlaneReader = (
  rows: Span,
  columns: (rows: Span) => readonly Span[],
  signal?: AbortSignal,
) => AsyncIterable<Band<Samples>>;

/**
 * Reads the masks of several classes, one plane each, as one image of labels: the value of a pixel is the number of the
 * plane in which it is not 0, counted from 1.
 *
 * @param planes of the same size, and stored in blocks of the same size
 * @throws {SegtileError} `input` while reading, for a pixel that is in two planes
 */
export async function* channelBands(
  path: string,
  planes: readonly PlaneReader[],
  rows: Span,
  columns: (rows: Span) => readonly Span[],
  signal?: AbortSignal,
): AsyncGenerator<ValueBand> {
  const readers = planes.map((read) => read(rows, columns, signal)[Symbol.asyncIterator]());
  try {
    for (;;) {
      const bands: Band<Samples>[] = [];
      for (const reader of readers) {
        const { done, value } = await reader.next();
        if (!done) bands.push(value);
      }
      const [first] = bands;
      if (first === undefined) return;
      const runs = first.runs.map(({ x, pixels: { width, height } }, r) => {
        const data = new Uint8Array(width * height);
        for (const [k, band] of bands.entries())
          label(path, data, band.runs[r]!.pixels.data, k + 1, { x, y: band.y, width, height });
        return { x, width, height, data };
      });
      yield { y: first.y, height: first.height, runs };
    }
  } finally {
    for (const reader of readers) await reader.return?.(undefined);
  }
}

function label(
  path: string,
  labels: Uint8Array,
  plane: Samples,
  own: number,
  box: Size & { readonly x: number; readonly y: number },
): void {
  for (let i = 0; i < labels.length; i++) {
    if (plane[i] === 0) continue;
    if (labels[i] !== 0) {
      const place = `(${box.x + (i % box.width)}, ${box.y + Math.floor(i / box.width)})`;
      throw new SegtileError(
        'input',
        `${path} has pixel ${place} in channel ${labels[i]! - 1} and in channel ${own - 1}, counted from 0`,
        'a pixel has one class at most: give a mask for each channel, or one mask of labels',
      );
    }
    labels[i] = own;
  }
}
