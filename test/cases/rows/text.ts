import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, expectError } from '../table.ts';

export const cases: readonly Case[] = ['text-geo-736', 'text-geo-900'].map((name) => ({
  name: `attack/${name}.txt: a coordinate that no slide has`,
  check: async ({ cwd, input, segtile }) => {
    const file = join(cwd, 'truth.geojson');
    copyFileSync(input(`attack/${name}.txt`), file);
    const slide = input('geojson/s.tif');
    const reading = /feature \d+ is not a polygon: point \d of a ring is \[.*-1e\+308.*\], not \[x, y\]/;
    for (const args of [
      ['evaluate', input('geojson/s.mask.tif'), '--truth', file],
      ['make-dataset', slide, '--truth', file, '--window', '128', '-o', 'tiles'],
      ['infer', slide, '-m', input('geojson/m.onnx'), '--window', '256', '--tissue', file, '--device', 'cpu'],
    ]) {
      expectError(await segtile(args), reading);
    }
  },
}));
