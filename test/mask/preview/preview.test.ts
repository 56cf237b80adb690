import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { painter } from '../../../dist/mask/preview/picture.js';
import { createPreview, type Preview } from '../../../dist/mask/preview/preview.js';
import { scaleBar } from '../../../dist/mask/scale-bar.js';
import type { Pixels } from '../../../dist/types.js';

const folder = mkdtempSync(join(tmpdir(), 'segtile-preview-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const red = { label: 1, name: 'tumor', color: [220, 0, 0] } as const;
const blue = { label: 2, name: 'stroma', color: [0, 0, 220] } as const;
const overview = { width: 200, height: 150, channels: 3, data: new Uint8Array(200 * 150 * 3).fill(230) };
const size = { width: 2000, height: 1500 };

async function preview(name: string, what: Preview, labelAt: (x: number, y: number) => number, step = 100) {
  const path = join(folder, name);
  const sink = await createPreview(path, what);
  const { width, height } = what.size;
  for (let y = 0; y < height; y += step) {
    const rows = Math.min(step, height - y);
    const data = Uint8Array.from({ length: width * rows }, (_, i) => labelAt(i % width, y + Math.floor(i / width)));
    await sink.write({ y, width, height: rows, channels: 1, data });
  }
  await sink.finish();
  const picture = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [
    ...picture.data.subarray((y * picture.info.width + x) * 3, (y * picture.info.width + x) * 3 + 3),
  ];
  return { at, info: picture.info };
}

test('classes take their colours, their border is stronger, and the rest of the slide stays as it is', async () => {
  const { at, info } = await preview('colours.jpg', { overview, size, classes: [red, blue] }, (x, y) =>
    y < 500 ? 0 : x < 1000 ? 1 : 2,
  );
  expect([info.width, info.height]).toEqual([200, 150]);
  const [plain, inRed, inBlue, border] = [at(100, 20), at(50, 100), at(150, 100), at(50, 50)];
  for (const part of plain) expect(Math.abs(part - 230)).toBeLessThan(4);
  expect(inRed[0]! - inRed[2]!).toBeGreaterThan(60);
  expect(inBlue[2]! - inBlue[0]!).toBeGreaterThan(60);
  expect(border[0]! - border[2]!).toBeGreaterThan(inRed[0]! - inRed[2]! + 60);
});

test('what no box covers is hatched grey, to the pixel', async () => {
  const covered = [
    { x: 0, y: 0, width: 1000, height: 1500 },
    { x: 900, y: 0, width: 600, height: 700 },
  ];
  const { at } = await preview('skipped.jpg', { overview, size, classes: [red], covered }, () => 0);
  for (const [x, y] of [
    [50, 140],
    [99, 149],
    [145, 60],
  ] as const)
    expect(at(x, y)[0]).toBeGreaterThan(222);
  for (const [x, y] of [
    [160, 10],
    [110, 80],
    [199, 149],
  ] as const)
    expect(at(x, y)[0]).toBeLessThan(222);
});

test('a preview is never larger than 1,600 px, and never larger than the mask', async () => {
  const wide = { width: 3000, height: 10, channels: 3, data: new Uint8Array(90_000).fill(200) };
  const large = await preview('wide.jpg', { overview: wide, size: { width: 9000, height: 30 }, classes: [] }, () => 0);
  expect(large.info.width).toBe(1600);
  const small = await preview('small.jpg', { overview, size: { width: 60, height: 45 }, classes: [red] }, () => 1);
  expect([small.info.width, small.info.height]).toEqual([60, 45]);
});

test('the legend lies under the picture, where the picture is wide enough and there is a font', async () => {
  const what = {
    overview: { width: 400, height: 100, channels: 3, data: new Uint8Array(120_000).fill(230) },
    size: { width: 400, height: 100 },
  };
  const name = `a name that is long enough for a line of its own & <more>`;
  const { at, info } = await preview('legend.jpg', { ...what, classes: [red, { ...blue, name }] }, () => 0);
  // A machine without fonts gives no legend.
  if (info.height === 100) return;
  expect(info.height).toBe(180);
  expect(at(20, 120)[0]! - at(20, 120)[2]!).toBeGreaterThan(150);
  expect(at(20, 160)[2]! - at(20, 160)[0]!).toBeGreaterThan(150);
});

test('the legend has a bar of a round length where the size of a pixel is known', async () => {
  expect(scaleBar(1600, 2.5)).toEqual({ length: 200, text: '500 µm' });
  expect(scaleBar(1600, 40)).toEqual({ length: 250, text: '10 mm' });
  expect(scaleBar(300, 0.0123)).toEqual({ length: 41, text: '0.5 µm' });
  fc.assert(
    fc.property(fc.integer({ min: 240, max: 1600 }), fc.double({ min: 0.01, max: 200, noNaN: true }), (width, um) => {
      const { length, text } = scaleBar(width, um);
      const [, value, unit] = /^([\d.]+) (mm|µm)$/.exec(text)!;
      expect(length).toBe(Math.round((Number(value) * (unit === 'mm' ? 1000 : 1)) / um));
      expect(length).toBeLessThanOrEqual(width / 6 + 0.5);
      expect(length).toBeGreaterThan(width / 16);
    }),
  );
  const what = {
    overview: { width: 600, height: 100, channels: 3, data: new Uint8Array(180_000).fill(230) },
    size: { width: 6000, height: 1000 },
    classes: [red],
  } as const;
  const { at, info } = await preview('bar.jpg', { ...what, mpp: { x: 0.5, y: 0.5 } }, () => 0);
  if (info.height === 100) return;
  // A px of the picture has 5 µm, so the bar of 500 µm has 100.
  const dark = Array.from({ length: 600 }, (_, x) => at(x, 120)).filter((rgb) => Math.max(...rgb) < 60).length;
  expect(dark).toBeGreaterThan(95);
  expect(dark).toBeLessThan(140);
});

test('the picture does not depend on how the rows were split', async () => {
  const labelAt = (x: number, y: number) => (Math.hypot(x - 300, y - 200) < 150 ? 1 : x > 600 ? 2 : 0);
  const what = { overview, size: { width: 777, height: 555 }, classes: [red, blue] };
  const [a, b] = [await preview('a.jpg', what, labelAt, 555), await preview('b.jpg', what, labelAt, 7)];
  for (let y = 0; y < 150; y++) for (let x = 0; x < 200; x++) expect(a.at(x, y)).toEqual(b.at(x, y));
});

test('the overview stays as it is, also where the preview is as large', async () => {
  const own = { ...overview, data: overview.data.slice() };
  await preview('own.jpg', { overview: own, size: { width: 200, height: 150 }, classes: [red] }, () => 1);
  expect(Buffer.compare(own.data, overview.data)).toBe(0);
});

/** A picture that may be painted over. */
const copied = (slide: Pixels): Pixels => ({ ...slide, data: slide.data.slice() });

test('the tint of a pixel without border is in proportion to its share', () => {
  const slide = { width: 3, height: 1, channels: 3, data: new Uint8Array(9).fill(200) };
  const share = (value: number) => new Uint8Array(3).fill(value);
  fc.assert(
    fc.property(fc.nat(255), (value) => {
      const { picture, paint } = painter(copied(slide), [share(value)], [{ ...red, color: [0, 200, 200] }], undefined);
      paint(1);
      const [r, g] = picture;
      expect(r).toBe(Math.round(200 - 200 * 0.36 * (value / 255)));
      expect(g).toBe(200);
    }),
  );
});

test('a picture that is painted as its shares become known is that which is painted at once', () => {
  const pictures = fc.record({
    width: fc.constantFrom(5, 800),
    height: fc.integer({ min: 1, max: 12 }),
    seed: fc.integer({ min: 1, max: 1000 }),
    steps: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 12 }),
    skips: fc.boolean(),
  });
  fc.assert(
    fc.property(pictures, ({ width, height, seed, steps, skips }) => {
      const pixels = width * height;
      const slide = { width, height, channels: 3, data: Uint8Array.from({ length: 3 * pixels }, (_, i) => (i * seed) % 251) };
      const whole = [0, 1].map((c) => Uint8Array.from({ length: pixels }, (_, i) => (((i + c) * seed) % 7) * 36));
      const skipped = skips ? Uint8Array.from({ length: pixels }, (_, i) => +((i * seed) % 5 === 0)) : undefined;
      const atOnce = painter(copied(slide), whole, [red, blue], skipped);
      atOnce.paint(height);

      const shares = whole.map((plane) => new Uint8Array(plane.length));
      const { picture, paint } = painter(copied(slide), shares, [red, blue], skipped);
      for (let known = 0, step = 0; known < height; step++) {
        const next = Math.min(height, known + steps[step % steps.length]!);
        for (const [c, plane] of shares.entries()) plane.set(whole[c]!.subarray(known * width, next * width), known * width);
        known = next;
        paint(known);
      }
      expect(Buffer.compare(picture, atOnce.picture)).toBe(0);
    }),
  );
});

test('labels of no class, missing rows and a missing folder are errors that leave nothing', async () => {
  const at = mkdtempSync(join(folder, 'bad-'));
  const path = join(at, 'p.jpg');
  const rows = { y: 0, width: 2000, height: 20, channels: 1, data: new Uint8Array(40_000).fill(9) };
  const sink = await createPreview(path, { overview, size, classes: [red] });
  await expect(sink.write(rows)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(/^a label near column 0, rows 0 to \d+ belongs to no class$/),
  });
  await sink.abort();
  await sink.abort();
  await expect(sink.finish()).rejects.toMatchObject({ code: expect.stringMatching(/usage|aborted/) });
  const short = await createPreview(path, { overview, size, classes: [red] });
  await expect(short.finish()).rejects.toMatchObject({ message: expect.stringContaining('expected 1500 rows') });
  expect(readdirSync(at)).toEqual([]);
  await expect(createPreview(join(at, 'no', 'p.jpg'), { overview, size, classes: [] })).rejects.toMatchObject({
    code: 'output',
  });
});
