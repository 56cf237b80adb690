import { SegtileError } from '../errors.js';
import { requireBlocks } from '../tiff/check.js';
import { compressionName, photometricName } from '../tiff/codecs.js';
import { readTiff, type Tiff } from '../tiff/container.js';
import { requireDecodable } from '../tiff/decodable.js';
import { type Directory, directoryName } from '../tiff/directory.js';
import { readBands } from '../tiff/read.js';
import { sampleScale } from '../tiff/rgb.js';
import type { ByteSource } from '../tiff/source.js';
import { fullResolution, sortDirectories } from './levels.js';
import { findMpp, isAperio, isOme } from './mpp.js';
import type { Level, Slide } from './slide.js';

/**
 * A slide out of a TIFF file. It owns the source and closes it.
 *
 * @param mpp microns per pixel that the user gave
 * @throws {SegtileError} `input` where the file is damaged or truncated, `unsupported` where it has what segtile does not read
 */
export async function openTiffSlide(source: ByteSource, mpp: number | undefined): Promise<Slide> {
  const { path } = source;
  const tiff = await readTiff(source);
  const base = fullResolution(tiff.directories);
  const { levels, siblings, associated } = sortDirectories(tiff.directories, await tiff.subDirectories(base));
  if (siblings.length > 0) {
    const others = siblings.map(directoryName).join(', ');
    const message = `${path} has ${siblings.length + 1} images of ${base.width} x ${base.height}: ${directoryName(base)}, ${others}`;
    throw new SegtileError(
      'unsupported',
      message,
      'Stacks and channels in directories of their own are not read: extract one image.',
    );
  }
  for (const directory of levels) {
    requireDecodable(path, directory);
    requireBlocks(source, directory);
  }
  const scale = sampleScale(base);
  return {
    path,
    format: formatName(tiff, base),
    width: base.width,
    height: base.height,
    levels: levels.map((directory, index) => describeLevel(directory, index, base)),
    mpp: findMpp(mpp, base),
    sampling: `${base.samples} x ${base.bits[0]} bit ${photometricName(base.photometric)}`,
    associated: associated.map(({ kind, directory: { width, height } }) => ({ kind, width, height })),
    readBands: (level, rows, columns, signal) =>
      readBands({ source, directory: pick(path, levels, level), name: `level ${level}` }, rows, columns, signal, scale),
    close: () => source.close(),
  };
}

function describeLevel(directory: Directory, index: number, base: Directory): Level {
  const { width, height, blockWidth, blockHeight, layout, compression } = directory;
  return {
    index,
    width,
    height,
    downsample: base.width / width,
    blockWidth,
    blockHeight,
    layout,
    compression: compressionName(compression),
  };
}

function pick(path: string, levels: readonly Directory[], level: number): Directory {
  const directory = levels[level];
  if (directory === undefined) {
    throw new SegtileError('usage', `expected a level from 0 to ${levels.length - 1} of ${path} but got ${level}`);
  }
  return directory;
}

function formatName(tiff: Tiff, base: Directory): string {
  if (isAperio(base.description)) return 'Aperio SVS';
  if (isOme(base.description)) return 'OME-TIFF';
  return tiff.big ? 'BigTIFF' : 'TIFF';
}
