import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { undoDelta } from '../../../dist/tiff/codecs/xz-delta.js';
import { toSamples } from '../../../dist/tiff/read/block-samples.js';
import { rawBytes } from '../../../dist/tiff/samples/block-bytes.js';
import { plainDirectory } from '../pictures.js';

test('packed samples of 1 to 16 bits, the first in the high bits, rows on whole bytes', () => {
  const cases = fc.record({
    depth: fc.integer({ min: 1, max: 15 }),
    width: fc.integer({ min: 1, max: 20 }),
    rows: fc.integer({ min: 1, max: 5 }),
    samples: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer({ min: 1, max: 1e6 }),
  });
  fc.assert(
    fc.property(cases, ({ depth, width, rows, samples, seed }) => {
      if (depth === 8) return;
      const directory = { ...plainDirectory(width, rows), samples, bits: Array(samples).fill(depth), photometric: 1 };
      const values = Array.from({ length: width * rows * samples }, (_, i) => (i * seed + (i ^ seed)) % 2 ** depth);
      const packed: number[] = [];
      for (let row = 0; row < rows; row++) {
        const bits = values
          .slice(row * width * samples, (row + 1) * width * samples)
          .map((value) => value.toString(2).padStart(depth, '0'))
          .join('');
        for (let at = 0; at < bits.length; at += 8) packed.push(Number.parseInt(bits.slice(at, at + 8).padEnd(8, '0'), 2));
      }
      expect(packed.length).toBe(rawBytes(directory, rows));
      expect(Array.from(toSamples(directory, Uint8Array.from(packed), rows))).toEqual(values);
    }),
  );
});

test('differences of 8, 16 and 32 bits, of either byte order', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(8, 16, 32),
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 9 }),
      (depth, littleEndian, samples, width) => {
        const rows = 3;
        const float = depth === 32;
        const directory = {
          ...plainDirectory(width, rows),
          littleEndian,
          samples,
          bits: Array(samples).fill(depth),
          photometric: 1,
          compression: 8,
          predictor: 2,
          sampleFormat: float ? 3 : 1,
        };
        const values = Array.from({ length: width * rows * samples }, (_, i) => (i * 7919 + 13) % 2 ** Math.min(depth, 16));
        const words = Uint32Array.from(values, (value) => (float ? new Uint32Array(Float32Array.of(value).buffer)[0]! : value));
        const bytes = new Uint8Array((words.length * depth) / 8 + 1).subarray(1);
        const view = new DataView(bytes.buffer, 1);
        for (const [i, word] of words.entries()) {
          const left = i % (width * samples) < samples ? 0 : words[i - samples]!;
          if (depth === 8) view.setUint8(i, word - left);
          else if (depth === 16) view.setUint16(i * 2, word - left, littleEndian);
          else view.setUint32(i * 4, word - left, littleEndian);
        }
        expect(Array.from(toSamples(directory, bytes, rows))).toEqual(values);
      },
    ),
  );
});

test('subsampled YCbCr: units of luma with their colour', () => {
  for (const subsampling of [
    [2, 2],
    [4, 1],
    [2, 1],
    [1, 2],
  ] as const) {
    const [width, rows] = [5, 3];
    const directory = { ...plainDirectory(width, rows), photometric: 6, subsampling };
    const [across, down] = subsampling;
    const unitsAcross = Math.ceil(width / across);
    const units = Array.from({ length: unitsAcross * Math.ceil(rows / down) }, (_, unit) => ({
      luma: Array.from({ length: across * down }, (_, i) => 100 + ((unit * 8 + i) % 100)),
      colour: [120 + unit, 130 + unit],
    }));
    const bytes = Uint8Array.from(units.flatMap(({ luma, colour }) => [...luma, ...colour]));
    expect(bytes.length).toBe(rawBytes(directory, rows));
    const rgb = toSamples(directory, bytes, rows);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < width; x++) {
        const { luma, colour } = units[Math.floor(y / down) * unitsAcross + Math.floor(x / across)]!;
        const value = luma[(y % down) * across + (x % across)]!;
        const [cb, cr] = [colour[0]! - 128, colour[1]! - 128];
        const due = [value + 1.402 * cr, value - 0.344136 * cb - 0.714136 * cr, value + 1.772 * cb];
        for (let c = 0; c < 3; c++) expect(Math.abs(rgb[(y * width + x) * 3 + c]! - due[c]!)).toBeLessThanOrEqual(0.51);
      }
    }
  }
});

test('differences between bytes are taken back across pieces', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.integer({ min: 0, max: 9 })),
      (plain, distance, cuts) => {
        const bytes = plain.map((value, i) => value - (i < distance ? 0 : plain[i - distance]!));
        let before = new Uint8Array(distance);
        const found: number[] = [];
        let at = 0;
        for (const length of [...cuts, bytes.length]) {
          const piece = bytes.slice(at, at + length);
          before = Uint8Array.from(undoDelta(piece, before));
          found.push(...piece);
          at += piece.length;
        }
        expect(found).toEqual(Array.from(plain));
      },
    ),
  );
});

test('libtiff writes xz data without a checksum, as withoutDelta expects', () => {
  const bytes = readFileSync(new URL('../../fixtures/tiff/lzma-libtiff.tif', import.meta.url));
  expect(bytes.indexOf(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0]))).toBeGreaterThan(0);
});
