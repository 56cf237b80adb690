// Writes the same picture in the layouts that files come in.

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pipeline } from 'node:stream/promises';
import { createDeflate } from 'node:zlib';
import sharp, { type TiffOptions } from 'sharp';
import { readTiff } from '../../../dist/tiff/container.js';
import { directories, type Entry, header, Tag } from '../../../dist/tiff/write/directory.js';
import { writeTiff } from '../../../dist/tiff/write/write.js';
import type { Pixels, Size } from '../../../dist/types.js';
import { memorySource } from '../../tiff/pictures.ts';
import { tiled, writeSlide } from './slides.ts';

/** Writes an image that is tiled with a texture. */
export type WriteLayout = (path: string, texture: Pixels, size: Size) => Promise<void>;

const STRIP_OFFSETS = 273;
const ROWS_PER_STRIP = 278;
const STRIP_BYTE_COUNTS = 279;
const PREDICTOR = 317;
const LZW = 5;
const DEFLATE = 8;
const NONE = 1;

/** The offsets and sizes of strips in a file, in bytes. */
interface Strips {
  readonly offsets: readonly number[];
  readonly bytes: readonly number[];
}

/** Strip layouts that are hard for readers. They are written row by row. */
export const stripLayouts: Readonly<Record<string, WriteLayout>> = {
  'LZW strips of 1 row': writeLzwRows,
  'deflate, one strip': writeOneStrip,
  'planar strips, uncompressed': writePlanes,
};

/** {@link stripLayouts}, and a pyramid of JPEG tiles as scanners write it. */
export const slideLayouts: Readonly<Record<string, WriteLayout>> = { 'JPEG tiles': writeSlide, ...stripLayouts };

const tiles: TiffOptions = { tile: true, tileWidth: 256, tileHeight: 256 };

/** Lossless tiles without a pyramid. The whole image is in memory while they are written. */
export const tileLayouts: Readonly<Record<string, WriteLayout>> = {
  'LZW tiles': bySharp({ ...tiles, compression: 'lzw', predictor: 'horizontal' }),
  'deflate tiles': bySharp({ ...tiles, compression: 'deflate', predictor: 'horizontal' }),
};

/** {@link tileLayouts}, and JPEG tiles without a pyramid. */
export const flatTileLayouts: Readonly<Record<string, WriteLayout>> = {
  'JPEG tiles': bySharp({ ...tiles, compression: 'jpeg', quality: 80 }),
  ...tileLayouts,
};

/** Strips of many rows. The whole image is in memory while they are written. */
export const plainStripLayouts: Readonly<Record<string, WriteLayout>> = {
  'LZW strips': bySharp({ compression: 'lzw', predictor: 'horizontal' }),
  'deflate strips': bySharp({ compression: 'deflate', predictor: 'horizontal' }),
};

/** The parts of OpenJPEG's binding that write and read a block. */
interface OpenJpeg {
  readonly J2KEncoder: new () => {
    getDecodedBuffer(info: object): Uint8Array;
    getEncodedBuffer(): Uint8Array;
    setQuality(lossless: boolean, quality: number): void;
    encode(): void;
    delete(): void;
  };
  readonly J2KDecoder: new () => {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    delete(): void;
  };
}

/** A pyramid of JPEG 2000 tiles of 256 px, as Aperio writes RGB. */
export async function writeJpeg2000(path: string, texture: Pixels, size: Size): Promise<void> {
  const create = createRequire(import.meta.url)('@cornerstonejs/codec-openjpeg/wasmjs') as (
    settings: object,
  ) => Promise<OpenJpeg>;
  const { J2KEncoder, J2KDecoder } = await create({ print: () => undefined, printErr: () => undefined });
  const codec = {
    compression: 33_005,
    lossless: false,
    padding: 'replicate',
    photometric: () => 2,
    async encode(samples: Uint8Array, tile: number) {
      const encoder = new J2KEncoder();
      const info = { width: tile, height: tile, bitsPerSample: 8, componentCount: 3, isSigned: false };
      encoder.getDecodedBuffer(info).set(samples);
      encoder.setQuality(false, 8);
      encoder.encode();
      const block = Uint8Array.from(encoder.getEncodedBuffer());
      encoder.delete();
      return block;
    },
    async decode(block: Uint8Array) {
      const decoder = new J2KDecoder();
      decoder.getEncodedBuffer(block.length).set(block);
      decoder.decode();
      const samples = Uint8Array.from(decoder.getDecodedBuffer());
      decoder.delete();
      return samples;
    },
  } as const;
  const mpp = { x: 0.5, y: 0.5 };
  const sink = await writeTiff(path, { size, channels: 3, tile: 256, codec, reduce: 'mean', levels: 'chained', mpp });
  for (const rows of tiled(texture, size)) await sink.write(rows);
  await sink.finish();
}

function bySharp(options: TiffOptions): WriteLayout {
  return async (path, texture, { width, height }) => {
    const data = new Uint8Array(width * height * 3);
    for (const rows of tiled(texture, { width, height })) data.set(rows.data, rows.y * width * 3);
    await sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
      .tiff({ bigtiff: true, ...options })
      .withMetadata({ density: 50_800 })
      .toFile(path);
  };
}

