import type { Span } from '../../types.js';
import type { Directory } from '../directory.js';
import type { BlockGrid } from '../samples/grid.js';
import { bytesOfSample, sampleType } from '../samples/native.js';

/** Which blocks make one band of rows. */
export interface BandBlocks {
  /** Rows of pixels in the band. They lie within the rows of its blocks. */
  readonly rows: Span;
  /** The blocks to decode. They have no columns if nothing of the band is wanted. */
  readonly blocks: BlockGrid;
}

/** If blocks are low, a band has at least this many rows, so that a call of the decoder is worth its cost. */
export const LOWEST_BAND = 256;

/** Narrow images get higher bands, of at most this many rows ... */
const HIGHEST_BAND = 512;

/** ... as long as a band has no more pixels than this. */
const BAND_PIXELS = 2 ** 21;

/** No decoded band has more bytes than this, unless a single row of blocks does. */
const BAND_BYTES = 2 ** 27;

/**
 * A row of blocks with more bytes than this when it is decoded is cut into bands of {@link BAND_BYTES}. Each of these
 * bands decodes its blocks anew.
 */
const UNCUT_BYTES = 2 ** 28;

/**
 * Height in rows of the bands into which a row of blocks is cut because its pixels need too much memory; undefined if
 * it is not cut. Pixels count as RGB of 8 bits at least, which they become.
 */
export function cutRows({ width, blockHeight, height, samples, bits, sampleFormat }: BandShape): number | undefined {
  const row = width * Math.max(3, samples * bytesOfSample[sampleType({ bits, sampleFormat })]);
  if (row * Math.min(blockHeight, height) <= UNCUT_BYTES) return undefined;
  return Math.max(1, Math.floor(BAND_BYTES / row));
}

type BandShape = Pick<Directory, 'width' | 'height' | 'blockHeight' | 'samples' | 'bits' | 'sampleFormat'>;

/** Bands that are fetched and decoded at the same time ... */
const IN_FLIGHT = 2;

/** ... as long as together they have no more bytes than this when they are decoded: what one band of a wide slide has. */
const IN_FLIGHT_BYTES = 2 ** 25;

/**
 * How many bands of an image are decoded at the same time, at least 1.
 *
 * @param channels how many channels are wanted
 */
export function bandsInFlight(directory: Directory, channels: number): number {
  const bytes = bytesOfSample[sampleType(directory)];
  const bandBytes = directory.width * directory.blockHeight * blockRowsPerBand(directory) * channels * bytes;
  return Math.max(1, Math.min(IN_FLIGHT, Math.floor(IN_FLIGHT_BYTES / bandBytes)));
}

/** Rows of blocks that go into one band. If blocks are higher than a band, each row of them is a band. */
function blockRowsPerBand({ width, blockHeight, samples, bits }: Directory): number {
  const wanted = Math.min(HIGHEST_BAND, Math.max(LOWEST_BAND, Math.floor(BAND_PIXELS / width)));
  const possible = Math.floor(BAND_BYTES / ((width * samples * Math.max(bits[0]!, 8)) / 8));
  return Math.max(1, Math.floor(Math.min(wanted, possible) / blockHeight));
}

/**
 * Cuts `rows` of an image into bands of whole rows of blocks, from top to bottom, without gap or overlap. No block is
 * in two bands, unless the row of blocks is cut, see {@link cutRows}.
 *
 * @param rows within the image
 * @param columns gives the columns of pixels that are wanted in the given rows; sorted, disjoint, may reach over the
 *   edges
 */
export function* planBands(directory: Directory, rows: Span, columns: (rows: Span) => readonly Span[]): Generator<BandBlocks> {
  const { width, height, blockWidth, blockHeight } = directory;
  const step = blockRowsPerBand(directory);
  const cut = cutRows(directory) ?? Number.POSITIVE_INFINITY;
  const end = Math.min(rows.start + rows.length, height);
  const last = Math.ceil(end / blockHeight);
  for (let row = Math.floor(rows.start / blockHeight); row < last; row += step) {
    const blockRows = { start: row, length: Math.min(step, last - row) };
    const after = Math.min(end, (row + blockRows.length) * blockHeight);
    for (let start = Math.max(rows.start, row * blockHeight); start < after; start += cut) {
      const band = { start, length: Math.min(cut, after - start) };
      yield { rows: band, blocks: { rows: blockRows, columns: blockColumns(columns(band), width, blockWidth) } };
    }
  }
}

function blockColumns(spans: readonly Span[], width: number, blockWidth: number): number[] {
  const wanted: number[] = [];
  let next = 0;
  for (const { start, length } of spans) {
    const end = Math.min(start + length, width);
    if (end <= Math.max(0, start)) continue;
    const last = Math.floor((end - 1) / blockWidth);
    for (let column = Math.max(next, Math.floor(Math.max(0, start) / blockWidth)); column <= last; column++)
      wanted.push(column);
    next = Math.max(next, last + 1);
  }
  return wanted;
}
