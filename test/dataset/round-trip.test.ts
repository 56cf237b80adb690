import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readIndices } from './indices.js';
import { make, placeColor, readCsv, readImage, scene, settingsOf } from './scene.js';

const labelAt = (x: number, y: number): number =>
  Math.hypot(x - 200, y - 150) < 60 ? 1 : x > 300 && y % 50 < 25 ? 4 : x < 9 ? 255 : 0;

describe('a grid dataset', () => {
  it('gives slide and truth back exactly', async () => {
    const size = { width: 413, height: 307 };
    for (const stride of [64, 40]) {
      const root = await make([await scene('slide', size, labelAt)], settingsOf({ stride: { width: stride, height: stride } }));
      const seen = new Uint8Array(size.width * size.height);
      for (const row of readCsv(root)) {
        const image = await readImage(join(root, row.image!));
        const mask = readIndices(join(root, row.mask!));
        const [x, y, width, height] = [Number(row.x), Number(row.y), Number(row.width), Number(row.height)];
        expect([image.width, image.height, mask.width, mask.height]).toEqual([width, height, width, height]);
        for (let j = 0; j < height; j++) {
          for (let i = 0; i < width; i++) {
            const at = j * width + i;
            seen[(y + j) * size.width + x + i] = 1;
            const color = placeColor(x + i, y + j);
            if (image.data[at * 3] !== color[0] || image.data[at * 3 + 1] !== color[1] || image.data[at * 3 + 2] !== color[2]) {
              throw new Error(`image of ${row.tile} is wrong at (${i}, ${j})`);
            }
            if (mask.data[at] !== labelAt(x + i, y + j)) throw new Error(`mask of ${row.tile} is wrong at (${i}, ${j})`);
          }
        }
      }
      expect(seen.every((value) => value === 1)).toBe(true);
    }
  });
});
