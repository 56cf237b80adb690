import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { disc, filesIn, folder, segtile, segtileWell, writeSlide } from '../door.ts';

test('--preview-only writes a picture in which skipped windows are hatched, and nothing else', async () => {
  const where = folder();
  const slide = await writeSlide(join(where, 's.tif'), 1024, 1024, disc(300, 300, 150), { mpp: 0.5 });
  const out = join(where, 'out');
  const words = ['infer', slide, '-m', 'hematoxylin', '--window', '128', '--preview-only', '-o', out];
  const { stdout } = await segtileWell(words);
  expect(stdout).toMatch(/tissue: auto, glass is 243,243,243; [\d.]+ % of the slide is tissue/);
  expect(stdout).toMatch(/s\.plan\.jpg\n {2}nothing was run\n/);
  expect(filesIn(out)).toEqual(['s.plan.jpg']);
  const { data } = await sharp(join(out, 's.plan.jpg'))
    .extract({ left: 0, top: 0, width: 1024, height: 1024 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const spread = (left: number, top: number): number => {
    const values = Array.from({ length: 40 * 40 }, (_, i) => data[((top + Math.floor(i / 40)) * 1024 + left + (i % 40)) * 3]!);
    return Math.max(...values) - Math.min(...values);
  };
  expect(spread(280, 280)).toBeLessThan(20);
  expect(spread(800, 800)).toBeGreaterThan(20);

  const again = await segtile(words);
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch(/s\.plan\.jpg.*--overwrite/s);
  const { picture, tissue, windows } = JSON.parse((await segtileWell([...words, '--overwrite', '--json'])).stdout);
  expect(picture).toBe(join(out, 's.plan.jpg'));
  expect(tissue).toMatchObject({ method: 'auto', background: 'glass', glass: [243, 243, 243] });
  expect(windows.run).toBeLessThan(windows.planned);
});
