import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { LABELS } from '../../samples/kidney/ground.js';
import { type KidneySlide, kidneySlide, type SlideRows, slideRows } from '../../samples/kidney/slide.js';

const sample = (name: string): string => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));

/** The options of `samples/kidney.tif`, which `npm run sample -- --size 4096x3072 --seed 10 samples/kidney.tif --truth` makes. */
const shipped = { size: { width: 4096, height: 3072 }, seed: 10, stain: 'pas', mpp: 0.5 } as const;

const rowsOf = (slide: KidneySlide, height: number): AsyncGenerator<SlideRows> => slideRows(slide.size, height, slide.tile, 2);

/** Hash of image and truth, each on its own, so that it does not depend on how the rows are split. */
async function hashOf(slide: KidneySlide, rows: number): Promise<string> {
  const image = createHash('sha256');
  const truth = createHash('sha256');
  for await (const band of rowsOf(slide, rows)) {
    image.update(band.image.data);
    truth.update(band.truth.data);
  }
  return `${image.digest('hex')} ${truth.digest('hex')}`;
}

function counts(labels: Uint8Array): number[] {
  const found = Array.from(LABELS, () => 0);
  for (const label of labels) found[label] = (found[label] ?? 0) + 1;
  return found;
}

describe('a kidney slide', () => {
  test('is the same for the same seed, and another for another', () => {
    const draw = (seed: number) => kidneySlide({ size: { width: 512, height: 512 }, seed, stain: 'pas', mpp: 1 });
    const whole = { x: 0, y: 0, width: 512, height: 512 };
    const [one, again, other] = [draw(3).tile(whole), draw(3).tile(whole), draw(4).tile(whole)];
    expect(Buffer.compare(one.rgb, again.rgb)).toBe(0);
    expect(Buffer.compare(one.labels, again.labels)).toBe(0);
    expect(Buffer.compare(one.rgb, other.rgb)).not.toBe(0);
    expect(Buffer.compare(one.labels, other.labels)).not.toBe(0);
  });

  test.each([
    ['pas', 'f5c6c7e0700e319826268993d26a6965072c40e108402810dbfc2dbc04263ce9'],
    ['he', 'cf23f4f19069b04e6c834621805e0c6b288cbde4a648e1561047715c787e661e'],
  ] as const)('stained with %s has the pixels that the models were trained on', async (stain, hash) => {
    const slide = kidneySlide({ size: { width: 640, height: 480 }, seed: 10, stain, mpp: 1 });
    expect(await hashOf(slide, 480)).toBe(`${hash} 45184b470a07c46e563e4ca90855c05bf980d3c76add662d023496eae5c1bb68`);
  });

  test('has the same pixels in whatever rectangles it is drawn', () => {
    const size = { width: 1800, height: 1400 };
    const slides = [1, 2, 3].map((seed) =>
      kidneySlide({ size, seed, stain: seed === 2 ? 'he' : 'pas', mpp: seed === 3 ? 2 : 0.5 }),
    );
    const side = (length: number) => fc.integer({ min: 1, max: length });
    const place = fc.record({
      slide: fc.constantFrom(...slides),
      x: fc.integer({ min: 0, max: size.width - 320 }),
      y: fc.integer({ min: 0, max: size.height - 240 }),
      left: side(319),
      top: side(239),
    });
    fc.assert(
      fc.property(place, ({ slide, x, y, left, top }) => {
        const whole = slide.tile({ x, y, width: 320, height: 240 });
        const columns = [
          { at: 0, width: left },
          { at: left, width: 320 - left },
        ];
        const rows = [
          { at: 0, height: top },
          { at: top, height: 240 - top },
        ];
        for (const row of rows) {
          for (const column of columns) {
            const part = slide.tile({ x: x + column.at, y: y + row.at, width: column.width, height: row.height });
            for (let r = 0; r < row.height; r++) {
              const from = (row.at + r) * 320 + column.at;
              const labels = whole.labels.subarray(from, from + column.width);
              const rgb = whole.rgb.subarray(from * 3, (from + column.width) * 3);
              expect(Buffer.compare(part.labels.subarray(r * column.width, (r + 1) * column.width), labels)).toBe(0);
              expect(Buffer.compare(part.rgb.subarray(r * column.width * 3, (r + 1) * column.width * 3), rgb)).toBe(0);
            }
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  test('comes in rows of any height, without gap or overlap', async () => {
    const slide = kidneySlide({ size: { width: 1000, height: 301 }, seed: 5, stain: 'he', mpp: 2 });
    for (const height of [1000, 128, 77]) {
      let next = 0;
      for await (const { image, truth } of rowsOf(slide, height)) {
        expect([image.y, truth.y, image.width, image.channels, truth.channels]).toEqual([next, next, 1000, 3, 1]);
        expect(image.data.length).toBe(1000 * image.height * 3);
        expect(truth.data.length).toBe(1000 * image.height);
        next += image.height;
      }
      expect(next).toBe(301);
    }
    expect(await hashOf(slide, 50)).toBe(await hashOf(slide, 301));
  });

  test('is 25 to 50 % glass, and holds every class at sizes that a kidney has', () => {
    for (const seed of [2, 10]) {
      const slide = kidneySlide({ size: { width: 1024, height: 768 }, seed, stain: 'pas', mpp: 2 });
      const { labels, rgb } = slide.tile({ x: 0, y: 0, width: 1024, height: 768 });
      const found = counts(labels);
      expect(found.length).toBe(LABELS.length);
      expect(Math.min(...found)).toBeGreaterThan(0);
      const share = found.map((count) => count / labels.length);
      expect(share[1]).toBeGreaterThan(0.02);
      expect(share[1]).toBeLessThan(0.15);
      expect(share[3]).toBeGreaterThan(0.25);
      let glass = 0;
      for (let i = 0; i < rgb.length; i += 3) if (rgb[i + 1]! > 190 && Math.abs(rgb[i]! - rgb[i + 1]!) < 12) glass++;
      expect(glass / labels.length).toBeGreaterThan(0.25);
      expect(glass / labels.length).toBeLessThan(0.5);
    }
  });

  test('shows the same section at twice the um per pixel', () => {
    const labelsAt = (mpp: number): Uint8Array => {
      const size = { width: 1024 / mpp, height: 1024 / mpp };
      return kidneySlide({ size, seed: 6, stain: 'pas', mpp }).tile({ x: 0, y: 0, ...size }).labels;
    };
    const fine = labelsAt(1);
    const coarse = labelsAt(2);
    let same = 0;
    for (let i = 0; i < coarse.length; i++) {
      const at = Math.floor(i / 512) * 2 * 1024 + (i % 512) * 2;
      if (fine[at] === coarse[i]) same++;
    }
    expect(same / coarse.length).toBeGreaterThan(0.93);
  });

  test('of 100,000 × 100,000 px holds no more than a band', async () => {
    const slide = kidneySlide({ size: { width: 100_000, height: 100_000 }, seed: 1, stain: 'pas', mpp: 0.5 });
    const rows = rowsOf(slide, 16);
    const { value } = await rows.next();
    expect(value?.image.data.length).toBe(100_000 * 16 * 3);
    const before = process.memoryUsage().arrayBuffers;
    for (let band = 0; band < 3; band++) await rows.next();
    // Bands that are no longer held may still wait for the collector.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100e6);
    const middle = slide.tile({ x: 51_234, y: 49_876, width: 300, height: 200 });
    expect(counts(middle.labels)[3]).toBeGreaterThan(0);
  });
});

describe('samples/kidney.tif', () => {
  test('is what the generator draws, but for JPEG; its truth is exactly so', async () => {
    const slide = kidneySlide(shipped);
    const options = { limitInputPixels: false, ignoreIcc: true } as const;
    const image = await sharp(sample('kidney.tif'), options).raw().toBuffer({ resolveWithObject: true });
    const truth = await sharp(sample('kidney.truth.tif'), options)
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([image.info.width, image.info.height, image.info.channels]).toEqual([4096, 3072, 3]);
    expect([truth.info.width, truth.info.height, truth.info.channels]).toEqual([4096, 3072, 1]);
    // All corners, and places between: what is another section is so everywhere.
    const side = 320;
    for (const x of [0, 1700, 4096 - side]) {
      for (const y of [0, 1300, 3072 - side]) {
        const drawn = slide.tile({ x, y, width: side, height: side });
        let off = 0;
        for (let row = 0; row < side; row++) {
          const [at, from] = [row * side, (y + row) * 4096 + x];
          expect(Buffer.compare(truth.data.subarray(from, from + side), drawn.labels.subarray(at, at + side))).toBe(0);
          for (let i = 0; i < 3 * side; i++) off += Math.abs(image.data[3 * from + i]! - drawn.rgb[3 * at + i]!);
        }
        expect(off / (3 * side * side), `at (${x}, ${y})`).toBeLessThan(6);
      }
    }
    expect(Math.min(...counts(truth.data))).toBeGreaterThan(10_000);
  });
});
