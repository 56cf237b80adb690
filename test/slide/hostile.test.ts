import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../dist/io/source.js';
import { inspectTiff } from '../../dist/slide/tiff.js';

// Files that were made to do harm. Each must be refused, or read, within a second and without much memory: they claim far more than they
// hold, so nothing may be believed before it is checked.

/** Values of a tag: text, numbers of 64 bits, or many of them at some place in the file. */
type Value = string | number | { readonly count: number; readonly at: number; readonly type?: number };
type Tags = Readonly<Record<number, Value>>;

const [ASCII, LONG, LONG8] = [2, 4, 16];

/** A BigTIFF of directories, one after the other, each followed by the next; `next` says where the last one leads. */
function bigTiff(directories: readonly Tags[], next = 0): Buffer {
  const sizes = directories.map((tags) => 8 + Object.keys(tags).length * 20 + 8);
  const head = Buffer.alloc(16 + sizes.reduce((a, b) => a + b, 0));
  head.write('II+\0\x08', 'latin1');
  head.writeBigUInt64LE(16n, 8);
  const texts: Buffer[] = [];
  let end = head.length;
  let at = 16;
  for (const [i, tags] of directories.entries()) {
    head.writeBigUInt64LE(BigInt(Object.keys(tags).length), at);
    at += 8;
    for (const [tag, value] of Object.entries(tags)) {
      const text = typeof value === 'string' ? Buffer.from(value) : undefined;
      const [count, content] = text
        ? [text.length, end]
        : typeof value === 'object'
          ? [value.count, value.at]
          : [1, Number(value)];
      head.writeUInt16LE(Number(tag), at);
      head.writeUInt16LE(text ? ASCII : ((value as { type?: number }).type ?? LONG8), at + 2);
      head.writeBigUInt64LE(BigInt(count), at + 4);
      head.writeBigUInt64LE(BigInt(content), at + 12);
      if (text) texts.push(text);
      end += text?.length ?? 0;
      at += 20;
    }
    head.writeBigUInt64LE(BigInt(i + 1 < directories.length ? at + 8 : next), at);
    at += 8;
  }
  return Buffer.concat([head, ...texts]);
}

/** A file that claims `size` bytes, most of them zeros that are nowhere. */
function sparse(bytes: Buffer, size: number): ByteSource & { fetched(): number } {
  let fetched = 0;
  return {
    path: 'hostile.tif',
    size: Math.max(size, bytes.length),
    fetched: () => fetched,
    read: async (fetches) => {
      for (const { offset, into } of fetches) {
        fetched += into.length;
        if (offset < bytes.length) into.set(bytes.subarray(offset, offset + into.length));
      }
    },
    close: async () => undefined,
  };
}

/** A small image of one uncompressed strip. */
const image: Tags = { 256: 16, 257: 16, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 16, 279: 256 };

async function outcome(bytes: Buffer, size = 0): Promise<string> {
  const source = sparse(bytes, size);
  // Time of the processor, which other work on the machine does not lengthen as it does a clock's.
  const start = process.cpuUsage();
  const before = process.memoryUsage().rss;
  let text: string;
  try {
    const { problem, slide } = await inspectTiff(source, {});
    const left = (slide.notes ?? []).filter((note) => note.endsWith('it is left out'));
    text = problem === undefined ? ['read', ...left].join('; ') : `${problem.code}: ${problem.message}`;
  } catch (error) {
    expect(error).toMatchObject({ name: 'SegtileError' });
    const { code, message } = error as { code: string; message: string };
    text = `${code}: ${message}`;
  }
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1000).toBeLessThan(1000);
  expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  expect(source.fetched()).toBeLessThan(150e6);
  return text;
}

const TERABYTE = 2 ** 40;
const header = (entries: bigint): Buffer => {
  const bytes = bigTiff([image]);
  bytes.writeBigUInt64LE(entries, 16);
  return bytes;
};

