import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeCopy } from '../../dist/augment/apply.js';
import { createDraws } from '../../dist/augment/draws.js';
import { parseAugmentation } from '../../dist/augment/parse.js';
import { shareIn, snap } from '../../dist/augment/snap.js';
import { rotate90 } from '../../dist/augment/turn.js';
import type { Box } from '../../dist/types.js';
import { labels, noise, paint } from './pictures.js';

interface Golden {
  readonly size: number;
  readonly cells: number;
  readonly maps: readonly [number[], number[]];
  readonly boxes: readonly [x: number, y: number, width: number, height: number][];
  readonly rho_a: number;
  readonly rho_b: number;
}

const goldens: Golden[] = JSON.parse(readFileSync(new URL('../fixtures/augment/snapmix.json', import.meta.url), 'utf8'));
const cellsOf = (side: number, data: ArrayLike<number>) => ({
  width: side,
  height: side,
  channels: 1,
  data: Uint8Array.from(data),
});
const SIDE = 48;
const colour = (shift: number) => paint(SIDE, SIDE, 3, (x, y) => [noise(x, y, shift), noise(x, y, shift + 1), shift]);
const own = { image: colour(0), mask: labels(SIDE, SIDE, () => 1), activation: labels(8, 8, (x, y) => (x < 4 ? 10 * y : 0)) };
const other = { image: colour(7), mask: labels(SIDE, SIDE, () => 2), activation: labels(8, 8, (x) => (x === 6 ? 90 : 3)) };

describe('the weights of snapmix', () => {
  it('are those of the formula, pixel by pixel in numpy', () => {
    expect(goldens.length).toBe(8);
    for (const { size, cells, maps, boxes, rho_a, rho_b } of goldens) {
      const image = { width: size, height: size };
      const share = (at: 0 | 1): number => {
        const [x, y, width, height] = boxes[at]!;
        return shareIn(cellsOf(cells, maps[at]), image, { x, y, width, height });
      };
      expect(1 - share(0)).toBeCloseTo(rho_a, 12);
      expect(share(1)).toBeCloseTo(rho_b, 12);
    }
  });

  it('are shares of the area where nothing stands out', () => {
    const flat = cellsOf(4, Array(16).fill(9));
    expect(shareIn(flat, { width: 10, height: 8 }, { x: 1, y: 2, width: 5, height: 3 })).toBeCloseTo(15 / 80, 12);
  });
});

describe('snapmix', () => {
  it('lays a box of the other, enlarged or shrunk, over one of the tile, and weighs labels by both boxes', () => {
    let [unequal, above] = [0, 0];
    for (let i = 0; i < 40; i++) {
      const {
        image,
        mask,
        other: second,
        box,
        from,
        ratio,
        otherRatio,
      } = snap(own, other, { alpha: 5 }, createDraws(i, 'snap'));
      if (box.width !== from.width) unequal++;
      if (Math.abs(ratio + otherRatio - 1) > 0.01) above++;
      expect(ratio).toBeCloseTo(1 - shareIn(own.activation, own.image, box), 6);
      expect(otherRatio).toBeCloseTo(shareIn(other.activation, other.image, from), 6);
      for (let at = 0; at < SIDE * SIDE; at++) {
        const inside = isIn(box, at % SIDE, Math.floor(at / SIDE));
        if (mask.data[at] !== (inside ? 255 : 1) || second.data[at] !== (inside ? 2 : 255)) throw new Error(`label at ${at}`);
        if (!inside && image.data[3 * at] !== own.image.data[3 * at]) throw new Error(`pixel at ${at}`);
        if (inside && image.data[3 * at + 2] !== 7) throw new Error(`pixel at ${at} is not of the other`);
      }
    }
    expect(unequal).toBeGreaterThan(20);
    expect(above).toBeGreaterThan(20);
  });

  it('turns the activation with the tile', () => {
    const file = { steps: [{ kind: 'rotate90' }, { kind: 'snapmix', maps: 'maps' }] };
    const { steps } = parseAugmentation(JSON.stringify(file), 'test');
    const made = makeCopy(own, { width: SIDE, height: SIDE }, steps, 'copy', { id: 'other', ...other });
    const [turn, mixed] = made.done.map(({ words }) => words);
    const quarters = Number(/quarters=(\d)/.exec(turn!)![1]) as 1 | 2 | 3;
    const [width, height, x, y] = /box=(\d+)x(\d+)\+(\d+)\+(\d+) from=/.exec(mixed!)!.slice(1).map(Number);
    const box = { x: x!, y: y!, width: width!, height: height! };
    expect(made.mixed!.ratio).toBeCloseTo(1 - shareIn(rotate90(own.activation, quarters), own.image, box), 6);
    const alone = makeCopy({ image: own.image, mask: own.mask }, own.image, steps, 'copy', { id: 'other', ...other });
    expect(alone.mixed).toBeUndefined();
  });

  it.each([
    [[{ kind: 'snapmix' }], 'step 1 is snapmix and says no maps'],
    [
      [{ kind: 'non-empty-crop' }, { kind: 'snapmix', maps: 'm' }],
      'step 2 is snapmix, which can be once and not after non-empty-crop',
    ],
    [
      [
        { kind: 'snapmix', maps: 'm' },
        { kind: 'snapmix', maps: 'm' },
      ],
      'step 2 is snapmix, which can be once',
    ],
  ])('%j is refused', (steps, message) => {
    expect(() => parseAugmentation(JSON.stringify({ steps }), 'test')).toThrow(message);
  });
});

function isIn({ x, y, width, height }: Box, column: number, row: number): boolean {
  return column >= x && column < x + width && row >= y && row < y + height;
}
