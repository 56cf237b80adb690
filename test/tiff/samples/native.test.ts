import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { typeOf } from '../../../dist/tiff/samples/native.js';
import { picture } from '../pictures.js';
import { withFile } from '../read-file.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tiff/${name}`, import.meta.url));
const all = picture(90, 61);
const choose = (pixels: ReturnType<typeof picture>, channels: readonly number[]) =>
  Array.from({ length: pixels.width * pixels.height }, (_, i) =>
    channels.map((c) => pixels.data[i * pixels.channels + c]!),
  ).flat();

test.each([['zstd-strips-16.tif'], ['lzw-planes-16.tif'], ['sixteen-bit.tif']])(
  '%s: 16-bit samples come out as they are, in any choice of channels',
  async (name) => {
    await withFile(fixture(name), async (file) => {
      for (const channels of [[0, 1, 2], [2, 0], [1]]) {
        const { data, channels: count } = await file.native(channels);
        expect([typeOf(data), count]).toEqual(['uint16', channels.length]);
        expect(Array.from(data)).toEqual(choose(all, channels).map((value) => value * 257));
      }
    });
  },
);

test.each([['float-predictor.tif'], ['float-plain.tif']])('%s: floats come out as they are', async (name) => {
  const { data } = await withFile(fixture(name), (file) => file.native());
  expect(typeOf(data)).toBe('float32');
  expect(Array.from(data)).toEqual(Array.from(all.data, (value) => Math.fround(value / 255)));
});

test.each([
  ['deflate-planes.tif'],
  ['planar.tif'],
  ['lzma-tiles.tif'],
  ['packbits.tif'],
  ['zstd-tiles.tif'],
  ['webp-tiles.tif'],
])('%s: 8-bit samples in any choice of channels', async (name) => {
  await withFile(fixture(name), async (file) => {
    for (const channels of [[2, 1, 0], [1], [0, 1, 2]]) {
      expect(Array.from((await file.native(channels)).data)).toEqual(choose(all, channels));
    }
  });
});

test('channels beyond the third', async () => {
  await withFile(fixture('five-channels.tif'), async (file) => {
    expect(Array.from((await file.native([4, 1])).data)).toEqual(choose(picture(90, 61, 5), [4, 1]));
    expect(Buffer.compare(await file.rgb(), Buffer.from(choose(picture(90, 61, 5), [0, 1, 2])))).toBe(0);
  });
});

test('JPEG 2000 of 16 bits', async () => {
  const { data } = await withFile(fixture('jpeg2000-16.tif'), (file) => file.native());
  expect(typeOf(data)).toBe('uint16');
  expect(Array.from(data)).toEqual(choose(all, [0]).map((value) => value * 257));
});

test('a block that is not in the file has the value that the file declares, else 0', async () => {
  const grey = choose(all, [0]);
  const absent = (x: number, y: number) => x >= 64 && y < 32;
  const { data } = await withFile(fixture('absent-16.tif'), (file) => file.native());
  expect(Array.from(data)).toEqual(grey.map((value, i) => (absent(i % 90, Math.floor(i / 90)) ? 771 : value * 257)));
  const rgb = await withFile(fixture('sparse.tif'), (file) => file.rgb());
  const outside = (i: number) => Math.floor(i / 3) % 90 >= 48 || Math.floor(i / 270) < 32;
  expect(
    Buffer.compare(
      rgb,
      all.data.map((value, i) => (outside(i) ? value : 0)),
    ),
  ).toBe(0);
});
