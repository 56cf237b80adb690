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

  it('around objects hold them, whatever the resolution, and are named after their sampler', async () => {
    const box = { x: 301, y: 203, width: 11, height: 9 };
    const inBox = (x: number, y: number) => x >= 301 && x < 312 && y >= 203 && y < 212;
    const object = { label: 4, box, area: 99 };
    const slide = await scene('slide', size, (x, y) => (inBox(x, y) ? 4 : 0), 'slide', undefined, [object]);
    for (const downsample of [1, 1.5, 2]) {
      const resolution = { kind: 'downsample', downsample } as const;
      const asks = [{ sampler: 'object', wanted: 12 }] as const;
      const window = { width: 30, height: 24 };
      const rows = readCsv(await make([slide], settingsOf({ asks, window }, { survey: { resolution } })));
      expect(rows.length).toBe(12);
      for (const row of rows) {
        expect(row.sampler).toBe('object');
        const [x, y, width, height] = [Number(row.x), Number(row.y), Number(row.width), Number(row.height)];
        // The box of a tile is rounded to level-0 pixels.
        const [right, bottom] = [x + width + 1, y + height + 1];
        expect(x - 1 <= box.x && y - 1 <= box.y && right >= box.x + box.width && bottom >= box.y + box.height).toBe(true);
        expect(Number(row.pixels_stroma)).toBeGreaterThanOrEqual(Math.floor(11 / downsample) * Math.floor(9 / downsample));
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
