import { expect, test } from 'vitest';
import { mppAcross } from '../../src/view/page/drawing/affine.js';

test('a scale bar knows which way pixels lie, and how wide and high they are', () => {
  const turned = (degrees: number) => {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    return { a: 2 * cos, b: 2 * sin, c: -2 * sin, d: 2 * cos, e: 7, f: 9 };
  };
  const mpp = { x: 0.5, y: 1 };
  expect(mppAcross(turned(0), mpp)).toBeCloseTo(0.5, 9);
  expect(mppAcross(turned(90), mpp)).toBeCloseTo(1, 9);
  expect(mppAcross(turned(180), mpp)).toBeCloseTo(0.5, 9);
  expect(mppAcross(turned(45), mpp)).toBeCloseTo(Math.hypot(0.5, 1) / Math.SQRT2, 9);
});
