import { SegtileError } from '../errors.js';
import { fileName, isRemote } from '../io/location.js';
import { openSource } from '../io/open-source.js';
import type { ByteSource } from '../io/source.js';
import { openRaster } from './raster.js';
import { type FileKind, recognise, SIGNATURE_BYTES } from './signatures.js';
import type { Slide } from './slide.js';
import { type Inspection, inspectTiff, type SlideOptions } from './tiff.js';

/**
 * Opens an image file as a slide. The first bytes of the file tell its format; the name does not matter.
 *
 * @param path a local file, an `http://` or `https://` URL, or `s3://bucket/key`. PNG and JPEG must be local, because
 *   they can only be read whole.
 * @throws {SegtileError} `input` if the file is missing, unreadable, damaged, truncated or no image; `unsupported` if
 *   it uses something that segtile does not read; `usage` if an option is wrong in itself or does not fit the file
 */
export async function openSlide(path: string, options: SlideOptions = {}): Promise<Slide> {
  const { slide, problem } = await inspectSlide(path, options);
  if (problem === undefined) return slide;
  await slide.close();
  throw problem;
}

/**
 * Opens an image file as a slide even if its pixels cannot be read, and says why they cannot.
 *
 * @throws {SegtileError} like {@link openSlide}, if nothing is known about the slide
 */
export async function inspectSlide(path: string, options: SlideOptions = {}): Promise<Inspection> {
  const { signal } = options;
  const source = await openSource(path, signal);
  let handedOn = false;
  try {
    const file = await fileKind(source, signal);
    if (file === undefined) {
      throw new SegtileError(
        'input',
        `${source.path} is not an image that segtile knows`,
        'give a TIFF, SVS, NDPI, PNG or JPEG file',
      );
    }
    if (file.kind === 'foreign' || file.kind === 'other') {
      throw new SegtileError('unsupported', `${source.path} is ${file.name}, which segtile does not read`, file.hint);
    }
    if (file.kind !== 'TIFF' && isRemote(path)) {
      throw new SegtileError(
        'unsupported',
        `${source.path} is a ${file.kind}, and only TIFF files can be read in pieces from a server`,
        'download the file and give its local path',
      );
    }
    if (file.kind !== 'TIFF') return { slide: await openRaster(path, options), problem: undefined, needsChannels: false };
    const inspection = await inspectTiff(source, options);
    handedOn = true;
    return inspection;
  } finally {
    if (!handedOn) await source.close();
  }
}

/**
 * Whether a file is an image that segtile reads or knows by name.
 *
 * @throws {SegtileError} `input` if the file cannot be read
 */
export async function isImage(path: string, signal?: AbortSignal): Promise<boolean> {
  const source = await openSource(path, signal);
  try {
    const file = await fileKind(source, signal);
    return file !== undefined && file.kind !== 'other';
  } finally {
    await source.close();
  }
}

async function fileKind(source: ByteSource, signal: AbortSignal | undefined): Promise<FileKind | undefined> {
  const start = new Uint8Array(Math.min(SIGNATURE_BYTES, source.size));
  await source.read([{ offset: 0, into: start }], signal);
  return recognise(fileName(source.path), start);
}
