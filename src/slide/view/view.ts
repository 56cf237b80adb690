import { SegtileError, throwIfAborted } from '../../errors.js';
import { isNear, type LevelFactor, levelFactor } from '../../plan/resolution/level-factor.js';
import type { Band, Mpp, Samples, Size, Span, SpanningSize } from '../../types.js';
import type { Level, ReadLevel, Slide } from '../slide.js';
import { resample } from './resample.js';
import { cacheRows } from './rows.js';
import { axis, outputOf, type ResampleAxis, sourceOf } from './scale-axis.js';
import { between, endOf, mergeSpans } from './spans.js';

/** Which resolution to work at: a level of the file, level-0 pixels per working pixel, or micrometres per working pixel. */
export type ViewChoice =
  | { readonly kind: 'level'; readonly level: number }
  | { readonly kind: 'downsample'; readonly downsample: number }
  | { readonly kind: 'mpp'; readonly mpp: number }
  /** A picture of the whole slide from edge to edge, in exactly this size, whatever levels there are. */
  | { readonly kind: 'size'; readonly width: number; readonly height: number };

/**
 * A slide at the working resolution. To get from its pixels to level 0, multiply x by `slide.width / spans.width`, and
 * y likewise.
 */
export interface View<Data extends Samples = Uint8Array> extends SpanningSize {
  readonly slide: Slide;
  readonly spans: Size;
  /** The level of the file that is read. */
  readonly level: Level;
  /** Level-0 pixels per working pixel, along x. */
  readonly downsample: number;
  /** Micrometres per working pixel. */
  readonly mpp: Mpp | undefined;
  /**
   * Reads the rows `rows` from top to bottom, in bands without gap or overlap. Works like {@link ReadLevel}, but in
   * working pixels. The samples are the same, to the bit, whichever bands and columns are read.
   */
  readBands(rows: Span, columns: (rows: Span) => readonly Span[], signal?: AbortSignal): AsyncIterable<Band<Data>>;
}

/** A level may be this much coarser than wanted along one side, if the other side is finer. */
const coarser = 1.005;

/**
 * Longest side of a working image, in pixels. A longer one is a typing error. Sums of samples along a side must also
 * fit 31 bits.
 */
const longestSide = 2 ** 22;

/**
 * Gives a slide at another resolution. If a level has the wanted downsample factor, give or take half a percent, the
 * working image is that level, with its own size and unchanged pixels. Otherwise it has `round(width / d)` by
 * `round(height / d)` pixels, at least one each. It is made from the coarsest level that is at least as fine, by the
 * mean over areas where it shrinks and bilinearly where it grows. With `mpp`, `d` is computed separately for each axis,
 * so that working pixels are square.
 *
 * @param read gives the pixels of a level; by default as RGB
 * @throws {SegtileError} `usage` if there is no such level, the number is not positive, or mpp is requested for a slide
 *   without a pixel size
 */
export function workingView(slide: Slide, choice: ViewChoice): View;
export function workingView<Data extends Samples>(slide: Slide, choice: ViewChoice, read: ReadLevel<Data>): View<Data>;
export function workingView(slide: Slide, choice: ViewChoice, read: ReadLevel<Samples> = slide.readBands): View<Samples> {
  const { size, level } = chosen(slide, choice);
  const { x, y, spans: covered } = levelFactor(slide, level);
  const same = size === level || (level.width === size.width && level.height === size.height && isWhole(level, covered));
  const spans = same ? covered : { width: size.width, height: size.height };
  const mpp = slide.mpp && {
    x: (slide.mpp.x * slide.width) / spans.width,
    y: (slide.mpp.y * slide.height) / spans.height,
  };
  return {
    slide,
    level,
    width: size.width,
    height: size.height,
    spans,
    downsample: slide.width / spans.width,
    mpp,
    readBands: same
      ? (rows, columns, signal) => read(level.index, rows, columns, signal)
      : resampledBands(read, level, axis(level.width, size.width, x), axis(level.height, size.height, y)),
  };
}

function isWhole(level: Size, spans: Size): boolean {
  return level.width === spans.width && level.height === spans.height;
}

/**
 * The size of the working image, and the level that it is made from. If the working image is a level, `size` is that
 * level.
 */
