import { open } from 'node:fs/promises';
import { openFile } from '../../io/source.js';
import { readTiff } from '../../tiff/container.js';

/** What the first directory of a TIFF, or the header of a PNG, tells about a file. */
export interface Contents {
  /** Whether segtile wrote it. */
  readonly own: boolean;
  /** Whether it may hold labels: one whole number for each pixel, or an index into a palette. */
  readonly labels: boolean;
}

/**
 * Reads as much of a file as is needed to distinguish slides from results and truth. For a file that cannot be read, or
 * is neither TIFF nor PNG, both answers are no; the code that opens it as a slide reports the error.
 */
export async function contentsOf(path: string): Promise<Contents> {
  try {
    return /\.png$/i.test(path) ? await ofPng(path) : await ofTiff(path);
  } catch {
    return { own: false, labels: false };
  }
}

async function ofTiff(path: string): Promise<Contents> {
  const source = await openFile(path);
  try {
    const [first] = (await readTiff(source)).directories;
    // TIFF 6.0: photometric 3 is a palette.
    const labels = first?.samples === 1 && first.sampleFormat !== 3;
    return { own: first?.software === 'segtile', labels };
  } finally {
    await source.close();
  }
}

/**
 * Byte offset of the colour type in a PNG, and the types with one sample per pixel: grey and palette (PNG
 * specification, 11.2.2).
 */
const COLOR_TYPE = 25;
const SINGLE: readonly number[] = [0, 3];

async function ofPng(path: string): Promise<Contents> {
  const file = await open(path, 'r');
  try {
    const head = new Uint8Array(COLOR_TYPE + 1);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return { own: false, labels: bytesRead === head.length && SINGLE.includes(head[COLOR_TYPE]!) };
  } finally {
    await file.close();
  }
}
