import { throwIfAborted } from '../../errors.js';
import { mapOrdered } from '../../io/ahead.js';
import type { Band, BandRun, Pixels, Samples, Span } from '../../types.js';
import type { Directory } from '../directory.js';
import type { TiffImage } from '../image.js';
import { place, sampleType, typeOf } from '../samples/native.js';
import { channelBytes, channelsSeen, rgbChannels, type SampleScale, sampleScale, toRgb } from '../samples/rgb.js';
import { lowStrips } from '../samples/strips.js';
import { type BandMemory, bandMemory } from './band-memory.js';
import { type BandBlocks, bandsInFlight, cutRows, planBands } from './bands.js';
import { isStreamed } from './decodable.js';
import { absentValue, decodeBlocks, isAbsent } from './decode.js';
import { streamedBands } from './streamed.js';

/** Which columns of the given rows are wanted: sorted, disjoint, may reach over the edges. */
export type WantedColumns = (rows: Span) => readonly Span[];

/**
 * Reads rows of an image as RGB bands from top to bottom, each block fetched and decoded at most once, unless
 * {@link cutRows} says otherwise. The image must have passed `requireDecodable` and `requireBlocks`.
 *
 * @param rows within the image
 * @param columns the wanted columns; the bands hold the whole blocks that they lie in
 * @param scale how samples become 8 bits; the levels of a slide share the one of level 0
 * @param picked which samples of a pixel are shown as red, green and blue, or which one as grey, whatever the file says
 *   of its colours
 * @throws {SegtileError} `input` if the file is damaged, `aborted` when the signal fires
 */
export function readBands(
  image: TiffImage,
  rows: Span,
  columns: WantedColumns,
  signal?: AbortSignal,
  scale: SampleScale = sampleScale(image.directory),
  picked?: readonly number[],
): AsyncGenerator<Band, void, undefined> {
  const { directory } = image;
  const seen = picked === undefined ? directory : channelsSeen(directory, picked.length);
  const finish = (pixels: Pixels<Samples>): Pixels => ({ ...pixels, channels: 3, data: toRgb(seen, pixels, scale) });
  return readAs(image, rows, columns, picked ?? rgbChannels(directory), signal, finish);
}

/**
 * Like {@link readBands}, with samples as the file keeps them.
 *
 * @param channels which samples of a pixel, in the order in which they are wanted
 */
export function readNativeBands(
  image: TiffImage,
  rows: Span,
  columns: WantedColumns,
  channels: readonly number[],
  signal?: AbortSignal,
): AsyncGenerator<Band<Samples>, void, undefined> {
  return readAs(image, rows, columns, channels, signal, (pixels) => pixels);
}

/**
 * Like {@link readNativeBands}, with samples scaled to 8 bits.
 *
 * @param scale how samples become 8 bits
 */
export function readByteBands(
  image: TiffImage,
  rows: Span,
  columns: WantedColumns,
  channels: readonly number[],
  scale: SampleScale,
  signal?: AbortSignal,
): AsyncGenerator<Band, void, undefined> {
  const { directory } = image;
  const finish = (pixels: Pixels<Samples>): Pixels => ({ ...pixels, data: channelBytes(directory, pixels, scale) });
  return readAs(image, rows, columns, channels, signal, finish);
}

async function* readAs<Data extends Samples>(
  image: TiffImage,
  rows: Span,
  columns: WantedColumns,
  channels: readonly number[],
  signal: AbortSignal | undefined,
  finish: (pixels: Pixels<Samples>) => Pixels<Data>,
): AsyncGenerator<Band<Data>, void, undefined> {
  const directory = lowStrips(image.directory);
  const low = { ...image, directory };
  const memory = bandMemory();
  const decoded = isStreamed(directory)
    ? streamedBands(low, rows, columns, channels, memory, signal)
    : // One more than are decoded ahead: the band that is in use.
      mapOrdered(planBands(directory, rows, columns), bandsInFlight(directory, channels.length) + 1, async (plan) => {
        throwIfAborted(signal);
        return decodeBand(low, plan, channels, memory, signal);
      });
  for await (const band of decoded) {
    throwIfAborted(signal);
    const { y, height, runs } = band;
    const release = (): void => {
      for (const { pixels } of runs) memory.give(pixels.data);
    };
    yield { y, height, runs: runs.map(({ x, pixels }) => ({ x, pixels: finish(pixels) })), release };
  }
}

