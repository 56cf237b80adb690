import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openSlide } from '../../dist/slide/open.js';
import { sharedFile } from '../shared.js';
import { compare, gather } from './pictures.js';

/** A real file, and what `test/fixtures/tiff/make_shared.py` says of it. */
interface RealFile {
  readonly file: string;
  readonly tolerance?: number;
  readonly levels?: readonly RealLevel[];
  readonly error?: { readonly code: string; readonly says: string };
}

interface RealLevel {
  readonly width: number;
  readonly height: number;
  /** Of all RGB of the level. */
  readonly sha256?: string;
  readonly crops: readonly { x: number; y: number; width: number; height: number; rgb: string }[];
}

const path = fileURLToPath(new URL('../fixtures/tiff/shared.json', import.meta.url));
const { files } = JSON.parse(readFileSync(path, 'utf8')) as { files: readonly RealFile[] };
const found = files.map((entry) => ({ ...entry, path: sharedFile(`tiff/${entry.file}`) }));
const missing = found.filter((entry) => entry.path === undefined);
if (missing.length > 0) console.warn(`skipped, not in ../shared/data/tiff: ${missing.map(({ file }) => file).join(', ')}`);

describe('a real file that is read', () => {
  for (const entry of found.filter(({ levels }) => levels)) {
    test.skipIf(entry.path === undefined)(`${entry.file}`, async () => {
      const slide = await openSlide(entry.path!);
      try {
        const size = ({ width, height }: { width: number; height: number }) => `${width} × ${height}`;
        expect(slide.levels.map(size), entry.file).toEqual(entry.levels!.map(size));
        for (const [index, { width, height, sha256, crops }] of entry.levels!.entries()) {
          const where = `${entry.file}, level ${index}`;
          for (const crop of crops) {
            const rows = { start: crop.y, length: crop.height };
            const bands = slide.readBands(index, rows, () => [{ start: crop.x, length: crop.width }]);
            const pixels = await gather(bands, width, rows.length, rows.start);
            const wanted = Buffer.from(crop.rgb, 'base64');
            const rowBytes = crop.width * 3;
            for (let row = 0; row < crop.height; row++) {
              const from = (row * width + crop.x) * 3;
              const expected = wanted.subarray(row * rowBytes, (row + 1) * rowBytes);
              const place = `${where}, from column ${crop.x} of row ${crop.y + row}`;
              compare(pixels.subarray(from, from + rowBytes), expected, crop.width, entry.tolerance ?? 0, place);
            }
          }
          if (sha256 === undefined) continue;
          const hash = createHash('sha256');
          for await (const { runs } of slide.readBands(index, { start: 0, length: height }, () => [
            { start: 0, length: width },
          ])) {
            expect(runs.length, where).toBe(1);
            hash.update(runs[0]!.pixels.data);
          }
          expect(hash.digest('hex'), `SHA-256 of all pixels of ${where}`).toBe(sha256);
        }
      } finally {
        await slide.close();
      }
    });
  }
});

describe('a real file that is refused', () => {
  for (const entry of found.filter(({ error }) => error)) {
    test.skipIf(entry.path === undefined)(`${entry.file}`, async () => {
      const reading = async () => {
        const slide = await openSlide(entry.path!);
        try {
          const { width, height } = slide;
          for await (const _ of slide.readBands(0, { start: 0, length: height }, () => [{ start: 0, length: width }]));
        } finally {
          await slide.close();
        }
      };
      const { code, says } = entry.error!;
      const message = expect.stringContaining(says);
      await expect(reading(), entry.file).rejects.toMatchObject({ name: 'SegtileError', code, message });
    });
  }
});
