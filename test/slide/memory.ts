import fc from 'fast-check';
import type { Level, Slide, SlideMpp } from '../../dist/slide/slide.js';
import type { Band, BandRun, Pixels, Span } from '../../dist/types.js';

/** Sample `c` of pixel `(x, y)` of a level: looks random, so that a pixel from the wrong place shows. */
export function sampleAt(level: number, x: number, y: number, c: number): number {
  return (
    Math.imul(Math.imul(x + 1, 73856093) ^ Math.imul(y + 1, 19349663) ^ Math.imul(level * 3 + c + 1, 83492791), 2654435761) >>>
    24
  );
}

/** What one call of `readBands` asked for. */
export interface Pass {
  readonly level: number;
  readonly rows: Span;
  /** Every band that was handed out. */
  readonly bands: Span[];
  /** Set when the reader left or came to the end. */
  /** First rows of the bands that were given back. */
  readonly released: number[];
  closed: boolean;
}

export interface MemorySlide extends Slide {
  readonly passes: Pass[];
}

/** What is seen of a band that was given back. */
const GIVEN_BACK = 201;

/**
 * A slide that has no file: its pixels are {@link sampleAt}. Bands are cut at the rows that `breaks` repeats, and hold the wanted columns and no
 * more, `extra` pixels on each side excepted.
 */
export function memorySlide(
  sizes: readonly (readonly [width: number, height: number])[],
  options: { mpp?: SlideMpp; breaks?: readonly number[]; extra?: number; blockHeight?: number } = {},
): MemorySlide {
  const { mpp, breaks = [7], extra = 0, blockHeight = 1 } = options;
  const passes: Pass[] = [];
  const [width, height] = sizes[0]!;
  const levels = sizes.map(
    ([w, h], index): Level => ({
      index,
      width: w,
      height: h,
      downsample: width / w,
      blockWidth: w,
      blockHeight,
      layout: 'strips',
      compression: 'none',
    }),
  );
  return {
    path: 'memory',
    format: 'memory',
    width,
    height,
    levels,
    mpp,
    passes,
    async *readBands(level, rows, columns): AsyncGenerator<Band> {
      const pass: Pass = { level, rows, bands: [], released: [], closed: false };
      passes.push(pass);
      try {
        const end = rows.start + rows.length;
        for (let y = rows.start, i = 0; y < end; i++) {
          const span = { start: y, length: Math.min(breaks[i % breaks.length]!, end - y) };
          const wanted = spread(columns(span), extra, levels[level]!.width);
          pass.bands.push(span);
          const runs = wanted.map((run) => runAt(level, run, span));
          const release = (): void => {
            pass.released.push(span.start);
            // Whoever still looks sees that it is another's.
            for (const { pixels } of runs) pixels.data.fill(GIVEN_BACK);
          };
          yield { y, height: span.length, runs, release };
          y += span.length;
        }
      } finally {
        pass.closed = true;
      }
    },
    channelReader: () => {
      throw new Error('a slide in memory is a picture');
    },
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function spread(spans: readonly Span[], extra: number, width: number): Span[] {
  const out: Span[] = [];
  for (const span of spans) {
    const start = Math.max(0, span.start - extra);
    const end = Math.min(width, span.start + span.length + extra);
    const last = out.at(-1);
    if (last && start <= last.start + last.length) out[out.length - 1] = { start: last.start, length: end - last.start };
    else out.push({ start, length: end - start });
  }
  return out;
}

function runAt(level: number, columns: Span, rows: Span): BandRun {
  return { x: columns.start, pixels: pixelsAt(level, columns, rows) };
}

/** A rectangle of a level. */
export function pixelsAt(level: number, columns: Span, rows: Span): Pixels {
  const data = new Uint8Array(columns.length * rows.length * 3);
  let i = 0;
  for (let y = rows.start; y < rows.start + rows.length; y++) {
    for (let x = columns.start; x < columns.start + columns.length; x++) {
      for (let c = 0; c < 3; c++) data[i++] = sampleAt(level, x, y, c);
    }
  }
  return { width: columns.length, height: rows.length, channels: 3, data };
}

/** Reads bands and lays their pixels in an image of the given width; what was not read is -1. Checks that the bands follow each other. */
export async function gather(bands: AsyncIterable<Band>, width: number, rows: Span): Promise<Int16Array> {
  const out = new Int16Array(width * rows.length * 3).fill(-1);
  let y = rows.start;
  for await (const band of bands) {
    if (band.y !== y) throw new Error(`band at ${band.y}, expected ${y}`);
    y += band.height;
    let x = -1;
    for (const run of band.runs) {
      if (run.x <= x || run.pixels.height !== band.height || run.pixels.data.length !== run.pixels.width * band.height * 3) {
        throw new Error('a run is out of order or of the wrong size');
      }
      x = run.x + run.pixels.width;
      for (let r = 0; r < band.height; r++) {
        const row = run.pixels.data.subarray(r * run.pixels.width * 3, (r + 1) * run.pixels.width * 3);
        out.set(row, ((band.y - rows.start + r) * width + run.x) * 3);
      }
    }
  }
  if (y !== rows.start + rows.length) throw new Error(`bands end at ${y}`);
  return out;
}

/** Heights of bands, used in turn. */
export const breaksArbitrary = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 });

/** A span that is not empty, inside `0 <= i < length`. */
export function spanIn(length: number): fc.Arbitrary<Span> {
  return fc
    .tuple(fc.nat(length - 1), fc.nat(length - 1))
    .map(([a, b]) => ({ start: Math.min(a, b), length: Math.abs(a - b) + 1 }));
}
