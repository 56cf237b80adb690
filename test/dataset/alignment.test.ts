import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readIndices } from './indices.js';
import { type CsvRow, make, placeColor, readCsv, readImage, scene, settingsOf } from './scene.js';

const size = { width: 401, height: 299 };
const labelAt = (x: number, y: number): number => (((x >> 3) + (y >> 3)) % 3 === 0 ? 1 : x % 7 === 0 ? 4 : 0);

/** `expect` for each of many pixels would take longer than the work. */
function expectPixel(
  row: CsvRow,
  at: number,
  image: Uint8Array,
  color: readonly number[],
  label: number | undefined,
  wanted: number,
): void {
  if (label !== wanted) throw new Error(`${row.tile}: label ${label} at pixel ${at}, expected ${wanted}`);
  const found = image.subarray(at * 3, at * 3 + 3);
  if (color.some((sample, c) => sample !== found[c]))
    throw new Error(`${row.tile}: ${found} at pixel ${at}, expected ${color}`);
}

describe('tiles', () => {
  it('of every sampler show image and mask of the place that the manifest names', async () => {
    const asks = (['random', 'positive', 'rejection', 'half-shift', 'grid'] as const).map((sampler) => ({
      sampler,
      wanted: 8,
    }));
    const window = { width: 50, height: 70 };
    const root = await make([await scene('slide', size, labelAt)], settingsOf({ asks, window, stride: window }));
    const rows = readCsv(root);
    expect(new Set(rows.map(({ sampler }) => sampler)).size).toBe(5);
    for (const row of rows) {
      const [x, y] = [Number(row.x), Number(row.y)];
      expect([row.width, row.height]).toEqual(['50', '70']);
      expect(x >= 0 && y >= 0 && x + 50 <= size.width && y + 70 <= size.height).toBe(true);
      const image = await readImage(join(root, row.image!));
      const mask = readIndices(join(root, row.mask!));
      for (let at = 0; at < 50 * 70; at++) {
        const [px, py] = [x + (at % 50), y + Math.floor(at / 50)];
        expectPixel(row, at, image.data, placeColor(px, py), mask.data[at], labelAt(px, py));
      }
    }
  });

  it('at half resolution show means of the image and single labels of the truth', async () => {
    const window = { width: 40, height: 40 };
    const root = await make(
      [await scene('slide', { width: 400, height: 300 }, (x, y) => (x < 200 && y < 150 ? 1 : 4))],
      settingsOf(
        { asks: [{ sampler: 'random', wanted: 10 }], window },
        { survey: { resolution: { kind: 'downsample', downsample: 2 } } },
      ),
    );
    for (const row of readCsv(root)) {
      const [x, y] = [Number(row.x), Number(row.y)];
      expect([row.width, row.height, row.downsample]).toEqual(['80', '80', '2']);
      expect([Number(row.working_x) * 2, Number(row.working_y) * 2]).toEqual([x, y]);
      const image = await readImage(join(root, row.image!));
      const mask = readIndices(join(root, row.mask!));
      for (let at = 0; at < 1600; at++) {
        const [px, py] = [x + (at % 40) * 2, y + Math.floor(at / 40) * 2];
        const blue = [0, 1].flatMap((j) => [0, 1].map((i) => placeColor(px + i, py + j)[2]));
        expect(image.data[at * 3 + 2]).toBe(Math.floor(blue.reduce((a, b) => a + b, 0) / 4 + 0.5));
        expect(mask.data[at]).toBe(px < 200 && py < 150 ? 1 : 4);
      }
    }
  });

  it('larger than a slide are filled by reflection, and their box ends at the slide', async () => {
    const window = { width: 64, height: 64 };
    const root = await make([await scene('slide', { width: 50, height: 40 }, (x) => (x > 45 ? 1 : 0))], settingsOf({ window }));
    const [row, ...more] = readCsv(root);
    expect(more).toEqual([]);
    expect([row!.x, row!.y, row!.width, row!.height]).toEqual(['0', '0', '50', '40']);
    const image = await readImage(join(root, row!.image!));
    const mask = readIndices(join(root, row!.mask!));
    const mirrored = (i: number, length: number) => (i < length ? i : 2 * length - 2 - i);
    for (let at = 0; at < 64 * 64; at++) {
      const [px, py] = [mirrored(at % 64, 50), mirrored(Math.floor(at / 64), 40)];
      expectPixel(row!, at, image.data, placeColor(px, py), mask.data[at], px > 45 ? 1 : 0);
    }
  });
});
