import { throwIfAborted } from '../errors.js';
import type { Band, BandRun, Pixels, Span } from '../types.js';
import { ahead } from './ahead.js';
import { type BandBlocks, bandsInFlight, planBands } from './bands.js';
import { decodeBlocks, type TiffImage } from './decode.js';
import type { Directory } from './directory.js';
import { lowStrips } from './strips.js';

/**
 * Rows of an image as RGB bands from top to bottom, each block fetched and decoded at most once. The image is one that `requireDecodable`
 * and `requireBlocks` let through.
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
  const directory = lowStrips(image.directory);
  const plans = planBands(directory, rows, columns);
  for await (const band of ahead(plans, bandsInFlight(directory), (plan) =>
    decodeBand({ ...image, directory }, plan, signal),
  )) {
    throwIfAborted(signal);
    yield band;
  }
}

async function decodeBand(image: TiffImage, plan: BandBlocks, signal: AbortSignal | undefined): Promise<Band> {
  throwIfAborted(signal);
  const { rows, blocks } = plan;
  const band = { y: rows.start, height: rows.length };
  if (blocks.columns.length === 0) return { ...band, runs: [] };
  const decoded = await decodeBlocks(image, blocks, signal);
  return { ...band, runs: cutRuns(decoded, plan, image.directory) };
}

/** Cuts the rows of a band out of its blocks, as one run for each row of neighbouring blocks. Copies only what does not lie together. */
function cutRuns(decoded: Pixels, { rows, blocks }: BandBlocks, { width, blockWidth, blockHeight }: Directory): BandRun[] {
  const { data, channels } = decoded;
  const { columns } = blocks;
  const height = rows.length;
  const skip = rows.start - blocks.rows.start * blockHeight;
  const stride = decoded.width * channels;
  const runs: BandRun[] = [];
  let left = 0;
  for (let first = 0; first < columns.length; ) {
    let after = first + 1;
    while (after < columns.length && columns[after] === columns[after - 1]! + 1) after++;
    const x = columns[first]! * blockWidth;
    const runWidth = Math.min((columns[after - 1]! + 1) * blockWidth, width) - x;
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
