import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDraws } from '../../dist/augment/draws.js';
import { drawStainChanges, jitterStains } from '../../dist/augment/stain.js';
import { noise, paint } from './pictures.js';

const none = { factor: 1, shift: 0 };
const everything = paint(256, 16, 3, (x, y) => [x, noise(x, y, 1), y * 17]);
const density = (value: number): number => -Math.log10((value + 1) / 256);
const sample = (od: number): number => 256 * 10 ** -od - 1;

/** Ruifrok and Johnston's vectors, of length 1. */
const unit = (v: readonly number[]): number[] => v.map((each) => each / Math.hypot(...v));
const stains = {
  'hematoxylin-eosin': [unit([0.65, 0.7, 0.29]), unit([0.07, 0.99, 0.11])],
  'hematoxylin-dab': [unit([0.65, 0.7, 0.29]), unit([0.27, 0.57, 0.78])],
} as const;

/** Solves `a x + b y + c z = v` by Cramer's rule. */
function solve(a: readonly number[], b: readonly number[], c: readonly number[], v: readonly number[]): number[] {
  const det = (p: readonly number[], q: readonly number[], r: readonly number[]): number =>
    p[0]! * (q[1]! * r[2]! - q[2]! * r[1]!) - q[0]! * (p[1]! * r[2]! - p[2]! * r[1]!) + r[0]! * (p[1]! * q[2]! - p[2]! * q[1]!);
  const whole = det(a, b, c);
  return [det(v, b, c) / whole, det(a, v, c) / whole, det(a, b, v) / whole];
}

describe('stain jitter', () => {
  it('without any change gives the same samples', () => {
    for (const kind of ['hematoxylin-eosin', 'hematoxylin-dab'] as const) {
      expect(jitterStains(everything, kind, [none, none]).data).toEqual(everything.data);
    }
    expect(drawStainChanges({ sigma: 0, shift: 0 }, createDraws(3, 'test'))).toEqual([none, none]);
  });

  it('multiplies and shifts the amount of each stain, and leaves the rest', () => {
    const color = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 255 })));
    const change = fc.record({
      factor: fc.double({ min: 0.5, max: 1.5, noNaN: true }),
      shift: fc.double({ min: -0.1, max: 0.1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        color,
        change,
        change,
        fc.constantFrom(...(['hematoxylin-eosin', 'hematoxylin-dab'] as const)),
        (rgb, h, e, kind) => {
          const [a, b] = stains[kind];
          const normal = [a[1]! * b[2]! - a[2]! * b[1]!, a[2]! * b[0]! - a[0]! * b[2]!, a[0]! * b[1]! - a[1]! * b[0]!];
          const [first, second, third] = solve(a, b, normal, rgb.map(density));
          const got = jitterStains({ width: 1, height: 1, channels: 3, data: Uint8Array.from(rgb) }, kind, [h, e]).data;
          for (let c = 0; c < 3; c++) {
            const od = (first! * h.factor + h.shift) * a[c]! + (second! * e.factor + e.shift) * b[c]! + third! * normal[c]!;
            const wanted = Math.min(255, Math.max(0, sample(od)));
            expect(Math.abs(got[c]! - wanted)).toBeLessThanOrEqual(0.5 + 1e-6);
          }
        },
      ),
    );
  });

  it('draws within its limits', () => {
    for (let i = 0; i < 500; i++) {
      for (const { factor, shift } of drawStainChanges({ sigma: 0.3, shift: 0.05 }, createDraws(i, 'test'))) {
        expect(factor >= 0.7 && factor <= 1.3 && Math.abs(shift) <= 0.05).toBe(true);
      }
    }
  });
});
