import { throwIfAborted } from '../../errors.js';
import type { WindowRows } from '../../plan/windows/windows.js';
import { newSamples, typeOf } from '../../tiff/samples/native.js';
import type { Band, Box, Samples, SampleType, Size, Span, Window } from '../../types.js';
import { cacheRows, type RowCache, type Slab } from './rows.js';
import { between, endOf, mergeSpans, spansOverlap } from './spans.js';

/**
 * The source that windows are cut from: a slide at its working resolution, or its labels. Its size is in working
 * pixels.
 */
export interface BandSource<Data extends Samples = Uint8Array> extends Size {
  /** See `View.readBands`. All bands have the same number of channels. */
  readBands(rows: Span, columns: (rows: Span) => readonly Span[], signal?: AbortSignal): AsyncIterable<Band<Data>>;
}

/** A window and its pixels. */
export interface CutWindow<Data extends Samples = Uint8Array<ArrayBuffer>> {
  readonly window: Window;
  /**
   * `box.width * box.height` interleaved pixels with the channels and the sample type of the source. The receiver owns
   * them. Unless the memory was given, they fill their `ArrayBuffer`, so that it can be transferred to another thread.
   */
  readonly pixels: Data;
}

/** Allocates exactly `samples` samples of the source's type, with any content. */
export type Memory<Data extends Samples = Uint8Array<ArrayBuffer>> = (samples: number, type: SampleType) => Data;

/** The rows and columns of the image that one row of windows needs, in working pixels. */
interface Need {
  readonly row: number;
  readonly rows: Span;
  readonly columns: readonly Span[];
}

/** Runs of wanted columns with fewer than this many pixels between them are read as one. */
const columnGap = 64;

/**
 * Cuts the windows that a plan keeps, in the order of the plan: rows of windows from top to bottom, each from left to
 * right.
 *
 * The image is read in one pass. For each of its rows, only the columns of windows that touch the row are requested;
 * rows without windows are not read. A band of rows stays in memory until the last row of windows that touches it has
 * been cut.
 *
 * Parts of a window outside of the image are filled by reflection, see {@link reflect}.
 *
 * @param memory allocates the pixels of each window; by default, new memory is used
 * @throws {SegtileError} `aborted` when the signal fires, and the errors of reading the slide
 */
export function cutWindows(
  view: BandSource,
  plan: WindowRows,
  signal?: AbortSignal,
  memory?: Memory,
): AsyncGenerator<CutWindow, void, undefined>;
export function cutWindows(
  view: BandSource<Samples>,
  plan: WindowRows,
  signal?: AbortSignal,
): AsyncGenerator<CutWindow<Samples<ArrayBuffer>>, void, undefined>;
export function cutWindows<Data extends Samples>(
  view: BandSource<Samples>,
  plan: WindowRows,
  signal: AbortSignal | undefined,
  memory: Memory<Data>,
): AsyncGenerator<CutWindow<Data>, void, undefined>;
export async function* cutWindows(
  view: BandSource<Samples>,
  plan: WindowRows,
  signal?: AbortSignal,
  memory?: Memory<Samples>,
): AsyncGenerator<CutWindow<Samples>, void, undefined> {
  const needs = needsOf(view, plan);
  if (needs.length === 0) return;
  // A window that lies mostly above or below the image may need rows before those of the row of windows above it.
  const neededFrom = needs.map((need) => need.rows.start);
  for (let i = needs.length - 2; i >= 0; i--) neededFrom[i] = Math.min(neededFrom[i]!, neededFrom[i + 1]!);
  const rows = between(
    neededFrom[0]!,
    needs.reduce((end, need) => Math.max(end, endOf(need.rows)), 0),
  );
  const cache = cacheRows(view.readBands(rows, (touched) => columnsOf(needs, touched), signal));
  const spare: Spare = { own: undefined };
  try {
    for (const [i, need] of needs.entries()) {
      cache.forget(neededFrom[i]!);
      await cache.until(endOf(need.rows));
      for (const window of plan.kept(need.row)) {
        throwIfAborted(signal);
        yield { window, pixels: cutBox(cache, view, window.box, memory, spare) };
      }
    }
  } finally {
    await cache.close();
  }
}

function needsOf(image: Size, plan: WindowRows): Need[] {
  const needs: Need[] = [];
  for (let row = 0; row < plan.count; row++) {
    const kept = plan.kept(row);
    if (kept.length === 0) continue;
    const { y, height } = kept[0]!.box;
    const columns = kept.map(({ box }) => reflectedSpan({ start: box.x, length: box.width }, image.width));
    needs.push({
      row,
      rows: reflectedSpan({ start: y, length: height }, image.height),
      columns: mergeSpans(columns, columnGap),
    });
  }
  return needs;
}

