import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeRleCsv } from '../../dist/mask/rle-csv.js';
import { defaultConfig } from '../../dist/truth/config.js';
import { openTruth } from '../../dist/truth/open.js';
import { readLabels } from '../truth/read.js';

const folder = mkdtempSync(join(tmpdir(), 'segtile-rle-'));

describe('writeRleCsv', () => {
  it('writes what openTruth reads back', async () => {
    const path = join(folder, 'round.csv');
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.constantFrom(0, 1), { minLength: 20, maxLength: 300 }),
        fc.constantFrom('predicted' as const, 'encoding' as const),
        async (width, values, column) => {
          const data = Uint8Array.from(values.slice(0, values.length - (values.length % width)));
          const size = { width, height: data.length / width };
          const sink = await writeRleCsv(path, { size, rows: [{ id: 'slide', labels: [1] }], column });
          await sink.write({ ...size, y: 0, channels: 1, data });
          await sink.finish();
          expect(readFileSync(path, 'utf8')).toMatch(new RegExp(`^id,${column}\nslide,[0-9 ]*\n$`));
          const truth = await openTruth(path, { size, config: defaultConfig(), slideName: 'slide' });
          expect(await readLabels(truth.view(size))).toEqual(data);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('leaves nothing behind when it is stopped', async () => {
    const before = readdirSync(folder);
    const sink = await writeRleCsv(join(folder, 'none.csv'), {
      size: { width: 2, height: 2 },
      rows: [{ id: 'a', labels: [1] }],
      column: 'predicted',
    });
    await sink.abort();
    expect(readdirSync(folder)).toEqual(before);
  });

  it('refuses an id that would break the CSV', async () => {
    const writing = writeRleCsv(join(folder, 'bad.csv'), {
      size: { width: 2, height: 2 },
      rows: [{ id: 'a,b', labels: [1] }],
      column: 'predicted',
    });
    await expect(writing).rejects.toThrow('but got "a,b"');
  });
});
