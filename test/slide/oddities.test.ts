import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openSlide } from '../../dist/slide/open.js';
import { folder, save, segtile } from '../cli/door.ts';
import { compare, gather, picture } from '../tiff/pictures.ts';
import { type RawPage, rawTiff } from '../tiff/raw-tiff.ts';

const [width, height] = [48, 36];
const { data } = picture(width, height);
const others = fileURLToPath(new URL('../fixtures/tiff/others/', import.meta.url));

const everywhere = () => [{ start: 0, length: width }];

/** Reads all of a file, which has to be the picture; returns the notes. */
async function read(path: string, tolerance = 0): Promise<readonly string[]> {
  const slide = await openSlide(path);
  try {
    compare(
      await gather(slide.readBands(0, { start: 0, length: height }, everywhere), width, height),
      data,
      width,
      tolerance,
      path,
    );
    return slide.notes ?? [];
  } finally {
    await slide.close();
  }
}

const stored = (bytes: Uint8Array | string): string => save(folder(), 'slide.tif', bytes);

describe('what other programs write', () => {
  // As test/fixtures/tiff/others/make.py.
  test.each(readdirSync(others).filter((name) => name.endsWith('.tif')))('%s', async (name) => {
    expect(await read(`${others}${name}`, name.includes('baseline') ? 4 : 0)).toEqual([]);
  });
});

const rows = 16;
const pieces = [0, 16, 32].map((top) => data.subarray(top * width * 3, Math.min(height, top + rows) * width * 3));
const plain: RawPage = { width, height, samples: 3, strips: pieces, rows };
const packed: RawPage = { ...plain, strips: pieces.map((piece) => deflateSync(piece)), tags: { 259: [3, [8]] } };
const thumbnail: RawPage = { width: 4, height: 3, strips: [new Uint8Array(12)], tags: { 254: [4, [1]] } };
const broken = (page: RawPage): RawPage => ({ ...page, tags: { ...page.tags, 257: undefined } });

describe('damage in what is not needed is a note', () => {
  test.each<[string, () => Uint8Array, RegExp]>([
    [
      'a thumbnail in a SubIFD without a height',
      () => rawTiff([{ ...plain, subs: [broken(thumbnail)] }]),
      /^sub-directory 0 of directory 0, .* it has no ImageLength; it is left out$/,
    ],
    [
      'a SubIFD that is nowhere',
      () => rawTiff([{ ...plain, tags: { 330: [4, [4_000_000]] } }]),
      /^sub-directory 0 of directory 0, at byte 4000000, cannot be read/,
    ],
    ['a later page', () => rawTiff([plain, broken(thumbnail)]), /^directory 1, .* it has no ImageLength; it is left out$/],
    ['a chain that goes nowhere', () => rawTiff([plain], { next: 4_000_000 }), /^directory 1, at byte 4000000, cannot be read/],
    [
      'a chain that comes back',
      () => rawTiff([plain, thumbnail], { next: 'first' }),
      /^its directories run in a circle: directory 2 is at byte \d+ again/,
    ],
    [
      'a resolution past the end',
      () => withPlace(282, rawTiff([{ ...plain, tags: { 282: [5, [300, 1]], 283: [5, [300, 1]] } }])),
      /^directory 0: XResolution has 8 bytes at byte 2147483392, .*: it is left out$/,
    ],
    [
      'a description past the end',
      () => withPlace(270, rawTiff([{ ...plain, tags: { 270: [2, 'a long description'] } }])),
      /^directory 0: ImageDescription has 19 bytes .*: it is left out$/,
    ],
    [
      'sub-directories past the end',
      () => withPlace(330, rawTiff([{ ...plain, tags: { 330: [4, [8, 8]] } }])),
      /^directory 0: SubIFDs has 8 bytes .*: it is left out$/,
    ],
    [
      'geo keys past the end',
      () => withPlace(34735, rawTiff([{ ...plain, tags: { 34735: [3, [1, 1, 0, 0]] } }])),
      /^directory 0: GeoKeyDirectory has 8 bytes .*: it is left out$/,
    ],
    [
      'geo keys that are too few',
      () => rawTiff([{ ...plain, tags: { 34735: [3, [1, 1, 0]] } }]),
      /^directory 0: GeoKeyDirectory holds 3 numbers, not 4 numbers or more: it is left out$/,
    ],
    [
      'geo keys that are text',
      () => rawTiff([{ ...plain, tags: { 34735: [2, 'EPSG:4326'] } }]),
      /^directory 0: GeoKeyDirectory holds a text, not 4 numbers or more: it is left out$/,
    ],
    [
      'half a tie point',
      () => rawTiff([{ ...plain, tags: { 33922: [4, [0, 0, 0]] } }]),
      /^directory 0: ModelTiepoint holds 3 numbers, not 6 numbers a point: it is left out$/,
    ],
    [
      'a pixel scale of one number',
      () => rawTiff([{ ...plain, tags: { 33550: [4, [2]], 34735: [3, [1, 1, 0, 0]] } }]),
      /^directory 0: ModelPixelScale holds 1 number, not 3 numbers: it is left out$/,
    ],
    [
      'a tag of a type that nobody knows',
      () => withType(305, 99, rawTiff([{ ...plain, tags: { 305: [2, 'a program'] } }])),
      /^directory 0: Software has the type 99, which no specification knows: it is left out$/,
    ],
    [
      'byte counts of pixels that are larger than the file',
      () => rawTiff([{ ...plain, tags: { 279: [4, [2304, 2_000_000, 9_000_000]] } }]),
      /^directory 0: 2 of its blocks are said to reach beyond the end of the file, but their pixels are in it$/,
    ],
    [
      'the same where they are compressed',
      () => rawTiff([{ ...packed, tags: { 259: [3, [8]], 279: [4, [900_000, 900_000, 900_000]] } }]),
      /^directory 0: 3 of its blocks are said to reach/,
    ],
    [
      'the end of the chain, which is cut off',
      () => rawTiff([plain], { pixelsFirst: true }).subarray(0, -4),
      /^directory 0: the file ends where it should say that no directory follows$/,
    ],
    [
      'the checksum of the last strip, which is cut off',
      () => trimmed(rawTiff([packed])).subarray(0, -4),
      /^directory 0: 1 of its blocks are said to reach/,
    ],
  ])('%s', async (_, bytes, note) => {
    const path = stored(bytes());
    const notes = await read(path);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(note);
    // A person is told, too.
    const { code, stdout } = await segtile(['info', path, '--check']);
    expect(code).toBe(0);
    expect(stdout).toContain(notes[0]);
  });

  test('tiles whose places are in the tags of strips', async () => {
    const tile = (x: number, y: number) => {
      const bytes = new Uint8Array(32 * 32 * 3);
      for (let row = 0; row < Math.min(32, height - y); row++) {
        const from = ((y + row) * width + x) * 3;
        bytes.set(data.subarray(from, from + Math.min(32, width - x) * 3), row * 32 * 3);
      }
      return bytes;
    };
    const strips = [tile(0, 0), tile(32, 0), tile(0, 32), tile(32, 32)];
    const tags = { 278: undefined, 322: [3, [32]], 323: [3, [32]] } as const;
    expect(await read(stored(rawTiff([{ width, height, samples: 3, strips, tags }])))).toEqual([
      'directory 0: its tiles are where the tags of strips say',
    ]);
  });

  test('of many of a kind the first are told', async () => {
    const pages = Array.from({ length: 20 }, () => broken(thumbnail));
    const notes = await read(stored(rawTiff([plain, ...pages])));
    expect(notes).toHaveLength(6);
    expect(notes.at(-1)).toBe('and 15 more of that kind');
  });
});

