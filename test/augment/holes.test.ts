import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDraws } from '../../dist/augment/draws.js';
import { cutoutHoles, drawGrid, fillHoles, fillLabels, gridHoles } from '../../dist/augment/holes.js';
import type { Box } from '../../dist/types.js';
import { labels, noise, paint } from './pictures.js';

const size = fc.record({ width: fc.integer({ min: 4, max: 80 }), height: fc.integer({ min: 4, max: 80 }) });
const seed = fc.integer({ min: 0, max: 1e6 });
const inside = (boxes: readonly Box[], x: number, y: number): boolean =>
  boxes.some((box) => x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height);

describe('cutout', () => {
  it('cuts squares of the size that is asked for, less what lies outside', () => {
    fc.assert(
      fc.property(size, seed, fc.double({ min: 0.05, max: 1, noNaN: true }), (tile, number, share) => {
        const side = Math.max(1, Math.round(share * Math.min(tile.width, tile.height)));
        const holes = cutoutHoles({ holes: 3, size: share }, tile, createDraws(number, 'test'));
        expect(holes.length).toBe(3);
        for (const { x, y, width, height } of holes) {
          expect(x >= 0 && y >= 0 && x + width <= tile.width && y + height <= tile.height).toBe(true);
          expect(width <= side && height <= side && width > 0 && height > 0).toBe(true);
          if (x > 0 && x + width < tile.width) expect(width).toBe(side);
          if (y > 0 && y + height < tile.height) expect(height).toBe(side);
        }
      }),
    );
  });

  it('has its centre on every pixel alike', () => {
    const tile = { width: 4, height: 5 };
    const counts = new Map<string, number>();
    for (let i = 0; i < 4000; i++) {
      const [hole] = cutoutHoles({ holes: 1, size: 0.25 }, tile, createDraws(1, `${i}`));
      counts.set(`${hole!.x},${hole!.y}`, (counts.get(`${hole!.x},${hole!.y}`) ?? 0) + 1);
    }
    expect(counts.size).toBe(20);
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(5 * Math.sqrt(200));
  });
});

describe('grid dropout', () => {
  it('cuts (hole / unit)^2 of every whole unit, wherever it starts', () => {
    fc.assert(
      fc.property(seed, fc.double({ min: 0.1, max: 0.9, noNaN: true }), (number, hole) => {
        const { unit, ...grid } = drawGrid({ unit: [0.1, 0.4], hole }, { width: 60, height: 50 }, createDraws(number, 'test'));
        expect(unit >= 5 && unit <= 20 && grid.hole >= 1 && grid.hole < unit).toBe(true);
        expect(Math.abs(grid.hole - hole * unit)).toBeLessThanOrEqual(1);
        const tile = { width: 3 * unit, height: 2 * unit };
        const holes = gridHoles({ unit, ...grid }, tile);
        const area = holes.reduce((sum, { width, height }) => sum + width * height, 0);
        expect(area).toBe(6 * grid.hole ** 2);
        const first = inside(holes, grid.x, grid.y);
        expect([first, inside(holes, grid.x, grid.y + unit), inside(holes, grid.x + unit, grid.y)]).toEqual([true, true, true]);
      }),
    );
  });
});

describe('holes', () => {
  it('are filled, and nothing else is touched', () => {
    const image = paint(40, 30, 3, (x, y) => [noise(x, y, 0), noise(x, y, 1), 77]);
    const mask = labels(40, 30);
    const holes = [
      { x: 3, y: 4, width: 10, height: 5 },
      { x: 30, y: 20, width: 10, height: 10 },
    ];
    const before = [image.data.slice(), mask.data.slice()];
    const filled = fillHoles(image, holes, [1, 2, 3]);
    const mean = fillHoles(image, holes, 'mean');
    const rules = { ignore: fillLabels(mask, holes, 'ignore'), background: fillLabels(mask, holes, 'background') };
    expect(fillLabels(mask, holes, 'keep')).toEqual(mask);
    const reds = Array.from({ length: 1200 }, (_, at) => image.data[at * 3]!).reduce((a, b) => a + b, 0) / 1200;
    for (let at = 0; at < 1200; at++) {
      const hole = inside(holes, at % 40, Math.floor(at / 40));
      const own = mask.data[at]!;
      expect([...filled.data.subarray(at * 3, at * 3 + 3)]).toEqual(
        hole ? [1, 2, 3] : [...image.data.subarray(at * 3, at * 3 + 3)],
      );
      if (hole) expect([mean.data[at * 3], mean.data[at * 3 + 2]]).toEqual([Math.round(reds), 77]);
      expect(rules.ignore.data[at]).toBe(hole ? 255 : own);
      expect(rules.background.data[at]).toBe(hole && own !== 255 ? 0 : own);
    }
    expect([image.data, mask.data]).toEqual(before);
  });
});
