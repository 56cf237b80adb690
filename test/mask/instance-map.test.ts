import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeInstanceMap } from '../../dist/mask/instance-map.js';

const size = { width: 300, height: 20 };

test('the file that gets the final name is there from the beginning, as a run that goes on after a kill relies on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'segtile-instances-'));
  const path = join(folder, 'slide.instances.tif');
  const sink = await writeInstanceMap(path, { size });
  const open = readdirSync(folder).map((name) => statSync(join(folder, name)).ino);
  await sink.write([1, 3, 5, 9]);
  await sink.finish();
  expect(readdirSync(folder)).toEqual(['slide.instances.tif']);
  expect(open).toContain(statSync(path).ino);
});

test('nothing is left of an image that is given up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'segtile-instances-'));
  const sink = await writeInstanceMap(join(folder, 'slide.instances.tif'), { size });
  await sink.write([1, 3, 5, 9]);
  await sink.abort();
  expect(readdirSync(folder)).toEqual([]);
  await expect(sink.finish()).rejects.toMatchObject({ code: 'aborted' });
});