async function decodeBand(
  image: TiffImage,
  plan: BandBlocks,
  channels: readonly number[],
  memory: BandMemory,
  signal: AbortSignal | undefined,
): Promise<Band<Samples>> {
  const { rows, blocks } = plan;
  const band = { y: rows.start, height: rows.length };
  if (blocks.columns.length === 0) return { ...band, runs: [] };
  if (cutRows(image.directory) !== undefined)
    return { ...band, runs: await decodeByColumns(image, plan, channels, memory, signal) };
  const decoded = await decodeBlocks(image, blocks, channels, signal, memory);
  const runs = cutRuns(decoded, plan, image.directory, memory);
  if (runs.every(({ pixels }) => pixels.data.buffer !== decoded.data.buffer)) memory.give(decoded.data);
  return { ...band, runs };
}

/**
 * Decodes a band that is lower than its blocks, one column of blocks after the other, and keeps only the rows of the
 * band. Neighbouring columns make one run.
 */
async function decodeByColumns(
  image: TiffImage,
  { rows, blocks }: BandBlocks,
  channels: readonly number[],
  memory: BandMemory,
  signal: AbortSignal | undefined,
): Promise<BandRun<Samples>[]> {
  const { directory } = image;
  const { width, blockWidth, blockHeight } = directory;
  const skip = rows.start - blocks.rows.start * blockHeight;
  const runs: BandRun<Samples>[] = [];
  for (const columns of neighbours(blocks.columns)) {
    const x = columns[0]! * blockWidth;
    const size = { width: Math.min((columns.at(-1)! + 1) * blockWidth, width) - x, height: rows.length };
    const data = memory.take(sampleType(directory), size.width * size.height * channels.length);
    const pixels: Pixels<Samples> = { ...size, channels: channels.length, data };
    data.fill(absentValue(directory));
    for (const column of columns) {
      const grid = { rows: blocks.rows, columns: [column] };
      if (isAbsent(directory, grid, channels)) continue;
      throwIfAborted(signal);
      const decoded = await decodeBlocks(image, grid, channels, signal);
      const left = column * blockWidth;
      place(decoded.data.subarray(skip * decoded.width * channels.length), pixels, {
        x: left - x,
        y: 0,
        size: { width: Math.min(blockWidth, width - left), height: rows.length },
        stride: channels.length,
        rowLength: decoded.width,
        channels: channels.map((_, channel) => [channel, channel]),
      });
    }
    runs.push({ x, pixels });
  }
  return runs;
}

/** Cuts ascending numbers wherever one is missing. */
function neighbours(numbers: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const number of numbers) {
    if (runs.at(-1)?.at(-1) === number - 1) runs.at(-1)!.push(number);
    else runs.push([number]);
  }
  return runs;
}

/**
 * Cuts the rows of a band out of its blocks. Neighbouring columns of blocks make one run. Copies only pixels that are
 * not contiguous in memory.
 */
function cutRuns(
  decoded: Pixels<Samples>,
  { rows, blocks }: BandBlocks,
  { width, blockWidth, blockHeight }: Directory,
  memory: BandMemory,
): BandRun<Samples>[] {
  const { data, channels } = decoded;
  const { columns } = blocks;
  const height = rows.length;
  const skip = rows.start - blocks.rows.start * blockHeight;
  const stride = decoded.width * channels;
  const runs: BandRun<Samples>[] = [];
  let left = 0;
  for (let first = 0; first < columns.length; ) {
    let after = first + 1;
    while (after < columns.length && columns[after] === columns[after - 1]! + 1) after++;
    const x = columns[first]! * blockWidth;
    const runWidth = Math.min((columns[after - 1]! + 1) * blockWidth, width) - x;
    const size = { width: runWidth, height, channels };
    if (runWidth === decoded.width) {
      runs.push({ x, pixels: { ...size, data: data.subarray(skip * stride, (skip + height) * stride) } });
    } else {
      const run = memory.take(typeOf(data), runWidth * height * channels);
      for (let row = 0; row < height; row++) {
        const from = (skip + row) * stride + left * channels;
        run.set(data.subarray(from, from + runWidth * channels), row * runWidth * channels);
      }
      runs.push({ x, pixels: { ...size, data: run } });
    }
    left += runWidth;
    first = after;
  }
  return runs;
}
