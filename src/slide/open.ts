import { SegtileError } from '../errors.js';
import { isRemote } from '../tiff/location.js';
import { openSource } from '../tiff/open-source.js';
import type { ByteSource } from '../tiff/source.js';
import { openRaster } from './raster.js';
import type { Slide } from './slide.js';
import { openTiffSlide } from './tiff.js';

/**
 * Opens an image file as a slide. What it is follows from its first bytes, not from its name.
 *
 * @param path a local file, an `http://` or `https://` URL, or `s3://bucket/key`. PNG and JPEG must be local: they can only be read whole.
 * @param options.mpp microns per pixel of level 0 that the user gave; goes above what the file says
 * @param options.signal stops the opening
 * @throws {SegtileError} `input` where the file is missing, unreadable, damaged, truncated or no image; `unsupported` where it has
 *   what segtile does not read; `usage` where `options.mpp` is not positive
 */
export async function openSlide(
  path: string,
  options: { readonly mpp?: number; readonly signal?: AbortSignal } = {},
): Promise<Slide> {
  const { mpp, signal } = options;
  const source = await openSource(path, signal);
  let handedOn = false;
  try {
    const kind = await recognise(source, signal);
    if (kind === undefined) {
      throw new SegtileError(
        'input',
        `${source.path} is not an image that segtile knows`,
        'Give a TIFF, SVS, PNG or JPEG file.',
      );
    }
    if (kind !== 'TIFF' && isRemote(path)) {
      throw new SegtileError(
        'unsupported',
        `${source.path} is a ${kind}, and only TIFF files can be read in pieces from a server`,
        'Download the file and give its local path.',
      );
    }
    if (kind !== 'TIFF') return await openRaster(path, mpp);
    const slide = await openTiffSlide(source, mpp, signal);
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

async function recognise(source: ByteSource, signal: AbortSignal | undefined): Promise<'TIFF' | 'PNG' | 'JPEG' | undefined> {
  const start = new Uint8Array(Math.min(8, source.size));
  await source.read([{ offset: 0, into: start }], signal);
  return SIGNATURES.find(([, bytes]) => bytes.every((byte, i) => start[i] === byte))?.[0];
}
