import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BytesCodec } from '../../../dist/tiff/codecs/codec.js';
import { lzw } from '../../../dist/tiff/codecs/lzw.js';
import { codecOf } from '../../../dist/tiff/codecs/registry.js';
import { readTiff } from '../../../dist/tiff/container.js';
import { isStreamed } from '../../../dist/tiff/read/decodable.js';
import { readBands, readNativeBands } from '../../../dist/tiff/read/read.js';
import { unpack } from '../../../dist/tiff/samples/unpack.js';
import { gather, memorySource, picture, plainDirectory } from '../pictures.js';

/** Compressed bytes of the first block of a fixture, and what they unpack to in one go. */
async function block(name: string) {
  const bytes = readFileSync(new URL(`../../fixtures/tiff/${name}`, import.meta.url));
  const { directories } = await readTiff(memorySource(bytes));
  const { compression, offsets, byteCounts, blockWidth, blockHeight } = directories[0]!;
  const packed = bytes.subarray(offsets[0]!, offsets[0]! + byteCounts[0]!);
  const codec = codecOf(compression) as BytesCodec;
  const [whole] = await unpack(codec, [packed], blockHeight, blockWidth * 3);
  return { codec, packed, whole: Buffer.from(whole!) };
}

async function* pieces(bytes: Uint8Array, lengths: readonly number[]) {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const found: Buffer[] = [];
  for await (const chunk of chunks) found.push(Buffer.from(chunk));
  return Buffer.concat(found);
}

const codecs = ['packbits.tif', 'big-endian-lzw-tiles.tif', 'old-deflate.tif', 'zstd-tiles.tif', 'lzma-libtiff.tif'];

test.each(codecs)('%s: unpacked piece by piece as in one go, and an error where it ends too early', async (name) => {
  const { codec, packed, whole } = await block(name);
  const lengths = fc.array(fc.integer({ min: 64, max: 2000 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(lengths, async (cuts) => {
      const found = await collect(codec.stream!(pieces(packed, cuts)));
      expect(Buffer.compare(found.subarray(0, whole.length), whole)).toBe(0);
    }),
    { numRuns: 15 },
  );
  const half = packed.subarray(0, packed.length >> 1);
  const less = await collect(codec.stream!(pieces(half, [500]))).catch(() => Buffer.alloc(0));
  expect(less.length).toBeLessThan(whole.length);
});

/** LZW by the letter of TIFF 6.0, or as it was before: codes from the low bits on, longer one code later. */
function packLzw(bytes: Uint8Array, old: boolean): Uint8Array {
  const out: number[] = [];
  let held = 0;
  let count = 0;
  let width = 9;
  const put = (code: number) => {
    held = old ? held | (code << count) : (held << width) | code;
    count += width;
    while (count >= 8) {
      out.push(old ? held & 255 : (held >> (count - 8)) & 255);
      count -= 8;
      held = old ? held >> 8 : held & ((1 << count) - 1);
    }
  };
  let table = new Map<string, number>();
  let next = 258;
  let prefix = '';
  put(256);
  for (const byte of bytes) {
    const longer = prefix + String.fromCharCode(byte);
    if (longer.length === 1 || table.has(longer)) {
      prefix = longer;
      continue;
    }
    put(prefix.length === 1 ? prefix.charCodeAt(0) : table.get(prefix)!);
    table.set(longer, next++);
    // The reader is one entry behind.
    if (next - 1 === (1 << width) - (old ? 0 : 1)) width++;
    if (next === 4094) {
      put(256);
      table = new Map();
      next = 258;
      width = 9;
    }
    prefix = String.fromCharCode(byte);
  }
  put(prefix.length === 1 ? prefix.charCodeAt(0) : table.get(prefix)!);
  next++;
  if (next - 1 === (1 << width) - (old ? 0 : 1)) width++;
  put(257);
  if (count > 0) out.push(old ? held & 255 : (held << (8 - count)) & 255);
  return Uint8Array.from(out);
}

test.each([
  ['of today', false],
  ['from before TIFF 5', true],
])('LZW %s', async (_, old) => {
  const { data } = picture(200, 150);
  const packed = packLzw(data, old);
  expect(Buffer.compare(await collect(lzw.stream!(pieces(packed, [777]))), data)).toBe(0);
  const [whole] = await unpack(lzw, [packed], 150, 600);
  expect(Buffer.compare(whole!, data)).toBe(0);
  const directory = { ...plainDirectory(200, 150), compression: 5, offsets: [0], byteCounts: [packed.length] };
  const bands = readBands({ source: memorySource(packed), directory, name: 'level 0' }, { start: 0, length: 150 }, () => [
    { start: 0, length: 200 },
  ]);
  expect(Buffer.compare(await gather(bands, 200, 150), data)).toBe(0);
});

test('LZW that names a code before it is made is an error', async () => {
  await expect(collect(lzw.stream!(pieces(Uint8Array.of(0x80, 0x7f, 0xff, 0xff), [4])))).rejects.toThrow('code');
});

test('a strip of many megabytes is read as a stream of rows', async () => {
  const [width, height] = [3000, 8000];
  const raw = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    raw.fill(y & 255, y * width * 3, y * width * 3 + width).fill((y >> 3) & 255, y * width * 3 + width, (y + 1) * width * 3);
  const packed = deflateSync(raw, { level: 1 });
  const source = memorySource(packed);
  const directory = { ...plainDirectory(width, height), compression: 8, offsets: [0], byteCounts: [packed.length] };
  expect(isStreamed(directory)).toBe(true);
  const image = { source, directory, name: 'level 0' };
  let next = 100;
  const columns = ({ start }: { start: number }) => (start > 2000 && start < 4000 ? [] : [{ start: 5, length: 1 }]);
  for await (const { y, height: rows, runs } of readBands(image, { start: 100, length: 7000 }, columns)) {
    expect(y).toBe(next);
    next += rows;
    for (const { x, pixels } of runs) {
      expect([x, pixels.width, pixels.height]).toEqual([0, width, rows]);
      const due = raw.subarray(y * width * 3, (y + rows) * width * 3);
      expect(Buffer.compare(pixels.data, due)).toBe(0);
    }
    expect(runs.length).toBe(columns({ start: y }).length);
  }
  expect(next).toBe(7100);

  for await (const { runs } of readNativeBands(image, { start: 0, length: 1 }, columns, [2, 0])) {
    expect(Array.from(runs[0]!.pixels.data.subarray(0, 2))).toEqual([raw[2], raw[0]]);
  }
  const stop = new AbortController();
  const stopped = readBands(image, { start: 0, length: height }, columns, stop.signal);
  await stopped.next();
  stop.abort();
  await expect(stopped.next()).rejects.toMatchObject({ code: 'aborted' });

  const half = { ...image, directory: { ...directory, byteCounts: [packed.length >> 1] } };
  const bands = readBands(half, { start: 0, length: height }, columns);
  const all = (async () => {
    for await (const band of bands) expect(band.height).toBeGreaterThan(0);
  })();
  await expect(all).rejects.toMatchObject({
    code: 'input',
    message: expect.stringMatching(/^block 0 \(deflate, at byte 0\) in level 0 .* cannot be decoded: /),
  });
});