describe('claims that are refused', () => {
  test.each<[string, () => Buffer, number, RegExp]>([
    ['2^32 tags', () => header(2n ** 32n), 0, /directory 0, at byte 16, .*claims 4294967296 tags, but the file ends/],
    ['2^32 tags in a file as large', () => header(2n ** 32n), TERABYTE, /claims 4294967296 tags$/],
    ['2^63 tags', () => header(2n ** 63n), TERABYTE, /claims 9223372036854776000 tags, but the file ends/],
    [
      '2^60 block offsets',
      () => bigTiff([{ ...image, 273: { count: 2 ** 60, at: 8 } }]),
      TERABYTE,
      /StripOffsets has 9223372036854776000 bytes at byte 8/,
    ],
    [
      '2^30 block offsets',
      () => bigTiff([{ ...image, 273: { count: 2 ** 30, at: 8 } }]),
      TERABYTE,
      /StripOffsets has 8589934592 bytes$/,
    ],
    [
      'a giant description',
      () => bigTiff([{ ...image, 270: 'a'.repeat(2 ** 25 + 1) }]),
      0,
      /ImageDescription has 33554433 bytes$/,
    ],
    ['5,000 directories', () => bigTiff(Array(5000).fill(image)), 0, /more than 4096 directories/],
    ['no pixels', () => bigTiff([{ ...image, 256: 0 }]), 0, /ImageWidth is 0/],
    ['no rows in a strip', () => bigTiff([{ ...image, 278: 0 }]), 0, /RowsPerStrip is 0/],
    ['2^53 pixels across', () => bigTiff([{ ...image, 256: 2 ** 53 }]), 0, /ImageWidth is 9007199254740992/],
  ])('%s', async (_, bytes, size, message) => {
    const text = await outcome(bytes(), size);
    expect(text).toMatch(/^input: hostile\.tif is damaged: /);
    expect(text).toMatch(message);
  });

  const square = { 256: 2 ** 31, 257: 2 ** 31 };
  test.each<[string, Tags, RegExp]>([
    ['2^31 × 2^31 in one strip', { ...image, ...square, 278: 2 ** 31 }, /^unsupported: .*has a width of/],
    ['2^31 × 2^31 in one deflate strip', { ...image, ...square, 278: 2 ** 31, 259: 8 }, /^unsupported: .*has a width of/],
    ['2^31 × 2^31 in strips of one row', { ...image, ...square, 278: 1 }, /need 2147483648 blocks, but it lists 1 offsets/],
    [
      'one tile of 2^31 pixels',
      { ...image, ...square, 273: 8, 322: 2 ** 31, 323: 2 ** 31, 324: 8, 325: 256 },
      /^unsupported: .*has tiles of/,
    ],
    [
      'a tile of 2^31 over a small image',
      { ...image, 322: 2 ** 31, 323: 16, 324: 8, 325: 256 },
      /^unsupported: .*has tiles of/,
    ],
    [
      '65,535 samples',
      { ...image, 277: 65_535 },
      /^(unsupported|input): .*(samples per pixel|bits per sample|block 0 in directory 0)/,
    ],
    ['2^40 samples', { ...image, 277: 2 ** 40 }, /^input: .*SamplesPerPixel is 1099511627776/],
  ])('%s', async (_, tags, message) => {
    expect(await outcome(bigTiff([tags]), TERABYTE)).toMatch(message);
  });
});

describe('what lies behind the pixels that are read', () => {
  test.each<[string, () => Buffer, RegExp]>([
    ['a directory past the end', () => bigTiff([image], 2 ** 41), /directory 1, at byte 2199023255552, cannot be read/],
    ['a circle of two', () => bigTiff([{ ...image, 254: 1 }, image], 16), /directory 2 is at byte 16 again/],
  ])('%s', async (_, bytes, message) => {
    const text = await outcome(bytes(), TERABYTE);
    expect(text).toMatch(/^read; /);
    expect(text).toMatch(message);
  });
});

