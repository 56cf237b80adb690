import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeScores } from '../../dist/stitch/merge.js';
import type { ScoreRows } from '../../dist/types.js';

const WIDTH = 4;
const HEIGHT = 9;

/** An image of scores in blocks of two columns, of which some are missing, cut to rows somewhere. */
const images = fc.record({
  scores: fc.array(
    fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 64 }) }, { weight: 1, arbitrary: fc.constant(Number.NaN) }),
    {
      minLength: WIDTH * HEIGHT,
      maxLength: WIDTH * HEIGHT,
    },
  ),
  cuts: fc.uniqueArray(fc.integer({ min: 1, max: HEIGHT - 1 })),
  without: fc.constantFrom(-1, 0, 2),
  weight: fc.integer({ min: 1, max: 4 }),
});
type Image = {
  readonly scores: readonly number[];
  readonly cuts: readonly number[];
  readonly without: number;
  readonly weight: number;
};

const scoreAt = ({ scores, without }: Image, x: number, y: number): number =>
  x - (x % 2) === without ? Number.NaN : scores[y * WIDTH + x]! / 64;

async function* rowsOf(image: Image): AsyncGenerator<ScoreRows> {
  const ends = [...image.cuts, HEIGHT].sort((a, b) => a - b);
  let y = 0;
  for (const end of ends) {
    const blocks = [0, 2]
      .filter((x) => x !== image.without)
      .map((x) => {
        const data = Float32Array.from({ length: 2 * (end - y) }, (_, i) => scoreAt(image, x + (i % 2), y + Math.floor(i / 2)));
        return { x, y, width: 2, height: end - y, classes: 1, data };
      });
    yield { y, height: end - y, blocks };
    y = end;
  }
}

test('a pixel is the weighted mean over the images that looked at it, however each of them is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(images, { minLength: 1, maxLength: 3 }), async (all) => {
      const streams = all.map((image) => ({ rows: rowsOf(image), weights: [image.weight], channelsOf: [0] }));
      const merged = new Float32Array(WIDTH * HEIGHT).fill(Number.NaN);
      let next = 0;
      for await (const { y, height, blocks } of mergeScores(streams, 1)) {
        expect(y).toBe(next);
        next = y + height;
        for (const { x, width, data } of blocks) {
          for (let i = 0; i < width * height; i++) merged[(y + Math.floor(i / width)) * WIDTH + x + (i % width)] = data[i]!;
        }
      }
      expect(next).toBe(HEIGHT);
      for (let i = 0; i < merged.length; i++) {
        const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
        const seen = all.filter((image) => !Number.isNaN(scoreAt(image, x, y)));
        const weight = seen.reduce((sum, image) => sum + image.weight, 0);
        const mean = seen.reduce((sum, image) => sum + image.weight * scoreAt(image, x, y), 0) / weight;
        if (seen.length === 0) expect(merged[i]).toBeNaN();
        else expect(merged[i]).toBeCloseTo(mean, 6);
      }
    }),
  );
});

test('a channel is the mean over the images that have it, and 0 where a pixel was seen by none of them', async () => {
  const image: Image = { scores: new Array(WIDTH * HEIGHT).fill(32), cuts: [], without: 0, weight: 1 };
  const other: Image = { ...image, scores: new Array(WIDTH * HEIGHT).fill(16), without: -1, cuts: [4] };
  const streams = [
    { rows: rowsOf(image), weights: [3], channelsOf: [0] },
    { rows: rowsOf(other), weights: [1], channelsOf: [1] },
  ];
  for await (const { blocks, height } of mergeScores(streams, 2)) {
    for (const { x, data } of blocks) {
      const plane = 2 * height;
      expect([...data.subarray(0, plane)]).toEqual(new Array(plane).fill(x === 0 ? 0 : 0.5));
      expect([...data.subarray(plane, 2 * plane)]).toEqual(new Array(plane).fill(0.25));
    }
  }
});
