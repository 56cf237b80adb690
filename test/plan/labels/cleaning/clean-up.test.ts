import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CleanUp, createCleaner } from '../../../../dist/plan/labels/cleaning/clean-up.js';
import type { RasterRows } from '../../../../dist/types.js';
import { random } from '../../../model/networks.ts';
import { byDefinition, type Image, regionsOf } from './clean-by-definition.ts';

/** What scikit-image made of a mask; images are deflated and in base64. */
interface Golden extends CleanUp {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly labels: string;
  readonly cleaned: string;
}

/** Cleans an image in bands of the given heights, which repeat. Tells how many rows waited at most after a band. */
function cleaned({ width, height, data }: Image, limits: CleanUp, bands: readonly number[]) {
  const cleaner = createCleaner({ width, height }, limits);
  const out = new Uint8Array(data.length);
  let [done, waited] = [0, 0];
  const take = (rows: RasterRows): void => {
    expect([rows.y, rows.width, rows.channels, rows.data.length]).toEqual([done, width, 1, width * rows.height]);
    out.set(rows.data, rows.y * width);
    done += rows.height;
  };
  for (let y = 0, i = 0; y < height; i++) {
    const rows = Math.min(bands[i % bands.length]!, height - y);
    const band = data.slice(y * width, (y + rows) * width);
    for (const final of cleaner.clean({ y, width, height: rows, channels: 1, data: band })) take(final);
    y += rows;
    waited = Math.max(waited, y - done);
  }
  expect(done).toBe(height);
  return { out, waited, count: cleaner.count };
}

/** Noise whose grains are from one pixel to many. */
function noise(width: number, height: number, labels: number, grain: number, full: number, seed: number): Image {
  const across = Math.ceil(width / grain);
  const next = random(seed);
  const grains = Array.from({ length: across * Math.ceil(height / grain) }, () =>
    next() < full ? 1 + Math.floor(next() * labels) : 0,
  );
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [Math.floor((i % width) / grain), Math.floor(i / width / grain)];
    return next() < 0.04 ? Math.floor(next() * (labels + 1)) : grains[y * across + x]!;
  });
  return { width, height, data };
}

/** A line of one pixel that winds: down and up, or inwards. */
function winding(kind: 'snake' | 'spiral', side: number, line: number, ground: number): Image {
  const data = new Uint8Array(side * side).fill(ground);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      if (kind === 'snake') {
        if (x % 2 === 0 || y === (x % 4 === 1 ? side - 1 : 0)) data[y * side + x] = line;
      } else {
        const ring = Math.min(x, y, side - 1 - x, side - 1 - y);
        const joint = x === ring && y === ring + 1;
        const gate = x === ring + 1 && y === ring + 2;
        if ((ring % 2 === 0 && !joint) || (ring % 2 === 1 && gate && x < side / 2)) data[y * side + x] = line;
      }
    }
  return { width: side, height: side, data };
}

const limits = fc.record({ minObject: fc.integer({ min: 0, max: 60 }), fillHoles: fc.integer({ min: 0, max: 60 }) });
const bands = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });

describe('a mask is cleaned while its rows go by', () => {
  it('as the whole image would be, for any noise, limits and bands', () => {
    const images = fc.record({
      width: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 40 }),
      labels: fc.integer({ min: 1, max: 4 }),
      grain: fc.integer({ min: 1, max: 6 }),
      full: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(images, limits, bands, ({ width, height, labels, grain, full, seed }, limit, heights) => {
        const image = noise(width, height, labels, grain, full, seed);
        const { out, waited, count } = cleaned(image, limit, heights);
        const wanted = byDefinition(image, limit);
        expect(Buffer.compare(out, wanted)).toBe(0);
        expect(waited).toBeLessThanOrEqual(Math.max(limit.minObject, 1) + Math.max(limit.fillHoles, 1) + 1);
        for (let label = 0; label <= labels; label++) {
          const pixels = (data: Uint8Array): number => data.filter((each) => each === label).length;
          expect(count.change[label]).toBe(pixels(wanted) - pixels(image.data));
        }
        expect(count.objectPixels - count.holePixels).toBe(count.change[0]);
      }),
      { numRuns: 400 },
    );
  });

  it.each(['snake', 'spiral'] as const)('as the whole image would be, along a %s that is just large enough or not', (kind) => {
    for (const [line, ground] of [
      [3, 0],
      [0, 3],
      [2, 1],
    ] as const) {
      for (const side of [5, 8, 17, 30]) {
        const image = winding(kind, side, line, ground);
        const sizes = [line, ground].flatMap((label) => regionsOf(image, label, label !== 0).map(({ length }) => length));
        for (const size of new Set(sizes))
          for (const off of [0, 1])
            for (const height of [1, 3, side]) {
              const limit = { minObject: size + off, fillHoles: size + off };
              expect(Buffer.compare(cleaned(image, limit, [height]).out, byDefinition(image, limit))).toBe(0);
            }
      }
    }
  });

  it('and rows wait only as long as something undecided touches them', () => {
    // A line down the whole image: it is known to stay once 20 of its pixels have been seen.
    const [width, height] = [30, 2000];
    const data = Uint8Array.from({ length: width * height }, (_, i) => (i % width === 7 ? 1 : 0));
    const image = { width, height, data };
    const limit = { minObject: 20, fillHoles: 0 };
    expect(cleaned(image, limit, [1]).waited).toBe(19);
    expect(cleaned(image, { minObject: 0, fillHoles: 200 }, [1]).waited).toBeLessThanOrEqual(200 / 7 + 1);
    // Where nothing is small nothing waits.
    expect(cleaned({ width, height, data: new Uint8Array(width * height).fill(1) }, limit, [1]).waited).toBe(0);
  });

  it('and a hole between two labels goes to the one with more sides, of equals to the smaller', () => {
    const fill = (...rows: string[]): string => {
      const data = Uint8Array.from(rows.join(''), Number);
      const { out } = cleaned({ width: rows[0]!.length, height: rows.length, data }, { minObject: 0, fillHoles: 3 }, [1]);
      return [...out].join('');
    };
    expect(fill('2221', '2001', '2221')).toBe('222122212221');
    expect(fill('2111', '2001', '2211')).toBe('211121112211');
    expect(fill('22', '00', '11')).toBe('221111');
    expect(fill('201')).toBe('211');
    // The border closes a hole, as with scikit-image; what has no label beside it stays.
    expect(fill('01', '11')).toBe('1111');
    expect(fill('00')).toBe('00');
  });

  const golden = JSON.parse(readFileSync(new URL('../../../fixtures/plan/clean-up.json', import.meta.url), 'utf8'));
  const bytes = (text: string): Uint8Array => new Uint8Array(inflateSync(Buffer.from(text, 'base64')));

  it.each(golden.cases as readonly Golden[])('as scikit-image cleans $name', (each) => {
    const { width, height, labels, minObject, fillHoles, cleaned: wanted } = each;
    const image = { width, height, data: bytes(labels) };
    for (const band of [1, 7, 64, height])
      expect(Buffer.compare(cleaned(image, { minObject, fillHoles }, [band]).out, bytes(wanted))).toBe(0);
  });
});
