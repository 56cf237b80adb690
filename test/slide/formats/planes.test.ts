import { expect, test } from 'vitest';
import { inPlanes, requireAlike } from '../../../dist/slide/formats/planes.js';
import { inspectTiff } from '../../../dist/slide/tiff.js';
import type { Directory } from '../../../dist/tiff/directory.js';
import { blockTiff, memorySource, picture, plainDirectory } from '../../tiff/pictures.ts';

const page = (index: number, more: Partial<Directory> = {}): Directory => ({
  ...plainDirectory(40, 30),
  index,
  samples: 1,
  bits: [16],
  photometric: 1,
  // Some writers list more blocks than there are.
  offsets: [100 * index, 7],
  byteCounts: [10 * index, 8],
  ...more,
});

test('pages become the planes of one directory, block after block', () => {
  const pages = [page(3), page(1), page(3)];
  expect(inPlanes(pages)).toMatchObject({
    planar: true,
    samples: 3,
    bits: [16, 16, 16],
    offsets: Float64Array.of(300, 100, 300),
    byteCounts: Float64Array.of(30, 10, 30),
  });
  expect(inPlanes(pages.slice(0, 1))).toBe(pages[0]);
});

test.each<[string, Partial<Directory>]>([
  ['bits per sample', { bits: [8] }],
  ['samples per pixel', { samples: 3, bits: [16, 16, 16] }],
  ['colours of a palette', { photometric: 3 }],
  ['photometric', { photometric: 0 }],
  ['JPEG tables', { jpegTables: Uint8Array.of(1) }],
  ['predictor', { predictor: 2 }],
  ['sampleFormat', { sampleFormat: 3 }],
  ['blockHeight', { blockHeight: 8 }],
])('pages that differ in %s are no channels of one image', (what, more) => {
  expect(() => requireAlike('slide.tif', [page(0), page(1), page(2, more)])).toThrow(
    `slide.tif keeps directory 0 and directory 2 in different ways (${what}), though they are channels of one image`,
  );
  expect(() => requireAlike('slide.tif', [page(2, more)])).not.toThrow();
});

test('channels of which white is zero are inverted', async () => {
  const pixels = picture(40, 30, 2);
  const bytes = blockTiff(pixels, { photometric: 0, blockWidth: 40, blockHeight: 30 });
  const { slide, problem } = await inspectTiff(memorySource(bytes), {});
  expect(problem).toBeUndefined();
  const { read, channels } = slide.channelReader({ count: 2, samples: 'uint8', by: 'the model' });
  expect(channels).toEqual(['0', '1']);
  for await (const { runs } of read(0, { start: 0, length: 30 }, () => [{ start: 0, length: 40 }])) {
    expect(Array.from(runs[0]!.pixels.data)).toEqual(Array.from(pixels.data, (value) => 255 - value));
  }
});
