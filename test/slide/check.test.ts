import sharp from 'sharp';
import { expect, test } from 'vitest';
import { checkSlide } from '../../dist/slide/check.js';
import type { Slide } from '../../dist/slide/slide.js';
import { inspectTiff } from '../../dist/slide/tiff.js';
import { memorySource, picture } from '../tiff/pictures.ts';

/** A pyramid of LZW tiles of 64 pixels: 10 × 8 of them, 5 × 4, and so on. */
const file = sharp(picture(640, 512).data, { raw: { width: 640, height: 512, channels: 3 } })
  .tiff({ tile: true, tileWidth: 64, tileHeight: 64, pyramid: true, compression: 'deflate' })
  .toBuffer();

async function open(bytes: Uint8Array): Promise<Slide> {
  return (await inspectTiff(memorySource(bytes), {})).slide;
}

test('every block of a whole file is decoded', async () => {
  const slide = await open(await file);
  const blocks = 80 + 20 + 6 + 2 + 1;
  const seen: number[] = [];
  expect(await checkSlide(slide, (done, total) => seen.push(done, total))).toEqual({ blocks, badBlocks: 0, bad: [] });
  expect(seen.slice(-2)).toEqual([blocks, blocks]);
});

test('damaged blocks are all found, with level, number, codec and place', async () => {
  const bytes = Buffer.from(await file);
  const whole = await open(bytes);
  const damaged = [
    [0, 3],
    [0, 77],
    [1, 0],
  ] as const;
  const places = damaged.map(([level, block]) => whole.blockPlaces!(level, block)[0]!);
  for (const { offset, bytes: length } of places) bytes.fill(0, offset, offset + Math.min(length, 40));
  const { badBlocks, bad } = await checkSlide(await open(bytes), () => {});
  expect(badBlocks).toBe(3);
  expect(bad).toMatchObject(damaged.map(([level, block], i) => ({ level, block, codec: 'deflate', places: [places[i]] })));
  expect(bad[1]!.message).toMatch(/block 77 \(deflate, at byte \d+\) in level 0/);
});

test('of many bad blocks the first ten are told', async () => {
  const bytes = Buffer.from(await file);
  const whole = await open(bytes);
  for (let block = 0; block < 80; block++) {
    const { offset } = whole.blockPlaces!(0, block)[0]!;
    bytes.fill(0, offset, offset + 20);
  }
  const { badBlocks, bad } = await checkSlide(await open(bytes), () => {});
  expect(badBlocks).toBe(80);
  expect(bad.map(({ block }) => block)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a check that is stopped fails as stopped', async () => {
  const controller = new AbortController();
  const check = checkSlide(await open(await file), () => controller.abort(), controller.signal);
  await expect(check).rejects.toMatchObject({ code: 'aborted' });
});
