import { SegtileError } from '../../errors.js';
import type { Band, Samples, Span } from '../../types.js';
import { endOf } from './spans.js';

/**
 * A rectangle of pixels in memory. Sample `c` of pixel `(x, y)` is
 * `data[((y - slab.y) * width + x - slab.x) * channels + c]`.
 */
export interface Slab<Data extends Samples = Samples> {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Data;
}

/** Bands that were read and are still needed. A whole band is kept until none of its rows is needed any more. */
export interface RowCache<Data extends Samples = Samples> {
  /** Reads on until all rows before `end` are in memory. */
  until(end: number): Promise<void>;
  /** The pixels in memory around row `y` that include all of `columns`. */
  slab(y: number, columns: Span): Slab<Data>;
  /** Releases every band that lies wholly above row `y`, also bands that are read later. */
  forget(y: number): void;
  /** Releases everything and stops reading. */
  close(): Promise<void>;
}

/** Keeps the bands of a slide or view from their reading to their last use. Nothing is read before it is asked for. */
export function cacheRows<Data extends Samples>(source: AsyncIterable<Band<Data>>): RowCache<Data> {
  const iterator = source[Symbol.asyncIterator]();
  let bands: Band<Data>[] = [];
  let from = Number.NEGATIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  return {
    async until(wanted) {
      while (end < wanted) {
        const next = await iterator.next();
        if (next.done) throw new SegtileError('input', `the rows of the slide ended at ${end}, before row ${wanted}`);
        end = next.value.y + next.value.height;
        if (end > from) bands.push(next.value);
        else next.value.release?.();
      }
    },
    slab(y, columns) {
      const band = bands.find((held) => y >= held.y && y < held.y + held.height);
      const run = band?.runs.find(({ x, pixels }) => x <= columns.start && x + pixels.width >= endOf(columns));
      if (band === undefined || run === undefined) {
        throw new SegtileError('input', `columns ${columns.start} to ${endOf(columns)} of row ${y} were not read`);
      }
      const { width, channels, data } = run.pixels;
      return { x: run.x, y: band.y, width, height: band.height, channels, data };
    },
    forget(y) {
      from = y;
      for (const band of bands) if (band.y + band.height <= y) band.release?.();
      bands = bands.filter((band) => band.y + band.height > y);
    },
    async close() {
      bands = [];
      await iterator.return?.();
    },
  };
}
