import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createInflate } from 'node:zlib';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { exifOrientation } from '../../tiff/samples/orientation.js';
import type { Size } from '../../types.js';

/** The header of a PNG (W3C, Portable Network Graphics, 3rd edition, chunk IHDR). */
export interface PngHeader extends Size {
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly color: number;
  readonly interlaced: boolean;
}

/** Samples per pixel by colour type. */
export const PNG_SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** A place to read the bytes of a PNG from, such as a file handle. */
export interface PngBytes {
  /** Fills `into` from `offset` on with up to `length` bytes from `position` on. */
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** Opens the bytes of a PNG; may be called several times. */
export type PngOpener = () => Promise<PngBytes>;

/** Bytes read from a file at once. */
const PIECE = 2 ** 18;

/** The file starts with a signature of 8 bytes. A chunk is its length, its name, that many bytes of content, and a checksum. */
const SIGNATURE_BYTES = 8;
const HEADER_BYTES = 13;

/** The longest row that is accepted, since two rows are in memory. No slide is as wide. */
const MOST_ROW_BITS = 2 ** 29;

/**
 * Reads the header of a PNG.
 *
 * @param path names the file in errors
 * @throws {SegtileError} `input` if it is damaged
 */
export async function readPngHeader(path: string, opener: PngOpener = () => open(path)): Promise<PngHeader> {
  const file = await opener();
  try {
    const start = Buffer.alloc(SIGNATURE_BYTES + 8 + HEADER_BYTES);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    const width = start.readUInt32BE(16);
    const height = start.readUInt32BE(20);
    const [depth, color, , , interlace] = start.subarray(24) as unknown as [number, number, number, number, number];
    const sane = start.toString('latin1', 12, 16) === 'IHDR' && width > 0 && height > 0 && PNG_SAMPLES[color] !== undefined;
    if (bytesRead < start.length || !sane || ![1, 2, 4, 8, 16].includes(depth))
      throw damaged(path, 'its header makes no sense');
    if (width * depth * PNG_SAMPLES[color]! > MOST_ROW_BITS)
      throw damaged(path, `its header claims a width of ${width} pixels`);
    return { width, height, depth, color, interlaced: interlace !== 0 };
  } finally {
    await file.close();
  }
}

/** The most chunks that are searched before the pixels, and the most bytes of Exif data. */
const MOST_CHUNKS = 100;
const MOST_EXIF_BYTES = 2 ** 20;

/** The orientation in the Exif data before the pixels (chunk eXIf); undefined if there is none. */
export async function readPngOrientation(opener: PngOpener): Promise<number | undefined> {
  const file = await opener();
  try {
    const head = Buffer.alloc(8);
    for (let chunk = 0, at = SIGNATURE_BYTES; chunk < MOST_CHUNKS; chunk++) {
      if ((await file.read(head, 0, 8, at)).bytesRead < 8) return undefined;
      const length = head.readUInt32BE(0);
      const name = head.toString('latin1', 4, 8);
      if (name === 'IDAT') return undefined;
      if (name === 'eXIf') {
        const exif = Buffer.alloc(Math.min(length, MOST_EXIF_BYTES));
        const { bytesRead } = await file.read(exif, 0, exif.length, at + 8);
        return exifOrientation(exif.subarray(0, bytesRead));
      }
      at += 12 + length;
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/**
 * The rows of a PNG that is not interlaced, from top to bottom, as packed bytes. The buffer of a row is used again two
 * rows later. A few rows are in memory, however large the image is.
 *
 * @throws {SegtileError} `input` if it is damaged or truncated, `aborted` when the signal fires
 */
export async function* pngRows(
  path: string,
  header: PngHeader,
  signal?: AbortSignal,
  opener: PngOpener = () => open(path),
): AsyncGenerator<Uint8Array, void, undefined> {
  const { width, height, depth, color } = header;
  const bits = depth * PNG_SAMPLES[color]!;
  const pixelBytes = Math.max(1, bits >> 3);
  const rowBytes = Math.ceil((width * bits) / 8);
  let row = new Uint8Array(rowBytes);
  let above = new Uint8Array(rowBytes);
  let filter = -1;
  let filled = 0;
  let rows = 0;
  const compressed = Readable.from(imageData(path, opener, signal), { objectMode: false });
  const inflate = createInflate({ chunkSize: PIECE });
  compressed.on('error', (error) => inflate.destroy(error));
  compressed.pipe(inflate);
  try {
    for await (const piece of inflate as AsyncIterable<Buffer>) {
      for (let at = 0; at < piece.length; ) {
        if (filter < 0) {
          filter = piece[at++]!;
          if (filter > 4) throw damaged(path, `row ${rows} has filter ${filter}`);
          continue;
        }
        const taken = Math.min(rowBytes - filled, piece.length - at);
        row.set(piece.subarray(at, at + taken), filled);
        at += taken;
        filled += taken;
        if (filled < rowBytes) continue;
        unfilter(filter, row, above, pixelBytes);
        yield row;
        if (++rows === height) return;
        [row, above] = [above, row];
        filter = -1;
        filled = 0;
      }
    }
  } catch (cause) {
    throw cause instanceof SegtileError ? cause : damaged(path, reason(cause), cause);
  } finally {
    compressed.destroy();
    inflate.destroy();
  }
  throw damaged(path, `it ends after ${rows} of ${height} rows`);
}

/** The bytes of the chunks IDAT, which together are one zlib stream. */
async function* imageData(
  path: string,
  opener: PngOpener,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const file = await opener();
  try {
    const head = Buffer.alloc(8);
    for (let at = SIGNATURE_BYTES; ; ) {
      if ((await fill(file, head, at)) < 8) throw damaged(path, 'it ends before its image does');
      const length = head.readUInt32BE(0);
      const name = head.toString('latin1', 4, 8);
      if (name === 'IEND') return;
      if (name === 'IDAT') {
        for (let done = 0; done < length; ) {
          throwIfAborted(signal);
          const piece = Buffer.allocUnsafe(Math.min(PIECE, length - done));
          if ((await fill(file, piece, at + 8 + done)) < piece.length) throw damaged(path, 'it ends before its image does');
          done += piece.length;
          yield piece;
        }
      }
      at += 12 + length;
    }
  } finally {
    await file.close();
  }
}

async function fill(file: PngBytes, into: Buffer, at: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

function damaged(path: string, what: string, cause?: unknown): SegtileError {
  return new SegtileError('input', `${path} is damaged: ${what}`, 'copy or save the file again', cause);
}

/** Undoes the filter of a row (PNG, section 9), in place; `above` is the row before, undone. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, step: number): void {
  const { length } = row;
  if (filter === 1) {
    for (let i = step; i < length; i++) row[i]! += row[i - step]!;
  } else if (filter === 2) {
    for (let i = 0; i < length; i++) row[i]! += above[i]!;
  } else if (filter === 3) {
    for (let i = 0; i < length; i++) row[i]! += ((i < step ? 0 : row[i - step]!) + above[i]!) >> 1;
  } else if (filter === 4) {
    for (let i = 0; i < Math.min(step, length); i++) row[i]! += above[i]!;
    for (let i = step; i < length; i++) {
      const left = row[i - step]!;
      const up = above[i]!;
      const corner = above[i - step]!;
      const toLeft = Math.abs(up - corner);
      const toUp = Math.abs(left - corner);
      const toCorner = Math.abs(left + up - 2 * corner);
      row[i]! += toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
  }
}
