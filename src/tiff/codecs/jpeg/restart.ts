import { SegtileError } from '../../../errors.js';
import type { ByteSource, Fetch } from '../../../io/source.js';
import { type Directory, directoryName } from '../../directory.js';

/** An image of a TIFF file whose blocks are put together as they are read. */
export interface RestartImage {
  readonly source: ByteSource;
  readonly directory: Directory;
}

/** Approximate height of a block, in rows of pixels. */
const BLOCK_ROWS = 256;

/**
 * Distance of blocks, in bytes, in the source that is made for them. It is so large that each block is fetched by
 * itself.
 */
const SPACING = 2 ** 32;

/** Stretches of the file that lie this close together are fetched in one go. */
const NEAR = 2 ** 16;

/** Most bytes before the first restart interval; more cannot be a header. */
const LONGEST_HEADER = 2 ** 20;

/**
 * Presents an image of a Hamamatsu scanner, which is one JPEG stream as large as the slide, as many small streams. The
 * stream is cut where its decoder starts anew (restart markers, ITU-T T.81 E.1.4), and the file lists these places.
 * Each restart interval is a part of a row of MCUs. A block is a header with the size of the block, then about
 * `BLOCK_ROWS` / MCU height intervals that lie below each other.
 *
 * @returns undefined if the image is no such stream
 * @throws {SegtileError} `input` if the stream is damaged, `unsupported` if its intervals do not line up
 */
export async function openRestartImage(
  source: ByteSource,
  directory: Directory,
  signal?: AbortSignal,
): Promise<RestartImage | undefined> {
  const starts = directory.hamamatsu?.mcuStarts;
  if (starts === undefined || starts.length < 2 || directory.offsets.length !== 1) return undefined;
  const where = `${directoryName(directory)} of ${source.path}`;
  const offset = directory.offsets[0]!;
  const bytes = directory.byteCounts[0]!;
  const bad = (what: string) => new SegtileError('input', `${where} ${what}`, 'the file is damaged: copy or download it again');
  const headerBytes = starts[0]!;
  if (headerBytes > LONGEST_HEADER || offset + bytes > source.size) {
    throw bad(`has a JPEG stream of ${bytes} bytes at byte ${offset}, but the file has only ${source.size} bytes`);
  }
  for (let i = 1; i <= starts.length; i++) {
    const end = starts[i] ?? bytes;
    if (!(end > starts[i - 1]! + 2 && end <= bytes))
      throw bad(`lists restart interval ${i - 1} at byte ${starts[i - 1]} of ${bytes}`);
  }
  const header = new Uint8Array(headerBytes);
  const tail = new Uint8Array(Math.min(64, bytes - starts[starts.length - 1]!));
  await source.read(
    [
      { offset, into: header },
      { offset: offset + bytes - tail.length, into: tail },
    ],
    signal,
  );
  const frame = readFrame(header);
  if (frame === undefined) throw bad('has JPEG data without a frame header and restart intervals that can be read');
  let end = tail.length;
  while (end > 2 && (tail[end - 2] !== 0xff || tail[end - 1] !== 0xd9)) end--;

  const across = Math.ceil(directory.width / frame.mcuWidth);
  const down = Math.ceil(directory.height / frame.mcuHeight);
  const columns = across / frame.interval;
  if (!Number.isInteger(columns) || starts.length !== columns * down) {
    const what = `has ${starts.length} restart intervals of ${frame.interval} MCUs in rows of ${across}, which segtile does not read`;
    throw new SegtileError(
      'unsupported',
      `${where} ${what}`,
      'convert it to OME-TIFF first, for example with QuPath or bfconvert',
    );
  }
  const grid: IntervalGrid = {
    columns,
    down,
    rowsPerBlock: Math.max(1, Math.floor(BLOCK_ROWS / frame.mcuHeight)),
    starts,
    end: bytes - tail.length + end,
    offset,
  };
  const blockRows = Math.ceil(down / grid.rowsPerBlock);
  const size = {
    width: columns === 1 ? directory.width : frame.interval * frame.mcuWidth,
    height: grid.rowsPerBlock * frame.mcuHeight,
  };
  const view = new DataView(header.buffer);
  view.setUint16(frame.sizeAt, size.height);
  view.setUint16(frame.sizeAt + 2, size.width);
  const count = blockRows * columns;
  return {
    source: blockSource(source, grid, header, count),
    directory: {
      ...directory,
      layout: columns === 1 ? 'strips' : 'tiles',
      blockWidth: size.width,
      blockHeight: size.height,
      offsets: Float64Array.from({ length: count }, (_, block) => (block + 1) * SPACING),
      byteCounts: Float64Array.from({ length: count }, (_, block) => blockBytes(grid, header, block)),
    },
  };
}

/** Where the restart intervals of a stream are, row by row. */
interface IntervalGrid {
  readonly columns: number;
  readonly down: number;
  readonly rowsPerBlock: number;
  /** First byte of each interval, from the start of the stream. */
  readonly starts: ArrayLike<number>;
  /** First byte after the last interval and its marker. */
  readonly end: number;
  /** First byte of the stream in the file. */
  readonly offset: number;
}

