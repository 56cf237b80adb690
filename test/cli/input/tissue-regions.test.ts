import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { disc, folder, save, segtileWell, writeSlide } from '../door.ts';

test('regions in GeoJSON, packed or not, count for their polygons, and what else is in them is told once', async () => {
  const where = folder();
  const slide = await writeSlide(join(where, 's.tif'), 512, 512, disc(256, 256, 200), { mpp: 0.5 });
  const ring = [
    [0, 0],
    [128, 0],
    [128, 128],
    [0, 128],
    [0, 0],
  ];
  const features = [
    { type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: { measurements: { a: 'NaN' } } },
    { type: 'Feature', geometry: { type: 'Point', coordinates: [1, 2] }, properties: {} },
  ];
  const text = JSON.stringify({ type: 'FeatureCollection', features }).replace('"NaN"', 'NaN');
  for (const regions of [save(where, 'r.geojson', text), save(where, 'r.geojson.gz', gzipSync(text))]) {
    const words = [
      '-m',
      'hematoxylin',
      '--window',
      '128',
      '--stride',
      '128',
      '--margin',
      '0',
      '--device',
      'cpu',
      '--overwrite',
    ];
    const { stdout, stderr } = await segtileWell(['infer', slide, ...words, '--tissue', regions, '-o', join(where, 'out')]);
    expect(stdout).toMatch(/windows\s+1 run/);
    expect((stdout + stderr).match(/skipped annotations: 1 of type Point/g)).toHaveLength(1);
  }
});
