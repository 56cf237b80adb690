import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { reason, SegtileError } from '../errors.js';
import { requireRegular } from '../io/regular-file.js';
import { filesInZip, isZip } from '../io/zip.js';

/** Bytes read at once. */
const PIECE = 2 ** 20;

/**
 * Reads a text file as a stream of bytes. A file packed with gzip is unpacked, and so is a ZIP, which must hold exactly
 * one file. The first bytes tell how a file is packed.
 *
 * @returns a stream that fails if the file cannot be read or unpacked; the caller must destroy it
 * @throws {Error} if the file cannot be opened, or is a ZIP that does not hold exactly one file
 */
export async function openText(path: string): Promise<Readable> {
  const start = await firstBytes(path);
  if (isZip(start)) return openZipped(path);
  const file = createReadStream(path, { highWaterMark: PIECE });
  if (!isGzip(start)) return file;
  const unpacked = createGunzip({ chunkSize: PIECE });
  // Any failure ends the stream that the caller reads.
  pipeline(file, unpacked, () => {});
  return unpacked;
}

/** Whether a file with this start is packed with gzip or ZIP. */
export function isPacked(start: Uint8Array): boolean {
  return isGzip(start) || isZip(start);
}

function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

async function openZipped(path: string): Promise<Readable> {
  const { openPromise } = await import('yauzl');
  const zip = await openPromise(path, { autoClose: false });
  try {
    const files = await filesInZip(zip);
    const [only, ...more] = files;
    if (only === undefined || more.length > 0) {
      throw new Error(
        `it is a ZIP with ${files.length} files instead of one: ${files.map(({ fileName }) => fileName).slice(0, 5)}`,
      );
    }
    const stream = await zip.openReadStreamPromise(only);
    stream.once('close', () => zip.close());
    return stream;
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function firstBytes(path: string): Promise<Uint8Array> {
  await requireRegular(path);
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * The first bytes of a text file, unpacked as {@link openText} does.
 *
 * @throws {SegtileError} `input` if it cannot be read or unpacked
 */
export async function startOfText(path: string, bytes: number): Promise<Uint8Array> {
  let stream: Readable | undefined;
  try {
    stream = await openText(path);
    for await (const piece of stream as AsyncIterable<Buffer>) return piece.subarray(0, bytes);
    return new Uint8Array(0);
  } catch (cause) {
    throw new SegtileError('input', `${path} cannot be read: ${reason(cause)}`, 'copy or pack the file again', cause);
  } finally {
    stream?.destroy();
  }
}
