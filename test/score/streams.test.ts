import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bootstrap } from '../../dist/score/bootstrap.js';
import { scoreBorders } from '../../dist/score/boundary.js';
import { scoreObjects } from '../../dist/score/objects.js';
import {
  addProbabilities,
  bestThreshold,
  diceCurve,
  emptyHistogram,
  leaveOneOut,
  PLATEAU,
  sumHistograms,
} from '../../dist/score/sweep.js';

const IGNORED = 255;
const masks = fc.integer({ min: 1, max: 12 }).chain((width) =>
  fc.integer({ min: 1, max: 12 }).chain((height) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      truth: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 9 }).map(labels),
      predicted: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 8 }).map(labels),
    }),
  ),
);

/** Labels 0, 1 and 2, and for 9 the one that is left out. */
function labels(values: Uint8Array): Uint8Array {
  return values.map((value) => (value === 9 ? IGNORED : value % 3));
}

interface Masks {
  readonly width: number;
  readonly height: number;
  readonly truth: Uint8Array;
  readonly predicted: Uint8Array;
}

function feed({ width, truth, predicted }: Masks, take: (truth: Uint8Array, predicted: Uint8Array) => void): void {
  for (let at = 0; at < truth.length; at += width) {
    take(truth.slice(at, at + width), predicted.slice(at, at + width));
  }
}

/** The border pixels of a label, by looking at every pixel of the whole image. */
function bordersOf({ width, height }: Masks, mask: Uint8Array, label: number): (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] !== label) continue;
      const around = [
        [x - 1, y],
        [x + 1, y],
        [x, y - 1],
        [x, y + 1],
      ] as const;
      const inside = around.filter(([u, v]) => u >= 0 && v >= 0 && u < width && v < height);
      if (inside.some(([u, v]) => ![label, IGNORED].includes(mask[v * width + u]!))) found.push([x, y]);
    }
  }
  return found;
}

test('borders that stream by are those of the whole, at any tolerance', () => {
  fc.assert(
    fc.property(masks, fc.double({ min: 0, max: 14, noNaN: true }), (both, tolerance) => {
      const scorer = scoreBorders(both.width, tolerance);
      feed(both, scorer.row);
      const counts = scorer.finish();
      const masked = both.predicted.map((label, i) => (both.truth[i] === IGNORED ? IGNORED : label));
      for (const label of [1, 2]) {
        const [a, b] = [bordersOf(both, both.truth, label), bordersOf(both, masked, label)];
        const near = (x: number, y: number, others: typeof a): boolean =>
          others.some(([u, v]) => (u - x) ** 2 + (v - y) ** 2 <= tolerance ** 2);
        expect(counts.get(label) ?? { truth: 0, predicted: 0, found: 0, right: 0 }).toEqual({
          truth: a.length,
          predicted: b.length,
          found: a.filter(([x, y]) => near(x, y, b)).length,
          right: b.filter(([x, y]) => near(x, y, a)).length,
        });
      }
    }),
  );
});

/** Sets of places that hang together by eight neighbours. */
function objectsOf({ width, height, truth }: Masks, mask: Uint8Array, label: number): Set<number>[] {
  const free = new Set([...mask.keys()].filter((i) => mask[i] === label && truth[i] !== IGNORED));
  const found: Set<number>[] = [];
  for (const start of free) {
    free.delete(start);
    const object = new Set([start]);
    for (const at of object) {
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          if (free.delete(v * width + u)) object.add(v * width + u);
        }
      }
    }
    found.push(object);
  }
  return found;
}

