import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Bytes that are read at once. */
const PIECE = 2 ** 20;

/**
 * The bytes of a text, unpacked where the file is packed with gzip, which its first bytes tell.
 *
 * @returns a stream that fails where the file cannot be read or unpacked; whoever is done with it destroys it
 */
export async function openText(path: string): Promise<Readable> {
  const start = await firstBytes(path);
  const file = createReadStream(path, { highWaterMark: PIECE });
  if (!isPacked(start)) return file;
  const unpacked = createGunzip({ chunkSize: PIECE });
  // Whatever fails ends the stream that is read from.
  pipeline(file, unpacked, () => {});
  return unpacked;
}

/** Whether a file that starts so is packed with gzip. */
export function isPacked(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The first bytes of a text, as {@link openText} gives them. */
export async function startOfText(path: string, bytes: number): Promise<Uint8Array> {
  const stream = await openText(path);
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) return piece.subarray(0, bytes);
    return new Uint8Array(0);
  } finally {
    stream.destroy();
  }
}
