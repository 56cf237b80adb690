import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, philox, shuffled } from '../../../dist/plan/sampling/random.js';

describe('philox', () => {
  it('gives the words that its authors publish (Random123, kat_vectors, philox4x32 10)', () => {
    const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');
    const ones = 0xffffffff;
    expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    expect(hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toBe(
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    );
  });
});

describe('createRandom', () => {
  const safe = fc.maxSafeNat();

  it('gives numbers in [0, 1), the same for the same seed, name and index', () => {
    fc.assert(
      fc.property(safe, fc.string(), safe, (seed, stream, index) => {
        const pair = createRandom(seed, stream).pair(index);
        expect(pair.every((value) => value >= 0 && value < 1)).toBe(true);
        expect(createRandom(seed, stream).pair(index)).toEqual(pair);
      }),
    );
  });

  it('gives others for another seed, another name and another index', () => {
    const all = [
      [0, 'a', 0],
      [1, 'a', 0],
      [2 ** 32, 'a', 0],
      [0, 'b', 0],
      [0, '', 0],
      [0, 'a', 1],
      [0, 'a', 2 ** 32],
    ] as const;
    expect(new Set(all.map(([seed, name, index]) => createRandom(seed, name).pair(index).join())).size).toBe(all.length);
  });

  it('is uniform', () => {
    const bins = new Uint32Array(16);
    const random = createRandom(3, 'bins');
    for (let i = 0; i < 16_000; i++) for (const value of random.pair(i)) bins[Math.floor(value * 16)]!++;
    const chi = bins.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    expect(chi).toBeLessThan(37.7); // 0.1 % of uniform draws exceed this at 15 degrees of freedom
  });
});

describe('shuffled', () => {
  it('has every number once, and the first place for each alike', () => {
    const first = new Uint32Array(5);
    for (let seed = 0; seed < 5000; seed++) {
      const order = shuffled(5, createRandom(seed, 'order'));
      expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
      first[order[0]!]!++;
    }
    const chi = first.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi).toBeLessThan(18.5); // 0.1 % at 4 degrees of freedom
  });
});
