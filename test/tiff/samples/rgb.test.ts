import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Directory } from '../../../dist/tiff/directory.js';
import { rgbChannels, sampleScale, toRgb } from '../../../dist/tiff/samples/rgb.js';
import { picture, plainDirectory } from '../pictures.js';
import { withFile } from '../read-file.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tiff/${name}`, import.meta.url));
const four = picture(90, 61, 4);
const grey = picture(90, 61).data.filter((_, i) => i % 3 === 0);

/** The RGB that a file should give, by a rule from the samples of one pixel. */
async function expectPixels(name: string, samples: Uint8Array, channels: number, rule: (pixel: number[]) => number[]) {
  const rgb = await withFile(fixture(name), (file) => file.rgb());
  for (let i = 0; i < rgb.length / 3; i++) {
    const due = rule(Array.from(samples.subarray(i * channels, (i + 1) * channels)));
    const found = Array.from(rgb.subarray(i * 3, i * 3 + 3));
    if (due.some((value, c) => Math.abs(value - found[c]!) > 0.5001))
      throw new Error(`pixel ${i}: ${found} where ${due} is due`);
  }
}

test('alpha is laid over white', async () => {
  const over = ([r, g, b, a]: number[]) => [r!, g!, b!].map((value) => (value * a! + 255 * (255 - a!)) / 255);
  await expectPixels('alpha.tif', four.data, 4, over);
});

test('premultiplied alpha is laid over white', async () => {
  const over = ([r, g, b, a]: number[]) => [r!, g!, b!].map((value) => Math.min(255, value + 255 - a!));
  await expectPixels('premultiplied.tif', four.data, 4, over);
});

test('inks', async () => {
  const light = ([c, m, y, k]: number[]) => [c!, m!, y!].map((ink) => ((255 - ink) * (255 - k!)) / 255);
  await expectPixels('cmyk.tif', four.data, 4, light);
});

test('a palette', async () => {
  const colour = (place: number) => ((place * 37) % 65_536) >> 8;
  await expectPixels('palette.tif', grey, 1, ([i]) => [colour(i!), colour(256 + i!), colour(512 + i!)]);
});

test('one bit, white is zero', async () => {
  await expectPixels('bilevel.tif', grey, 1, ([value]) => Array(3).fill(value! > 127 ? 0 : 255));
});

test('JPEG 2000 of Aperio, YCbCr, with colour for every second column', async () => {
  const { data } = picture(64, 64);
  const rgb = await withFile(fixture('jpeg2000-ycbcr.svs'), (file) => file.rgb());
  for (let i = 0; i < 64 * 64; i++) {
    const colour = i - (i % 2);
    const [y, cb, cr] = [data[i * 3]!, data[colour * 3 + 1]! - 128, data[colour * 3 + 2]! - 128];
    const due = [y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb];
    for (let c = 0; c < 3; c++)
      expect(Math.abs(Math.min(255, Math.max(0, due[c]!)) - rgb[i * 3 + c]!)).toBeLessThanOrEqual(1.5);
  }
});

const directory = (choices: Partial<Directory>): Directory => ({ ...plainDirectory(1, 1), ...choices });
const grey16 = { bits: [16], samples: 1, photometric: 1 };
const ome = (bits: number) => `<OME><Image><Pixels Type="uint16" SignificantBits="${bits}" SizeX="1"/></Image></OME>`;

test.each<[string, Partial<Directory>, number, number, string]>([
  ['8 bits', {}, 200, 200, '8-bit samples as stored'],
  ['16 bits', grey16, 0x8000, 128, '16-bit samples: 0 to 65535 (full range) becomes 0 to 255'],
  [
    'OME',
    { ...grey16, description: ome(12) },
    4095,
    255,
    '16-bit samples: 0 to 4095 (OME-XML SignificantBits) becomes 0 to 255',
  ],
  ['OME, all bits', { ...grey16, description: ome(16) }, 257, 1, '16-bit samples: 0 to 65535 (full range) becomes 0 to 255'],
  [
    'a maximum that is a depth',
    { ...grey16, sampleRange: { least: 0, most: 4095 } },
    2048,
    128,
    '16-bit samples: 0 to 4095 (MaxSampleValue) becomes 0 to 255',
  ],
  [
    'a maximum that is a statistic',
    { ...grey16, sampleRange: { least: 17, most: 3571 } },
    257,
    1,
    '16-bit samples: 0 to 65535 (full range) becomes 0 to 255',
  ],
  ['12 bits', { ...grey16, bits: [12] }, 4095, 255, '12-bit samples: 0 to 4095 (full range) becomes 0 to 255'],
  ['4 bits', { ...grey16, bits: [4] }, 3, 51, '4-bit samples: 0 to 15 (full range) becomes 0 to 255'],
  [
    'floats',
    { ...grey16, bits: [32], sampleFormat: 3 },
    0.5,
    128,
    '32-bit floating point samples: 0 to 1 (nothing else is declared) becomes 0 to 255',
  ],
  [
    'floats, too bright',
    { ...grey16, bits: [32], sampleFormat: 3 },
    7,
    255,
    '32-bit floating point samples: 0 to 1 (nothing else is declared) becomes 0 to 255',
  ],
  [
    'floats, no number',
    { ...grey16, bits: [32], sampleFormat: 3 },
    Number.NaN,
    0,
    '32-bit floating point samples: 0 to 1 (nothing else is declared) becomes 0 to 255',
  ],
  [
    'floats with a range',
    { ...grey16, bits: [32], sampleFormat: 3, sampleRange: { least: -1, most: 1 } },
    0,
    128,
    '32-bit floating point samples: -1 to 1 (SMinSampleValue, SMaxSampleValue) becomes 0 to 255',
  ],
])('%s', (_, choices, value, due, rule) => {
  const image = directory(choices);
  const scale = sampleScale(image);
  expect(scale.rule).toBe(rule);
  const channels = rgbChannels(image).length;
  const type = image.sampleFormat === 3 ? 'float32' : image.bits[0]! > 8 ? 'uint16' : 'uint8';
  const room = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array }[type];
  const pixels = { width: 1, height: 1, channels, data: new room(channels).fill(value) };
  expect(Array.from(toRgb(image, pixels, scale))).toEqual([due, due, due]);
  expect(Math.min(255, Math.max(0, Math.round(scale.gain * (value || 0) + scale.offset)))).toBe(due);
});

test('a larger sample never gets darker', () => {
  fc.assert(
    fc.property(fc.integer({ min: 9, max: 16 }), fc.integer({ min: 0, max: 65_534 }), (bits, value) => {
      const image = directory({ ...grey16, bits: [bits] });
      const data = Uint16Array.of(value, value + 1);
      const rgb = toRgb(image, { width: 2, height: 1, channels: 1, data }, sampleScale(image));
      expect(rgb[3]).toBeGreaterThanOrEqual(rgb[0]!);
      expect(rgb[0]).toBe(Math.min(255, Math.round((value * 255) / (2 ** bits - 1))));
    }),
  );
});