/** The intervals of a block from top to bottom. Below the image the last one is repeated, so that all blocks are whole. */
function intervalsOf({ columns, down, rowsPerBlock }: IntervalGrid, block: number): number[] {
  const top = Math.floor(block / columns) * rowsPerBlock;
  return Array.from({ length: rowsPerBlock }, (_, i) => Math.min(top + i, down - 1) * columns + (block % columns));
}

/** Bytes of an interval with the marker that ends it. */
function intervalBytes({ starts, end }: IntervalGrid, interval: number): number {
  return (starts[interval + 1] ?? end) - starts[interval]!;
}

function blockBytes(grid: IntervalGrid, header: Uint8Array, block: number): number {
  return intervalsOf(grid, block).reduce((sum, interval) => sum + intervalBytes(grid, interval), header.length);
}

/** A source in which block `n` is a JPEG stream of its own at byte `(n + 1) * SPACING`. */
function blockSource(file: ByteSource, grid: IntervalGrid, header: Uint8Array, count: number): ByteSource {
  return {
    path: file.path,
    size: (count + 1) * SPACING,
    read: async (fetches, signal) => {
      const pieces = fetches.flatMap(({ offset, into }) => {
        into.set(header);
        let at = header.length;
        return intervalsOf(grid, offset / SPACING - 1).map((interval) => {
          const bytes = intervalBytes(grid, interval);
          at += bytes;
          return { offset: grid.offset + grid.starts[interval]!, into: into.subarray(at - bytes, at) };
        });
      });
      await readPieces(file, pieces, signal);
      for (const { offset, into } of fetches) renumber(file.path, grid, offset / SPACING - 1, into, header.length);
    },
    close: () => file.close(),
  };
}

/** Fetches pieces of a file, those that lie near each other in one go. */
async function readPieces(file: ByteSource, pieces: readonly Fetch[], signal: AbortSignal | undefined): Promise<void> {
  const sorted = [...pieces].sort((a, b) => a.offset - b.offset);
  for (let first = 0; first < sorted.length; ) {
    const start = sorted[first]!.offset;
    let end = start;
    let after = first;
    while (after < sorted.length && sorted[after]!.offset <= end + NEAR) {
      end = Math.max(end, sorted[after]!.offset + sorted[after]!.into.length);
      after++;
    }
    const stretch = new Uint8Array(end - start);
    await file.read([{ offset: start, into: stretch }], signal);
    for (const { offset, into } of sorted.slice(first, after))
      into.set(stretch.subarray(offset - start, offset - start + into.length));
    first = after;
  }
}

/**
 * Renumbers the restart markers of a block, in place. They count from 0 to 7 and start anew in each stream. The last
 * one becomes the marker of the end of the image.
 *
 * @throws {SegtileError} `input` if an interval does not end with a marker
 */
function renumber(path: string, grid: IntervalGrid, block: number, into: Uint8Array, from: number): void {
  const intervals = intervalsOf(grid, block);
  let at = from;
  for (const [i, interval] of intervals.entries()) {
    at += intervalBytes(grid, interval);
    const marker = into[at - 1]!;
    if (into[at - 2] !== 0xff || marker < 0xd0 || (marker > 0xd7 && marker !== 0xd9)) {
      const what = `restart interval ${interval} of ${path} does not end with a marker`;
      throw new SegtileError('input', what, 'the file is damaged: copy or download it again');
    }
    into[at - 1] = i === intervals.length - 1 ? 0xd9 : 0xd0 + (i % 8);
  }
}

interface JpegFrame {
  /** Offset of the height in the header; the width follows it. */
  readonly sizeAt: number;
  /** Pixels of a minimum coded unit. */
  readonly mcuWidth: number;
  readonly mcuHeight: number;
  /** MCUs between restart markers. */
  readonly interval: number;
}

/** Reads the segments SOF0 or SOF1 and DRI of a JPEG header (ITU-T T.81, B.2.2 and B.2.4.4). */
function readFrame(header: Uint8Array<ArrayBuffer>): JpegFrame | undefined {
  const view = new DataView(header.buffer);
  let interval = 0;
  let frame: Omit<JpegFrame, 'interval'> | undefined;
  for (let at = 2; at + 4 <= header.length; ) {
    if (header[at] !== 0xff) return undefined;
    const marker = header[at + 1]!;
    const length = view.getUint16(at + 2);
    if (at + 2 + length > header.length) return undefined;
    if (marker === 0xdd) interval = view.getUint16(at + 4);
    if (marker === 0xc0 || marker === 0xc1) {
      const components = header[at + 9]!;
      if (length < 8 + components * 3) return undefined;
      const factors = Array.from({ length: components }, (_, i) => header[at + 11 + i * 3]!);
      const mcuWidth = 8 * Math.max(...factors.map((factor) => factor >> 4));
      const mcuHeight = 8 * Math.max(...factors.map((factor) => factor & 15));
      if (components > 0 && mcuWidth > 0 && mcuHeight > 0) frame = { sizeAt: at + 5, mcuWidth, mcuHeight };
    }
    if (marker === 0xda) return frame && interval > 0 ? { ...frame, interval } : undefined;
    at += 2 + length;
  }
  return undefined;
}
