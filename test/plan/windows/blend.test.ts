import fc from 'fast-check';
import { expect, test } from 'vitest';
import { weightMap } from '../../../dist/plan/windows/blend.js';
import goldens from '../../fixtures/plan/monai.json' with { type: 'json' };

test("gaussian weights equal MONAI's importance map", () => {
  for (const { width, height, weights } of goldens.maps) {
    const map = weightMap('gaussian', { width, height });
    weights.forEach((weight, i) => {
      expect(Math.abs(map[i]! - weight)).toBeLessThan(1e-6);
    });
  }
});

test('weights are positive, symmetric, and largest in the middle', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('constant', 'gaussian', 'hann', 'pyramid'),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (blend, width, height) => {
        const map = weightMap(blend, { width, height });
        expect(map).toHaveLength(width * height);
        const middle = map[Math.floor((height - 1) / 2) * width + Math.floor((width - 1) / 2)]!;
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const weight = map[y * width + x]!;
            const mirrored = map[(height - 1 - y) * width + (width - 1 - x)]!;
            if (!(weight > 0) || Math.abs(weight - mirrored) > 1e-6 || weight > middle)
              throw new Error(`${blend} at (${x}, ${y}): ${weight}`);
          }
        }
      },
    ),
  );
});

test.each([
  ['hann', 4, [0.1464466, 0.8535534, 0.8535534, 0.1464466]],
  ['pyramid', 4, [0.25, 0.75, 0.75, 0.25]],
  ['pyramid', 3, [1 / 3, 1, 1 / 3]],
  ['constant', 3, [1, 1, 1]],
] as const)('%s of %i pixels', (blend, width, weights) => {
  // Both axes share the profile: along the one row of a window of height 1, the other factor is the same everywhere.
  const map = weightMap(blend, { width, height: 1 });
  const across = weightMap(blend, { width: 1, height: 1 })[0]!;
  weights.forEach((weight, i) => {
    expect(map[i]! / across).toBeCloseTo(weight, 6);
  });
});