describe('objects', () => {
  test('that stream by are those of the whole', () => {
    fc.assert(
      fc.property(masks, (both) => {
        const scorer = scoreObjects();
        feed(both, scorer.row);
        const counts = scorer.finish();
        for (const label of [1, 2]) {
          const [a, b] = [objectsOf(both, both.truth, label), objectsOf(both, both.predicted, label)];
          const alike = (one: Set<number>, other: Set<number>): boolean => {
            const shared = [...one].filter((place) => other.has(place)).length;
            return shared / (one.size + other.size - shared) > 0.5;
          };
          const matched = a.filter((one) => b.some((other) => alike(one, other))).length;
          expect(counts.get(label) ?? { truth: 0, predicted: 0, matched: 0 }).toEqual({
            truth: a.length,
            predicted: b.length,
            matched,
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a tall one over ever new specks costs no memory', () => {
    const scorer = scoreObjects();
    const [full, empty] = [new Uint8Array(2000).fill(1), new Uint8Array(2000)];
    const specks = empty.map((_, x) => (x % 2 === 0 ? 1 : 0));
    const used = (): number => {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    };
    let before = 0;
    for (let y = 0; y < 3000; y++) {
      scorer.row(full, y % 2 === 0 ? specks : empty);
      if (y === 600) before = used();
    }
    // A thousand specks a second row, 1.2 million in all: each would take more than 100 bytes.
    expect(used() - before).toBeLessThan(60e6);
    expect(scorer.finish().get(1)).toEqual({ truth: 1, predicted: 1_500_000, matched: 0 });
  });
});

const slides = fc.array(
  fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 2, IGNORED)), { minLength: 1, maxLength: 40 }),
  { minLength: 1, maxLength: 4 },
);

describe('a sweep', () => {
  test.each(['uint8', 'float32'] as const)('of %s is what every threshold gives by itself', (kind) => {
    fc.assert(
      fc.property(slides, (all) => {
        const steps = kind === 'uint8' ? 255 : 1024;
        // Floating point: on, just below and just above the edges of bins.
        const probability = (value: number, i: number): number =>
          kind === 'uint8' ? Math.fround(value / 255) : Math.fround(value / 256 + (i % 3) * 1e-5);
        const histograms = all.map((pixels) => {
          const histogram = emptyHistogram(kind);
          const probabilities = Float32Array.from(pixels, ([value], i) => probability(value, i));
          addProbabilities(
            histogram,
            probabilities,
            Uint8Array.from(pixels, ([, label]) => label),
            1,
          );
          return histogram;
        });
        const curve = diceCurve(sumHistograms(histograms));
        for (let k = 0; k <= steps; k += 5) {
          let [truth, predicted, both] = [0, 0, 0];
          for (const pixels of all) {
            for (const [i, [value, label]] of pixels.entries()) {
              if (label === IGNORED) continue;
              const passes = kind === 'uint8' ? value > k : probability(value, i) > k / steps;
              if (label === 1) truth++;
              if (passes) predicted++;
              if (passes && label === 1) both++;
            }
          }
          expect(curve[k]).toBeCloseTo(truth + predicted === 0 ? 1 : (2 * both) / (truth + predicted), 12);
        }
        const best = bestThreshold(curve);
        expect(best.dice).toBe(Math.max(...curve));
        expect(curve[Math.round(best.threshold * steps)]).toBe(best.dice);
        const [from, to] = best.plateau.map((threshold) => Math.round(threshold * steps));
        for (let k = from!; k <= to!; k++) expect(curve[k]).toBeGreaterThanOrEqual(best.dice - PLATEAU);
        expect(leaveOneOut(histograms) === undefined).toBe(all.length < 2);
      }),
      { numRuns: 60 },
    );
  });

  test('leaves each slide out of the choice of its own threshold', () => {
    const slide = (low: number, high: number) => {
      const histogram = emptyHistogram('uint8');
      addProbabilities(histogram, Float32Array.of(low / 255, high / 255), Uint8Array.of(0, 1), 1);
      return histogram;
    };
    // The middle of 10 to 100 is right for the second, that of 150 to 200 finds nothing of the first.
    const [first, second] = [slide(10, 100), slide(150, 200)];
    expect(bestThreshold(diceCurve(first)).threshold).toBeCloseTo(54.5 / 255, 2);
    // At the first's threshold the second has both pixels: 2 / 3. At the second's, the first has none: 0.
    expect(leaveOneOut([first, second])).toBeCloseTo((0 + 2 / 3) / 2, 12);
    // A second slide of the same patient has no say either; of one patient alone nothing can be told.
    expect(leaveOneOut([first, first, second], ['a', 'a', 'b'])).toBeCloseTo((0 + 0 + 2 / 3) / 3, 12);
    expect(leaveOneOut([first, first], ['a', 'a'])).toBe(undefined);
  });
});

test('an interval of two slides goes from one to the other, of equal ones it is a point, and a seed repeats it', () => {
  expect(bootstrap([0.4])).toBe(undefined);
  expect(bootstrap([0, 1])).toEqual({ mean: 0.5, low: 0, high: 1 });
  // Slides of two patients are drawn by patient: three means again, whatever the slides are; of one patient nothing can be told.
  expect(bootstrap([0, 0, 1, 0.4], 0, ['a', 'a', 'b', 'a'])).toEqual({ mean: 0.35, low: (0.4 * 2) / 6, high: 1 });
  expect(bootstrap([0, 1], 0, ['a', 'a'])).toBe(undefined);
  const same = bootstrap([0.25, 0.25, 0.25])!;
  expect([same.mean, same.low, same.high]).toEqual([0.25, 0.25, 0.25]);
  const values = Array.from({ length: 40 }, (_, i) => ((i * 7) % 40) / 39);
  const interval = bootstrap(values, 3)!;
  expect(bootstrap(values, 3)).toEqual(interval);
  // Twice the standard error of the mean of 40 uniform values: 1.96 * 0.289 / sqrt(40) = 0.09.
  expect(interval.mean - interval.low).toBeGreaterThan(0.06);
  expect(interval.mean - interval.low).toBeLessThan(0.12);
});