/** The texture repeats, and so do its rows. Each row is compressed once and written as often as it occurs. */
async function writeLzwRows(path: string, texture: Pixels, size: Size): Promise<void> {
  const rows: Uint8Array[] = [];
  const patch = { width: size.width, height: texture.height };
  for (const { data, height } of tiled(texture, patch)) {
    for (let row = 0; row < height; row++)
      rows.push(await lzwRow(data.subarray(row * size.width * 3, (row + 1) * size.width * 3)));
  }
  await writeStrips(path, size, { compression: LZW, rowsPerStrip: 1, predictor: 2 }, async (put) => {
    for (let y = 0; y < size.height; y++) await put(rows[y % rows.length]!);
  });
}

async function lzwRow(row: Uint8Array): Promise<Uint8Array> {
  const tiff = await sharp(row, { raw: { width: row.length / 3, height: 1, channels: 3 }, limitInputPixels: false })
    .tiff({ compression: 'lzw', predictor: 'horizontal' })
    .toBuffer();
  const [directory] = (await readTiff(memorySource(tiff))).directories;
  const { offsets, byteCounts } = directory!;
  if (offsets.length !== 1) throw new Error(`a row was written as ${offsets.length} strips`);
  return tiff.subarray(offsets[0]!, offsets[0]! + byteCounts[0]!);
}

async function writeOneStrip(path: string, texture: Pixels, size: Size): Promise<void> {
  await writeStrips(path, size, { compression: DEFLATE, rowsPerStrip: size.height }, async (put) => {
    const rows = function* () {
      for (const { data } of tiled(texture, size)) yield Buffer.from(data);
    };
    const parts: Buffer[] = [];
    await pipeline(rows, createDeflate({ level: 1 }), async (chunks) => {
      for await (const chunk of chunks) {
        parts.push(chunk as Buffer);
        if (parts.length >= 64) await put(Buffer.concat(parts.splice(0)), 'more');
      }
    });
    await put(Buffer.concat(parts));
  });
}

async function writePlanes(path: string, texture: Pixels, size: Size): Promise<void> {
  await writeStrips(path, size, { compression: NONE, rowsPerStrip: 16, planar: true }, async (put) => {
    for (let channel = 0; channel < 3; channel++) {
      for (const { data } of tiled(texture, size)) {
        const plane = new Uint8Array(data.length / 3);
        for (let i = 0; i < plane.length; i++) plane[i] = data[i * 3 + channel]!;
        for (let from = 0; from < plane.length; from += size.width * 16)
          await put(plane.subarray(from, from + size.width * 16));
      }
    }
  });
}

/** Writes one strip to the file, or with `more` a part of one. */
type Put = (bytes: Uint8Array, more?: 'more') => Promise<void>;

interface StripLayout {
  readonly compression: number;
  readonly rowsPerStrip: number;
  readonly predictor?: number;
  readonly planar?: boolean;
}

/** Writes a BigTIFF of 8-bit RGB in strips, with 0.5 µm per pixel. */
async function writeStrips(path: string, size: Size, layout: StripLayout, write: (put: Put) => Promise<void>): Promise<void> {
  const file = createWriteStream(path);
  await send(file, header(0));
  const [offsets, bytes]: [number[], number[]] = [[], []];
  let [start, end] = [16, 16];
  await write(async (data, more) => {
    await send(file, data);
    end += data.length;
    if (more) return;
    offsets.push(start);
    bytes.push(end - start);
    start = end;
  });
  end = Math.ceil(end / 8) * 8;
  await send(file, new Uint8Array(end - start));
  await send(file, directories([[entries(size, layout, { offsets, bytes })]], 'chained', end));
  file.end();
  await once(file, 'close');
  const handle = await open(path, 'r+');
  await handle.write(header(end), 0, 16, 0);
  await handle.close();
}

async function send(file: WriteStream, bytes: Uint8Array): Promise<void> {
  // The data is copied because the caller reuses its memory.
  if (!file.write(Buffer.from(bytes))) await once(file, 'drain');
}

function entries({ width, height }: Size, layout: StripLayout, { offsets, bytes }: Strips): Entry[] {
  const { compression, rowsPerStrip, predictor = 1, planar = false } = layout;
  return [
    { tag: Tag.ImageWidth, type: 'long', values: [width] },
    { tag: Tag.ImageLength, type: 'long', values: [height] },
    { tag: Tag.BitsPerSample, type: 'short', values: [8, 8, 8] },
    { tag: Tag.Compression, type: 'short', values: [compression] },
    { tag: Tag.PhotometricInterpretation, type: 'short', values: [2] },
    { tag: STRIP_OFFSETS, type: 'long8', values: offsets },
    { tag: Tag.SamplesPerPixel, type: 'short', values: [3] },
    { tag: ROWS_PER_STRIP, type: 'long', values: [rowsPerStrip] },
    { tag: STRIP_BYTE_COUNTS, type: 'long8', values: bytes },
    { tag: Tag.XResolution, type: 'rational', values: [20_000, 1] },
    { tag: Tag.YResolution, type: 'rational', values: [20_000, 1] },
    { tag: Tag.PlanarConfiguration, type: 'short', values: [planar ? 2 : 1] },
    { tag: Tag.ResolutionUnit, type: 'short', values: [3] },
    { tag: PREDICTOR, type: 'short', values: [predictor] },
  ];
}