test('4,000 directories with one list of blocks between them', async () => {
  const list = { count: 2 ** 20, at: 2 ** 30 };
  const tags = { ...image, 273: list, 279: list };
  expect(await outcome(bigTiff(Array(4000).fill(tags)), TERABYTE)).toMatch(/the tags up to here have more than \d+ bytes$/);
});

test('4,000 directories with one description between them', async () => {
  const tags = { ...image, 270: { count: 2 ** 24, at: 2 ** 30, type: ASCII } };
  expect(await outcome(bigTiff(Array(4000).fill(tags)), TERABYTE)).toMatch(/the tags up to here have more than \d+ bytes$/);
});

describe('sub-directories', () => {
  test.each<[string, Value, RegExp]>([
    ['that is its parent', 16, /sub-directory 0 of directory 0 is at byte 16 again/],
    ['that is listed a million times', { count: 2 ** 20, at: 2 ** 30 }, /sub-directory/],
    ['that is nowhere', 2 ** 41, /sub-directory 0 of directory 0, at byte 2199023255552, cannot be read/],
  ])('%s', async (_, value, message) => {
    const text = await outcome(bigTiff([{ ...image, 330: value }]), TERABYTE);
    expect(text).toMatch(/^read; /);
    expect(text).toMatch(message);
  });

  test('a nest of them is not entered', async () => {
    const depth = 2000;
    const size = 8 + 10 * 20 + 8;
    const nested = Array.from({ length: depth }, (_, i) => ({ ...image, 256: 8, 330: 16 + (i + 1) * size }));
    const bytes = bigTiff([{ ...image, 330: 16 + size }, ...nested]);
    // Only the first is in the chain.
    bytes.writeBigUInt64LE(0n, 16 + size - 8);
    expect(await outcome(bytes)).toBe('read');
  });
});

describe('descriptions that are costly to look through', () => {
  const OME = '<OME><Image><Pixels DimensionOrder="XYCZT" SizeC="2147483648" SizeZ="2147483648" SizeT="2147483648">';
  test.each<[string, () => string, RegExp]>([
    ['comments without end', () => '<!-- -->'.repeat(2 ** 21), /^read$/],
    ['a comment that never ends', () => `<!--${'-'.repeat(2 ** 24)}`, /^read$/],
    ['tags without end', () => '<a>'.repeat(2 ** 21), /^read$/],
    ['a tag of 16 MiB', () => `<OME ${'a="b" '.repeat(2 ** 21)}>`, /^read$/],
    ['quotes that never end', () => `<OME${' a="'.repeat(2 ** 21)}`, /^read$/],
    ['white space', () => ' '.repeat(2 ** 24), /^read$/],
    ['OME-XML with 2^93 planes', () => `${OME}</Pixels></Image></OME>`, /^read$/],
    ['OME-XML with 200,000 planes', () => OME + '<TiffData IFD="7" PlaneCount="9999999"/>'.repeat(2e5), /^read$|lacks channel/],
    ['OME-XML with 200,000 images', () => `<OME>${'<Image><Pixels SizeC="4000"/></Image>'.repeat(2e5)}`, /lacks channel/],
    ['Aperio text', () => `Aperio ${'|'.repeat(2 ** 22)}${'| '.repeat(2 ** 22)}`, /^read$/],
    ['ImageJ text', () => `ImageJ=1\nimages=99999999999\nslices=99999999\n${'\nslices='.repeat(2 ** 20)}`, /^unsupported/],
  ])('%s', async (_, text, expected) => {
    expect(await outcome(bigTiff([{ ...image, 270: text() }]))).toMatch(expected);
  });
});

test('a classic file with 65,535 tags', async () => {
  const bytes = Buffer.alloc(8 + 2 + 65_535 * 12 + 4);
  bytes.write('II*\0');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(65_535, 8);
  for (let i = 0; i < 65_535; i++) {
    bytes.writeUInt16LE(256, 10 + i * 12);
    bytes.writeUInt16LE(LONG, 12 + i * 12);
  }
  expect(await outcome(bytes)).toMatch(/claims 65535 tags$/);
});
