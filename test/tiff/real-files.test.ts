import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { absentBlocks } from '../../dist/tiff/read/check.js';
import { sharedFile } from '../shared.js';
import { withFile } from './read-file.js';

type Truth = { readonly sha256: string } | { readonly pixels: readonly (readonly number[])[] };

const truths = JSON.parse(readFileSync(new URL('../fixtures/tiff/real.json', import.meta.url), 'utf8')) as Record<
  string,
  Truth
>;

for (const [name, truth] of Object.entries(truths)) {
  const path = sharedFile(`tiff/${name}`);
  test.skipIf(path === undefined)(`${name} has the samples that tifffile finds (skipped without shared/data)`, async () => {
    await withFile(path!, async (file) => {
      const { data, width, channels } = await file.native();
      if ('sha256' in truth) {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(truth.sha256);
      } else {
        for (const [x, y, ...samples] of truth.pixels) {
          const at = (y! * width + x!) * channels;
          for (const [c, sample] of samples.entries()) expect(Math.abs(data[at + c]! - sample)).toBeLessThanOrEqual(2);
        }
      }
    });
  });
}

const sparse = sharedFile('tiff/sparse.tiff');
test.skipIf(sparse === undefined)(
  'a file with alpha and without any block is white (skipped without shared/data)',
  async () => {
    await withFile(sparse!, async ({ directory, region }) => {
      expect(absentBlocks(directory)).toBe(1600);
      expect(new Set(await region(500, 19_000, 64, 64))).toEqual(new Set([255]));
    });
  },
);

const zstd = sharedFile('tiff/yb10kx5k.zstd.tiff');
test.skipIf(zstd === undefined)('ZSTD tiles of 1024 (skipped without shared/data)', async () => {
  await withFile(zstd!, async ({ region }) => {
    expect(Array.from(await region(9998, 4999, 2, 1))).toEqual([0, 0, 255, 0, 0, 255]);
    const seam = await region(0, 2040, 10_000, 20);
    expect(createHash('sha256').update(seam).digest('hex')).toBe(
      'ba922ee907d945a9b00b35227fff409e73774baa899fc7a8b07226a5b86e7a57',
    );
  });
});
