import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRegion } from '../../dist/truth/region.js';
import { readLabels } from './read.js';

const folder = mkdtempSync(join(tmpdir(), 'segtile-regions-'));

function temporary(name: string, content: object): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const feature = (classification: object | undefined, coordinates: unknown) => ({
  type: 'Feature',
  geometry: { type: 'Polygon', coordinates },
  properties: { classification },
});

// Made by test/fixtures/plan/make_skimage.py.
const { polygon } = JSON.parse(readFileSync(new URL('../fixtures/plan/skimage.json', import.meta.url), 'utf8'));

test("regions with holes fill as scikit-image's polygon2mask does", async () => {
  const size = { width: polygon.size, height: polygon.size };
  const path = temporary('hole.geojson', { type: 'Polygon', coordinates: polygon.rings });
  const regions = await openRegion({ path: path, option: '--tissue' }, size, 's');
  expect(await readLabels(regions.view(size))).toEqual(new Uint8Array(Buffer.from(polygon.mask, 'base64')));
});

test('regions are areas whatever their classes are, and are united', async () => {
  const square = (x: number) => [
    [
      [x, 0],
      [x + 4, 0],
      [x + 4, 2],
      [x, 2],
    ],
  ];
  const features = [
    feature({ name: 'Tumor' }, square(0)),
    feature({ name: 'Stroma' }, square(2)),
    feature(undefined, square(7)),
  ];
  const size = { width: 10, height: 3 };
  const regions = await openRegion(
    { path: temporary('classes.geojson', { type: 'FeatureCollection', features }), option: '--tissue' },
    size,
    's',
  );
  const row = [1, 1, 1, 1, 1, 1, 0, 1, 1, 1];
  expect([...(await readLabels(regions.view(size)))]).toEqual([...row, ...row, ...new Array(10).fill(0)]);
});
