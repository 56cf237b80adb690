import { deflateSync } from 'node:zlib';
import type { ByteSource } from '../../dist/io/source.js';
import { wrapperHeader } from '../../dist/tiff/codecs/wrap.js';
import type { Directory } from '../../dist/tiff/directory.js';
import type { Band, Pixels } from '../../dist/types.js';

/** A picture in which every pixel differs from its neighbours, so that a shifted row or column shows. */
export function picture(width: number, height: number, channels = 3): Pixels {
  const data = new Uint8Array(width * height * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) data[at++] = (x * (3 + c) + y * (7 + 2 * c) + ((x * y) >> 5) + ((x ^ y) & 15)) & 255;
    }
  }
  return { width, height, channels, data };
}

/** What parts of a directory a test may choose. */
export type Choices = Partial<Pick<Directory, 'compression' | 'photometric' | 'layout' | 'blockWidth' | 'blockHeight'>>;

/** A little-endian classic TIFF with the picture in blocks: uncompressed (1) or deflate (8 and 32946). */
export function blockTiff(pixels: Pixels, choices: Choices): Uint8Array {
  const { width, height, channels } = pixels;
  const directory = { ...plainDirectory(width, height), samples: channels, bits: Array(channels).fill(8), ...choices };
  const blocks: Uint8Array[] = [];
  for (let y = 0; y < height; y += directory.blockHeight) {
    for (let x = 0; x < width; x += directory.blockWidth) {
      const raw = cutBlock(pixels, x, y, directory);
      blocks.push(directory.compression === 1 ? raw : deflateSync(raw));
    }
  }
  let offset = 0;
  const places = blocks.map(({ length }) => {
    const place = { offset, bytes: length };
    offset += length;
    return place;
  });
  return Buffer.concat([wrapperHeader(directory, pixels, places), ...blocks]);
}

/** One block, as TIFF keeps it: tiles are whole, filled up with 99; the last strip is cut. */
function cutBlock(pixels: Pixels, x: number, y: number, { layout, blockWidth, blockHeight }: Directory): Uint8Array {
  const { width, height, channels, data } = pixels;
  const rows = layout === 'tiles' ? blockHeight : Math.min(blockHeight, height - y);
  const block = new Uint8Array(blockWidth * rows * channels).fill(99);
  for (let row = 0; row < Math.min(rows, height - y); row++) {
    const from = ((y + row) * width + x) * channels;
    block.set(data.subarray(from, from + Math.min(blockWidth, width - x) * channels), row * blockWidth * channels);
  }
  return block;
}

/** A directory of 8-bit RGB in one strip, to start from. */
export function plainDirectory(width: number, height: number): Directory {
  return {
    index: 0,
    littleEndian: true,
    parent: undefined,
    width,
    height,
    samples: 3,
    bits: [8, 8, 8],
    sampleFormat: 1,
    compression: 1,
    predictor: 1,
    photometric: 2,
    planar: false,
    fillOrder: 1,
    extraSamples: [],
    layout: 'strips',
    blockWidth: width,
    blockHeight: height,
    offsets: [8],
    byteCounts: [width * height * 3],
    jpegTables: undefined,
    colorMap: undefined,
    sampleRange: { least: undefined, most: undefined },
    lumaWeights: undefined,
    blackWhite: undefined,
    noData: undefined,
    subsampling: undefined,
    subfileType: 0,
    description: '',
    resolution: undefined,
    subDirectories: [],
  };
}

/** A file that is in memory. `fetched` lists every stretch that was read. */
export function memorySource(
  bytes: Uint8Array,
): ByteSource & { readonly fetched: (readonly [offset: number, length: number])[] } {
  const fetched: (readonly [number, number])[] = [];
  return {
    path: 'memory.tif',
    size: bytes.length,
    fetched,
    read: async (fetches) => {
      for (const { offset, into } of fetches) {
        fetched.push([offset, into.length]);
        into.set(bytes.subarray(offset, offset + into.length));
      }
    },
    close: async () => undefined,
  };
}

/** Puts bands back together. What no band holds stays 0. */
export async function gather(bands: AsyncIterable<Band>, width: number, height: number, top = 0): Promise<Uint8Array> {
  const data = new Uint8Array(width * height * 3);
  let next = top;
  for await (const band of bands) {
    if (band.y !== next) throw new Error(`band at ${band.y} where ${next} is due`);
    next += band.height;
    for (const { x, pixels } of band.runs) {
      if (pixels.height !== band.height || pixels.data.length !== pixels.width * pixels.height * 3)
        throw new Error('run of a wrong size');
      for (let row = 0; row < band.height; row++) {
        const from = row * pixels.width * 3;
        data.set(pixels.data.subarray(from, from + pixels.width * 3), ((band.y - top + row) * width + x) * 3);
      }
    }
  }
  if (next !== top + height) throw new Error(`bands end at ${next} where ${top + height} is due`);
  return data;
}

/**
 * Compares RGB.
 *
 * @param width pixels of a row
 * @param tolerance how far a sample may be off
 * @throws {Error} with the first pixel that is off, and both its colours
 */
export function compare(found: Uint8Array, expected: Uint8Array, width: number, tolerance: number, where: string): void {
  if (found.length !== expected.length) throw new Error(`${where}: ${found.length} bytes where ${expected.length} are due`);
  if (Buffer.compare(found, expected) === 0) return;
  for (let i = 0; i < expected.length; i++) {
    if (Math.abs(found[i]! - expected[i]!) <= tolerance) continue;
    const pixel = Math.floor(i / 3);
    const rgb = (data: Uint8Array) => data.subarray(pixel * 3, pixel * 3 + 3).join(' ');
    const place = `(${pixel % width}, ${Math.floor(pixel / width)})`;
    throw new Error(`${where}: pixel ${place} is ${rgb(found)} where ${rgb(expected)} is due`);
  }
}
