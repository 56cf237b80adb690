import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { openSlide } from '../../dist/slide/open.js';
import type { Slide } from '../../dist/slide/slide.js';
import { sharedFile } from '../shared.ts';
import { gather, picture } from '../tiff/pictures.ts';

const folder = mkdtempSync(join(tmpdir(), 'segtile-open-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tiff/${name}`, import.meta.url));

function made(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function readLevel(slide: Slide, level: number): Promise<Uint8Array> {
  const { width, height } = slide.levels[level]!;
  return gather(
    slide.readBands(level, { start: 0, length: height }, () => [{ start: 0, length: width }]),
    width,
    height,
  );
}

test('an Aperio slide', async () => {
  const slide = await openSlide(fixture('aperio.svs'));
  expect(slide).toMatchObject({
    format: 'Aperio SVS',
    width: 90,
    height: 61,
    mpp: { x: 0.499, y: 0.499, source: 'Aperio MPP' },
    sampling: '3 × 8 bit RGB',
    levels: [
      { index: 0, width: 90, height: 61, downsample: 1, blockWidth: 32, blockHeight: 32, layout: 'tiles', compression: 'LZW' },
      { index: 1, width: 22, height: 15, downsample: 90 / 22 },
    ],
    associated: [
      { kind: 'thumbnail', width: 45, height: 30 },
      { kind: 'label', width: 30, height: 30 },
      { kind: 'macro', width: 60, height: 20 },
    ],
  });
  expect(Buffer.compare(await readLevel(slide, 1), picture(22, 15).data)).toBe(0);
  await slide.close();
});

test('a pyramid in sub-directories, with its size in OME-XML', async () => {
  const slide = await openSlide(fixture('sub-directories.ome.tif'));
  expect(slide).toMatchObject({ format: 'OME-TIFF', mpp: { x: 0.25, y: 0.26, source: 'OME-XML' }, associated: [] });
  expect(slide.levels.map(({ width, height }) => [width, height])).toEqual([
    [90, 61],
    [45, 30],
    [22, 15],
  ]);
  for (const [level, { width, height }] of slide.levels.entries()) {
    expect(Buffer.compare(await readLevel(slide, level), picture(width, height).data)).toBe(0);
  }
  await slide.close();
});

test.each([false, true])('a pyramid of chained directories (BigTIFF: %s)', async (bigtiff) => {
  const source = picture(700, 500);
  const path = join(folder, `chained-${bigtiff}.tif`);
  await sharp(source.data, { raw: { width: 700, height: 500, channels: 3 } })
    .tiff({ tile: true, tileWidth: 128, tileHeight: 128, pyramid: true, compression: 'deflate', bigtiff })
    .toFile(path);
  const slide = await openSlide(path, { mpp: 0.7 });
  expect(slide).toMatchObject({ format: bigtiff ? 'BigTIFF' : 'TIFF', mpp: { x: 0.7, source: '--slide-mpp' } });
  expect(slide.levels.map(({ width, height }) => [width, height])).toEqual([
    [700, 500],
    [350, 250],
    [175, 125],
    [87, 62],
  ]);
  for (const level of slide.levels) {
    const truth = await sharp(path, { page: level.index }).raw().toBuffer();
    expect(Buffer.compare(await readLevel(slide, level.index), truth)).toBe(0);
  }
  expect(() => slide.readBands(4, { start: 0, length: 1 }, () => [])).toThrow('expected a level from 0 to 3');
  await slide.close();
});

test.each([
  ['a file that is not there', () => join(folder, 'nowhere.tif'), /^there is no file .*nowhere\.tif$/],
  ['a folder', () => folder, /is a folder$/],
  ['an empty file', () => made('empty.tif', ''), /is empty \(0 bytes\)$/],
  ['text', () => made('notes.tif', 'IInot an image'), /is not an image that segtile knows$/],
  ['one byte', () => made('byte.tif', 'I'), /is not an image that segtile knows$/],
  ['a header alone', () => made('header.tif', Uint8Array.of(0x49, 0x49, 42, 0)), /is damaged: its TIFF header cannot be read/],
])('%s is an error that says so', async (_, path, message) => {
  await expect(openSlide(path())).rejects.toMatchObject({
    name: 'SegtileError',
    code: 'input',
    message: expect.stringMatching(message),
  });
});

test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
  'a file that may not be read (skipped for root)',
  async () => {
    const path = made('secret.tif', 'II');
    chmodSync(path, 0);
    await expect(openSlide(path)).rejects.toMatchObject({ code: 'input', message: expect.stringMatching(/may not be read$/) });
  },
);

test.skipIf(process.platform === 'win32')('a pipe is refused, not waited for', async () => {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  await expect(openSlide(path)).rejects.toMatchObject({
    code: 'input',
    message: expect.stringMatching(/is not a regular file$/),
  });
});

test('three grey images of one size are red, green and blue', async () => {
  const slide = await openSlide(fixture('three-pages.tif'));
  expect(slide).toMatchObject({
    sampling: '1 × 8 bit grey',
    channels: ['', '', ''],
    notes: ['of 3 channels in directories of their own, 0, 1, 2 are seen as red, green and blue'],
  });
  expect(Buffer.compare(await readLevel(slide, 0), picture(90, 61).data)).toBe(0);
  await slide.close();
});

test('the user picks channels: three in any order, or one as grey', async () => {
  const truth = picture(90, 61).data;
  for (const [channels, picked] of [
    [
      ['2', '0', '0'],
      [2, 0, 0],
    ],
    [['1'], [1, 1, 1]],
  ] as const) {
    const slide = await openSlide(fixture('three-pages.tif'), { channels });
    const expected = truth.map((_, at) => truth[at - (at % 3) + picked[at % 3]!]!);
    expect(Buffer.compare(await readLevel(slide, 0), expected)).toBe(0);
    expect(slide.notes).toEqual([]);
    await slide.close();
  }
});

test.each([
  [['3'], 'has no channel "3" for --channels'],
  [['DAPI'], 'has no channel "DAPI" for --channels'],
])('channels %j are wrong use', async (channels, message) => {
  await expect(openSlide(fixture('three-pages.tif'), { channels })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(message),
  });
});

test('of a file in colour, channels are its colours', async () => {
  const whole = await openSlide(fixture('aperio.svs'));
  const truth = await readLevel(whole, 0);
  const slide = await openSlide(fixture('aperio.svs'), { channels: ['blue', '1', 'red'] });
  const expected = truth.map((_, at) => truth[at - (at % 3) + 2 - (at % 3)]!);
  expect(Buffer.compare(await readLevel(slide, 0), expected)).toBe(0);
  await Promise.all([whole.close(), slide.close()]);
  await expect(openSlide(fixture('aperio.svs'), { channels: ['3'] })).rejects.toMatchObject({
    code: 'usage',
    hint: 'its channels are 0 (red), 1 (green), 2 (blue)',
  });
});

/** Levels of cogeo.tif that libvips refuses because their tiles are much larger than they are. */
const unreadable = ['128x128', '64x64', '32x32', '16x16'];

const real: readonly (readonly [name: string, expected: object])[] = [
  [
    'CMU-1-Small-Region.svs',
    {
      format: 'Aperio SVS',
      mpp: { x: 0.499, y: 0.499 },
      associated: [{ kind: 'thumbnail' }, { kind: 'label' }, { kind: 'macro' }],
    },
  ],
  ['kidney-48-5.tif', { format: 'TIFF', width: 1493, height: 901, mpp: undefined }],
  ['rgb_lzw.tif', { width: 791, height: 718 }],
  ['cogeo.tif', { sampling: '3 × 8 bit YCbCr' }],
  ['be_cog.tiff', { width: 64, height: 64 }],
  ['quad-tile.jpg.tiff', { width: 512, height: 384 }],
  ['big-endian-bad-clip-everything-clipped.tif', { width: 1579, height: 1800 }],
];
test.for(real)('%s: every level as sharp decodes it whole', async ([name, expected], { skip }) => {
  const path = sharedFile(`tiff/${name}`) ?? skip('there is no shared/data');
  const slide = await openSlide(path);
  expect(slide).toMatchObject(expected);
  for (const { index, width, height } of slide.levels) {
    const truths: Buffer[] = [];
    for (let page = 0; page < 15; page++) {
      const input = sharp(path, { page, ignoreIcc: true });
      // Not every page is there, or one that sharp reads: some are masks of one bit.
      const found = await input.metadata().catch(() => undefined);
      if (found?.width === width && found.height === height) truths.push(await input.raw().toBuffer());
    }
    const pixels = await readLevel(slide, index);
    if (truths.length === 0) expect(unreadable).toContain(`${width}x${height}`);
    else expect(Buffer.compare(pixels, truths[0]!)).toBe(0);
  }
  await slide.close();
});

test.for([['corrupt.tif', 'input', 'is 47086 bytes at byte 260000, but the file has only 298232 bytes']] as const)(
  '%s is refused: %s, %s',
  async ([name, code, message], { skip }) => {
    const path = sharedFile(`tiff/${name}`) ?? skip('there is no shared/data');
    await expect(openSlide(path)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  },
);
