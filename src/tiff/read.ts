import { throwIfAborted } from '../errors.js';
import type { Band, BandRun, Pixels, Span } from '../types.js';
import { ahead } from './ahead.js';
import { type BandBlocks, planBands } from './bands.js';
import { decodeBlocks, type TiffImage } from './decode.js';
import type { Directory } from './directory.js';
import { lowStrips } from './strips.js';

/** Bands that are fetched and decoded at the same time. */
const IN_FLIGHT = 2;

/**
 * Rows of an image as RGB bands from top to bottom, each block fetched and decoded at most once.
 *
 * @param rows within the image
 * @param columns which columns of the given rows are wanted, as sorted, disjoint spans; the bands hold whole blocks
 * @throws {SegtileError} `input` where the file is damaged, `aborted` when the signal fires
 */
export async function* readBands(
  image: TiffImage,
  rows: Span,
  columns: (rows: Span) => readonly Span[],
  signal?: AbortSignal,
): AsyncGenerator<Band, void, undefined> {
  const low = { ...image, directory: lowStrips(image.source.path, image.directory) };
  for await (const band of ahead(planBands(low.directory, rows, columns), IN_FLIGHT, (plan) => decodeBand(low, plan, signal))) {
    throwIfAborted(signal);
    yield band;
  }
}

async function decodeBand(image: TiffImage, plan: BandBlocks, signal: AbortSignal | undefined): Promise<Band> {
  throwIfAborted(signal);
  const { rows, blockRows, blockColumns } = plan;
  const band = { y: rows.start, height: rows.length };
  if (blockColumns.length === 0) return { ...band, runs: [] };
  const { width, height, blockWidth, blockHeight } = image.directory;
  const across = Math.ceil(width / blockWidth);
  const blocks: number[] = [];
  for (let row = 0; row < blockRows.length; row++) {
    for (const column of blockColumns) blocks.push((blockRows.start + row) * across + column);
  }
  const top = blockRows.start * blockHeight;
  const decoded = await decodeBlocks(
    image,
    blocks,
    {
      width: blockColumns.reduce((sum, column) => sum + Math.min(blockWidth, width - column * blockWidth), 0),
      height: Math.min(blockRows.length * blockHeight, height - top),
    },
    signal,
  );
  return { ...band, runs: cutRuns(decoded, rows.start - top, rows.length, blockColumns, image.directory) };
}

/** Cuts the rows of a band out of its blocks, as one run for each row of neighbouring blocks. Copies only where there are several. */
function cutRuns(
  decoded: Pixels,
  skip: number,
  height: number,
  blockColumns: readonly number[],
  directory: Directory,
): BandRun[] {
  const { blockWidth, width } = directory;
  const { data, channels } = decoded;
  const stride = decoded.width * channels;
  const runs: BandRun[] = [];
  let left = 0;
  for (let first = 0; first < blockColumns.length; ) {
    let after = first + 1;
    while (after < blockColumns.length && blockColumns[after] === blockColumns[after - 1]! + 1) after++;
    const x = blockColumns[first]! * blockWidth;
    const runWidth = Math.min((blockColumns[after - 1]! + 1) * blockWidth, width) - x;
    let pixels = data.subarray(skip * stride, (skip + height) * stride);
    if (runWidth < decoded.width) {
      pixels = new Uint8Array(runWidth * height * channels);
      for (let row = 0; row < height; row++) {
        const from = (skip + row) * stride + left * channels;
        pixels.set(data.subarray(from, from + runWidth * channels), row * runWidth * channels);
      }
    }
    runs.push({ x, pixels: { width: runWidth, height, channels, data: pixels } });
    left += runWidth;
    first = after;
  }
  return runs;
}