describe('damage in what is read is an error', () => {
  test.each<[string, () => Uint8Array, RegExp]>([
    ['the first page', () => rawTiff([broken(plain)]), /directory 0, .* it has no ImageLength/],
    [
      'a later page that is larger',
      () => rawTiff([thumbnail, { ...plain, tags: { 273: undefined } }]),
      /directory 1, .* it has no StripOffsets/,
    ],
    [
      'pixels that are cut off',
      () => rawTiff([plain]).subarray(0, -4),
      /block 2 in directory 0 .* is 576 bytes at byte \d+, but the file has only/,
    ],
    [
      'compressed pixels that are cut off',
      () => trimmed(rawTiff([packed])).subarray(0, -9),
      /block 2 in directory 0 .* bytes at byte \d+, but the file has only/,
    ],
    [
      'pixels that are not there',
      () => rawTiff([{ ...plain, tags: { 273: [4, [8, 8, 9_000_000]] } }]),
      /block \d in directory 0 .*, but the file has only/,
    ],
    [
      'palette past the end',
      () => withPlace(320, rawTiff([{ ...thumbnail, tags: { 262: [3, [3]], 320: [3, Array<number>(768).fill(9)] } }])),
      /ColorMap has 1536 bytes/,
    ],
  ])('%s', async (_, bytes, words) => {
    await expect(openSlide(stored(bytes()))).rejects.toMatchObject({ code: 'input', message: expect.stringMatching(words) });
  });
});

/** Moves the values of a tag of the first directory out of the file. */
function withPlace(tag: number, bytes: Buffer): Buffer {
  const at = bytes.readUInt32LE(4);
  for (let i = 0; i < bytes.readUInt16LE(at); i++) {
    const entry = at + 2 + i * 12;
    if (bytes.readUInt16LE(entry) === tag) bytes.writeUInt32LE(2_147_483_392, entry + 8);
  }
  return bytes;
}

/** Gives a tag of the first directory another type. */
function withType(tag: number, type: number, bytes: Buffer): Buffer {
  const at = bytes.readUInt32LE(4);
  for (let i = 0; i < bytes.readUInt16LE(at); i++) {
    const entry = at + 2 + i * 12;
    if (bytes.readUInt16LE(entry) === tag) bytes.writeUInt16LE(type, entry + 2);
  }
  return bytes;
}

/** Without the byte that fills up to an even place. */
function trimmed(bytes: Buffer): Buffer {
  const last = packed.strips.at(-1)!;
  return last.length % 2 === 1 ? bytes.subarray(0, -1) : bytes;
}