function chosen(slide: Slide, choice: ViewChoice): { readonly size: Size; readonly level: Level } {
  if (choice.kind === 'level') {
    const level = slide.levels[choice.level];
    if (level !== undefined) return { size: level, level };
    const list = slide.levels.map(({ index, width, height }) => `${index} (${width} × ${height})`).join(', ');
    throw new SegtileError('usage', `expected a level of ${slide.path} but got ${choice.level}`, `it has the levels ${list}`);
  }
  if (choice.kind === 'size') return { size: choice, level: bestLevel(slide, choice) };
  const { x, y } = wantedFactors(slide, choice);
  const factors = slide.levels.map((level) => ({ level, ...levelFactor(slide, level) }));
  const near = factors.filter((factor) => isNear(factor.x, slide.width, x) && isNear(factor.y, slide.height, y));
  if (near.length > 0) {
    const off = ({ spans }: Pick<LevelFactor, 'spans'>): number => Math.abs(Math.log((spans.width * x) / slide.width));
    const { level } = near.reduce((best, each) => (off(each) < off(best) ? each : best));
    return { size: level, level };
  }
  const size = shrink(slide, x, y);
  return { size, level: bestLevel(slide, size) };
}

/** Level-0 pixels per working pixel, across and down. */
function wantedFactors(
  slide: Slide,
  choice: Exclude<ViewChoice, { readonly kind: 'level' | 'size' }>,
): { readonly x: number; readonly y: number } {
  const wanted = choice.kind === 'mpp' ? choice.mpp : choice.downsample;
  if (!(wanted > 0 && wanted < Number.POSITIVE_INFINITY)) {
    throw new SegtileError('usage', `expected a positive number for ${choice.kind} but got ${wanted}`);
  }
  if (choice.kind === 'downsample') return { x: wanted, y: wanted };
  if (slide.mpp === undefined) {
    throw new SegtileError(
      'usage',
      `${slide.path} does not say how large its pixels are, so it cannot be seen at ${wanted} µm per pixel`,
      'give the µm per pixel of its full resolution with --slide-mpp',
    );
  }
  return { x: wanted / slide.mpp.x, y: wanted / slide.mpp.y };
}

function shrink(slide: Slide, x: number, y: number): Size {
  const size = { width: Math.max(1, Math.round(slide.width / x)), height: Math.max(1, Math.round(slide.height / y)) };
  if (Math.max(size.width, size.height) > longestSide) {
    throw new SegtileError(
      'usage',
      `${slide.path} would have ${size.width} × ${size.height} working pixels, but a side can have ${longestSide} at most`,
      'ask for a coarser resolution',
    );
  }
  return size;
}

/** The coarsest level that is fine enough for the size; level 0 if none is. */
function bestLevel(slide: Slide, size: Size): Level {
  const enough = slide.levels.filter((level) => level.width * coarser >= size.width && level.height * coarser >= size.height);
  return enough.reduce((best, level) => (level.width < best.width ? level : best), slide.levels[0]!);
}

function resampledBands(read: ReadLevel<Samples>, level: Level, x: ResampleAxis, y: ResampleAxis): View<Samples>['readBands'] {
  const bandHeight = resampledBandHeight(level, y);
  return async function* (rows, columns, signal) {
    const bands: Span[] = [];
    for (let start = rows.start; start < endOf(rows); start += bandHeight) {
      bands.push(between(start, Math.min(start + bandHeight, endOf(rows))));
    }
    const sourceColumns = (sourceRows: Span): Span[] => {
      const made = outputOf(y, sourceRows);
      // Whole bands, because a run of columns is as high as its band: each of its rows needs all of its columns.
      const from = Math.max(0, Math.floor((made.start - rows.start) / bandHeight));
      const to = Math.ceil((endOf(made) - rows.start) / bandHeight);
      const wanted = bands.slice(from, Math.max(from, to)).flatMap((band) => columns(band));
      return mergeSpans(wanted.map((span) => sourceOf(x, span)));
    };
    const cache = cacheRows(read(level.index, sourceOf(y, rows), sourceColumns, signal));
    try {
      for (const band of bands) {
        throwIfAborted(signal);
        const wanted = mergeSpans(columns(band));
        const source = sourceOf(y, band);
        cache.forget(source.start);
        if (wanted.length > 0) await cache.until(endOf(source));
        const runs = wanted.map((span) => ({ x: span.start, pixels: resample(x, y, span, band, cache.slab) }));
        yield { y: band.start, height: band.length, runs };
      }
    } finally {
      await cache.close();
    }
  };
}

/**
 * Rows of a band: about one row of blocks, but neither so few that overhead dominates nor so many that they need much
 * memory.
 */
function resampledBandHeight(level: Level, y: ResampleAxis): number {
  const sourceRows = Math.min(512, Math.max(64, level.blockHeight));
  return Math.min(256, Math.max(1, Math.round((sourceRows * y.to) / y.from)));
}
