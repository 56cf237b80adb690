import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
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
  'a file with few of its blocks is white where none are (skipped without shared/data)',
  async () => {
    await withFile(sparse!, async ({ directory, region }) => {
      const empty = Array.from(directory.byteCounts).indexOf(0);
      const full = Array.from(directory.byteCounts).findIndex((bytes) => bytes > 0);
      const place = (block: number) => [(block % 40) * 512, Math.floor(block / 40) * 512] as const;
      expect(new Set(await region(...place(empty), 64, 64))).toEqual(new Set([255]));
      expect((await region(...place(full), 512, 512)).length).toBe(512 * 512 * 3);
    });
  },
);
