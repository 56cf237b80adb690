import { SegtileError } from '../../errors.js';
import { blockCount, type Directory, directoryName } from '../../tiff/directory.js';
import { PALETTE } from '../../tiff/samples/rgb.js';

/**
 * Joins directories that each hold one channel of an image into one directory with separate planes. A single directory
 * is returned unchanged, whatever its samples are. The directories must be alike, see {@link requireAlike}.
 */
export function inPlanes(pages: readonly Directory[]): Directory {
  const [first] = pages;
  if (pages.length === 1) return first!;
  return {
    ...first!,
    planar: true,
    samples: pages.length,
    bits: pages.map(({ bits }) => bits[0]!),
    extraSamples: [],
    offsets: joined(pages, 'offsets'),
    byteCounts: joined(pages, 'byteCounts'),
  };
}

function joined(pages: readonly Directory[], list: 'offsets' | 'byteCounts'): Float64Array {
  const blocks = blockCount(pages[0]!);
  const all = new Float64Array(pages.length * blocks);
  for (const [plane, page] of pages.entries()) {
    for (let block = 0; block < blocks; block++) all[plane * blocks + block] = page[list][block]!;
  }
  return all;
}

const ALIKE = [
  'width',
  'height',
  'layout',
  'blockWidth',
  'blockHeight',
  'compression',
  'predictor',
  'fillOrder',
  'photometric',
  'sampleFormat',
] as const;

/**
 * Makes sure that directories can be read as the channels of one image.
 *
 * @throws {SegtileError} `unsupported` naming two directories that differ, and how
 */
export function requireAlike(path: string, pages: readonly Directory[]): void {
  const [first, ...rest] = pages;
  for (const other of rest) {
    const differs = difference(first!, other);
    if (differs === undefined) continue;
    throw new SegtileError(
      'unsupported',
      `${path} keeps ${directoryName(first!)} and ${directoryName(other)} in different ways (${differs}), though they are channels of one image`,
      'convert it to an RGB TIFF, for example with "vips bandjoin"',
    );
  }
}

function difference(a: Directory, b: Directory): string | undefined {
  if (a.samples !== 1 || b.samples !== 1) return 'samples per pixel';
  if (a.bits[0] !== b.bits[0]) return 'bits per sample';
  if (a.photometric === PALETTE || b.photometric === PALETTE) return 'colours of a palette';
  const tables = [a, b].map(({ jpegTables = new Uint8Array() }) => jpegTables);
  if (Buffer.compare(tables[0]!, tables[1]!) !== 0) return 'JPEG tables';
  return ALIKE.find((key) => a[key] !== b[key]);
}
