import { throwIfAborted } from '../../errors.js';
import type { Band, Pixels, Samples, Span } from '../../types.js';
import { codecOf } from '../codecs/registry.js';
import type { TiffImage } from '../image.js';
import { blocksDown, rawBytes, rowBytes, rowsInBlock, samplesInBlock } from '../samples/block-bytes.js';
import { place, sampleType } from '../samples/native.js';
import { requireBytes, requireNoMore, reverseBits } from '../samples/unpack.js';
import type { BandMemory } from './band-memory.js';
import { planBands } from './bands.js';
import { blockError } from './block-error.js';
import { toSamples } from './block-samples.js';

/** Compressed bytes that are fetched at a time. */
const FETCH_BYTES = 2 ** 20;

/** Rows of a band have about this many bytes when they are decoded. */
const BAND_BYTES = 2 ** 24;

/**
 * Reads rows of an image whose compressed strips are too high to be decoded whole. Each plane is decompressed once as a
 * stream of rows, from the top of the strip with the first wanted row on. A band is as wide as the image if anything of
 * it is wanted; else it has no runs.
 *
 * @throws {SegtileError} `input` naming the strip that is damaged; `aborted` when the signal fires
 */
export async function* streamedBands(
  image: TiffImage,
  rows: Span,
  columns: (rows: Span) => readonly Span[],
  channels: readonly number[],
  memory: BandMemory,
  signal: AbortSignal | undefined,
): AsyncGenerator<Band<Samples>, void, undefined> {
  const { directory } = image;
  const { width } = directory;
  const planes = directory.planar ? channels : [0];
  const low = {
    ...directory,
    blockHeight: Math.max(1, Math.min(256, Math.floor(BAND_BYTES / (rowBytes(directory) * planes.length)))),
  };
  const readers = planes.map((plane) => planeReader(image, plane, rows.start, signal));
  const type = sampleType(directory);
  const whole = channels.map((from, to) => [from, to] as const);
  try {
    for (const { rows: band, blocks } of planBands(low, rows, columns)) {
      throwIfAborted(signal);
      const head = { y: band.start, height: band.length };
      if (blocks.columns.length === 0) {
        for (const reader of readers) await reader.skip(band.length);
        yield { ...head, runs: [] };
        continue;
      }
      const size = { width, height: band.length };
      const target = memory.take(type, width * band.length * channels.length);
      const pixels: Pixels<Samples> = { ...size, channels: channels.length, data: target };
      for (const [i, reader] of readers.entries()) {
        const data = toSamples(directory, await reader.read(band.length), band.length);
        const pairs = directory.planar ? [[0, i] as const] : whole;
        place(data, pixels, { x: 0, y: 0, size, rowLength: width, stride: samplesInBlock(directory), channels: pairs });
      }
      yield { ...head, runs: [{ x: 0, pixels }] };
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
  }
}

interface StreamedPlane {
  /** The bytes of the next rows, in a buffer that is not used again. */
  read(rows: number): Promise<Uint8Array>;
  skip(rows: number): Promise<void>;
  close(): Promise<void>;
}

/** Reads rows of one plane, from `start` on. */
function planeReader(image: TiffImage, plane: number, start: number, signal: AbortSignal | undefined): StreamedPlane {
  const { directory } = image;
  const { blockHeight } = directory;
  const bytesOfRow = rowBytes(directory);
  const first = Math.floor(start / blockHeight);
  const chunks = planeBytes(image, plane, first, signal);
  let chunk: Uint8Array = new Uint8Array();
  let skipped = false;

  async function take(bytes: number, into?: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes; ) {
      if (chunk.length === 0) {
        throwIfAborted(signal);
        const next = await chunks.next();
        if (next.done) throw new Error('strips end before the image does');
        chunk = next.value;
      }
      const part = chunk.subarray(0, bytes - done);
      into?.set(part, done);
      done += part.length;
      chunk = chunk.subarray(part.length);
    }
  }

  async function toStart(): Promise<void> {
    if (!skipped) await take((start - first * blockHeight) * bytesOfRow);
    skipped = true;
  }

  return {
    async read(rows) {
      await toStart();
      const bytes = new Uint8Array(rows * bytesOfRow);
      await take(bytes.length, bytes);
      return bytes;
    },
    async skip(rows) {
      await toStart();
      await take(rows * bytesOfRow);
    },
    close: async () => void (await chunks.return()),
  };
}

/** The unpacked bytes of the strips of one plane, one strip after the other. */
async function* planeBytes(
  image: TiffImage,
  plane: number,
  first: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { directory } = image;
  const down = blocksDown(directory);
  const codec = codecOf(directory.compression);
  if (codec?.gives !== 'bytes' || codec.stream === undefined)
    throw new Error(`no stream of compression ${directory.compression}`);
  for (let strip = first; strip < down; strip++) {
    const number = plane * down + strip;
    const due = rawBytes(directory, rowsInBlock(directory, number));
    const whole = rawBytes(directory, directory.blockHeight);
    let length = 0;
    let given = 0;
    try {
      for await (const bytes of codec.stream(stripChunks(image, number, signal))) {
        const part = bytes.subarray(0, due - length);
        length += part.length;
        given += bytes.length;
        if (part.length > 0) yield part;
        if (given > whole && codec.exact) requireNoMore(given, due);
        // Surplus bytes are dropped. But the data are read to their end, so that checksums are checked.
        if (length === due && given > whole) break;
      }
      if (codec.exact && given !== whole) requireNoMore(given, due);
      requireBytes(length, due);
    } catch (thrown) {
      throw blockError(image, number, thrown);
    }
  }
}

async function* stripChunks({ source, directory }: TiffImage, number: number, signal: AbortSignal | undefined) {
  const start = directory.offsets[number]!;
  const end = start + directory.byteCounts[number]!;
  for (let offset = start; offset < end; offset += FETCH_BYTES) {
    const into = new Uint8Array(Math.min(FETCH_BYTES, end - offset));
    await source.read([{ offset, into }], signal);
    yield directory.fillOrder === 2 ? reverseBits(into) : into;
  }
}
