import { SegtileError } from '../errors.js';
import { type ByteSource, openFile } from '../tiff/source.js';
import { openRaster } from './raster.js';
import type { Slide } from './slide.js';
import { openTiffSlide } from './tiff.js';

/**
 * Opens an image file as a slide. What it is follows from its first bytes, not from its name.
 *
 * @param options.mpp microns per pixel of level 0 that the user gave; goes above what the file says
 * @throws {SegtileError} `input` where the file is missing, unreadable, damaged, truncated or no image; `unsupported` where it has
 *   what segtile does not read; `usage` where `options.mpp` is not positive
 */
export async function openSlide(path: string, options: { readonly mpp?: number } = {}): Promise<Slide> {
  const source = await openFile(path);
  let handedOn = false;
  try {
    const kind = await recognise(source);
    if (kind === undefined) {
      throw new SegtileError('input', `${path} is not an image that segtile knows`, 'Give a TIFF, SVS, PNG or JPEG file.');
    }
    if (kind !== 'TIFF') return await openRaster(path, options.mpp);
    const slide = await openTiffSlide(source, options.mpp);
    handedOn = true;
    return slide;
  } finally {
    if (!handedOn) await source.close();
  }
}

/** First bytes of each kind of file. TIFF: byte order, then 42 (classic) or 43 (BigTIFF) in it. */
const SIGNATURES: readonly (readonly [kind: 'TIFF' | 'PNG' | 'JPEG', bytes: readonly number[]])[] = [
  ['TIFF', [0x49, 0x49, 42, 0]],
  ['TIFF', [0x49, 0x49, 43, 0]],
  ['TIFF', [0x4d, 0x4d, 0, 42]],
  ['TIFF', [0x4d, 0x4d, 0, 43]],
  ['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['JPEG', [0xff, 0xd8, 0xff]],
];

async function recognise(source: ByteSource): Promise<'TIFF' | 'PNG' | 'JPEG' | undefined> {
  const start = new Uint8Array(Math.min(8, source.size));
  await source.read([{ offset: 0, into: start }]);
  return SIGNATURES.find(([, bytes]) => bytes.every((byte, i) => start[i] === byte))?.[0];
}