function columnsOf(needs: readonly Need[], rows: Span): Span[] {
  return mergeSpans(
    needs.filter((need) => spansOverlap(need.rows, rows)).flatMap((need) => need.columns),
    columnGap,
  );
}

/**
 * The index of the pixel that gives its value to a pixel outside of the image. The image is mirrored about the centre
 * of its edge pixel, which is not repeated (-1 gives 1, `length` gives `length - 2`, as `reflect` in numpy and ONNX).
 * Beyond the mirror image, its last pixel is repeated.
 *
 * @param length of the image along the axis, at least 1
 */
export function reflect(index: number, length: number): number {
  if (index < 0) return Math.min(-index, length - 1);
  if (index >= length) return Math.max(2 * length - 2 - index, 0);
  return index;
}

/** The smallest span of an image that contains every pixel that {@link reflect} gives for a span. */
export function reflectedSpan(span: Span, length: number): Span {
  // Reflection turns back only at the first and the last pixel, so the extremes are there or at the ends of the span.
  const turns = [span.start, endOf(span) - 1, 0, length - 1].filter((i) => i >= span.start && i < endOf(span));
  const sources = turns.map((i) => reflect(i, length));
  return between(Math.min(...sources), Math.max(...sources) + 1);
}

/** Memory of this thread for a window that is cut on its way to memory of all threads. */
interface Spare {
  own: Samples<ArrayBuffer> | undefined;
}

function cutBox(cache: RowCache, image: Size, box: Box, memory: Memory<Samples> | undefined, spare: Spare): Samples {
  const columns = reflectedSpan({ start: box.x, length: box.width }, image.width);
  const insideFrom = Math.min(Math.max(box.x, 0), box.x + box.width);
  const insideTo = Math.max(insideFrom, Math.min(box.x + box.width, image.width));
  const inside = between(insideFrom, insideTo);
  const slabOf = (row: number): Slab => cache.slab(reflect(box.y + row, image.height), columns);
  const first = slabOf(0);
  const samples = box.width * box.height * first.channels;
  const type = typeOf(first.data);
  const out = memory?.(samples, type) ?? newSamples(type, samples);
  const isSlow = out.buffer instanceof SharedArrayBuffer && !liesAlike(first, box, inside.start, out);
  if (isSlow && spare.own?.length !== samples) spare.own = newSamples(type, samples);
  const into = isSlow ? spare.own! : out;
  for (let row = 0; row < box.height; ) row = copyRows(slabOf(row), image, box, inside, row, into);
  if (into !== out) out.set(into);
  return out;
}

/**
 * Whether all rows of a box start at the same byte of 8 in the slab and in the window. Otherwise V8 copies them to memory that
 * threads share byte by byte, which takes three to five times as long.
 *
 * @param column at which the copied part starts, in px of the image
 */
function liesAlike(slab: Slab, box: Box, column: number, out: Samples): boolean {
  const pixel = slab.channels * out.BYTES_PER_ELEMENT;
  const [from, to] = [slab.data.byteOffset + (column - slab.x) * pixel, out.byteOffset + (column - box.x) * pixel];
  return (from - to) % 8 === 0 && ((slab.width - box.width) * pixel) % 8 === 0;
}

/**
 * Copies the rows of a box that the slab has.
 *
 * @param inside the columns of the box that lie in the image
 * @returns the first row that was not copied
 */
function copyRows(slab: Slab, image: Size, box: Box, inside: Span, from: number, out: Samples): number {
  const { channels, data } = slab;
  const end = endOf(inside);
  let row = from;
  for (; row < box.height; row++) {
    const y = reflect(box.y + row, image.height);
    if (y < slab.y || y >= slab.y + slab.height) break;
    // The position of column 0 of this row in the slab and in the window; it may lie outside of both.
    const source = ((y - slab.y) * slab.width - slab.x) * channels;
    const to = (row * box.width - box.x) * channels;
    if (inside.length > 0)
      out.set(data.subarray(source + inside.start * channels, source + end * channels), to + inside.start * channels);
    copyReflected(slab, source, out, to, between(box.x, inside.start), image.width);
    copyReflected(slab, source, out, to, between(end, box.x + box.width), image.width);
  }
  return row;
}

function copyReflected(slab: Slab, from: number, out: Samples, to: number, columns: Span, length: number): void {
  const { channels, data } = slab;
  for (let x = columns.start; x < endOf(columns); x++) {
    const source = from + reflect(x, length) * channels;
    for (let c = 0; c < channels; c++) out[to + x * channels + c] = data[source + c]!;
  }
}
