import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { slideTiles } from '../../dist/pipeline/view/tiles/slide-tiles.js';
import type { TileReader } from '../../dist/pipeline/view/tiles/tile-reader.js';
import { openSlide } from '../../dist/slide/open.js';
import type { SlideOptions } from '../../dist/slide/tiff.js';
import { wrapperHeader } from '../../dist/tiff/codecs/wrap.js';
import { jpegCodec } from '../../dist/tiff/write/tile-codec.js';
import { writeTiff } from '../../dist/tiff/write/write.js';
import { halvedSize, mostHalvings, type TilePlace, tileBox } from '../../dist/view/pyramid.js';
import { folder, save } from '../cli/door.js';
import { picture, plainDirectory } from '../tiff/pictures.js';

const never = new AbortController().signal;
const noise = (width: number, height: number, channels: number) =>
  sharp(Buffer.from(picture(width, height, channels).data), { raw: { width, height, channels: channels as 3 } });

/** A TIFF of 600 × 520 px in nine JPEG tiles, which a program made that says more in them than TIFF needs. */
async function tiled(
  photometric: number,
  channels: number,
  damage: (tile: Buffer) => Buffer = (tile) => tile,
): Promise<string> {
  const size = { width: 600, height: 520 };
  const plain = noise(256, 256, channels).jpeg({ quality: 90 });
  const said = channels === 1 ? plain.toColourspace('b-w') : plain.withMetadata({ orientation: 6 }).withIccProfile('p3');
  const tile = await said.toBuffer();
  const blocks = Array.from({ length: 9 }, (_, i) => (i === 4 ? damage(tile) : tile));
  const places = blocks.map(({ length }, i) => ({
    offset: blocks.slice(0, i).reduce((sum, each) => sum + each.length, 0),
    bytes: length,
  }));
  const own = { samples: channels, bits: Array<number>(channels).fill(8), photometric, compression: 7 };
  const form = { layout: 'tiles', blockWidth: 256, blockHeight: 256 } as const;
  const header = wrapperHeader({ ...plainDirectory(600, 520), ...own, ...form }, size, places);
  return save(folder(), 'a.tif', Buffer.concat([header, ...blocks]));
}

async function opened(path: string, options: SlideOptions = {}): Promise<TileReader> {
  return slideTiles(await openSlide(path, options));
}

function* places(reader: TileReader): Generator<TilePlace> {
  for (let halvings = 0; halvings <= mostHalvings(reader); halvings++) {
    const { width, height } = halvedSize(reader, halvings);
    for (let row = 0; row * reader.side < height; row++)
      for (let column = 0; column * reader.side < width; column++) yield { halvings, column, row };
  }
}

/** How many tiles are passed on as they are, each of which has to show what the reader gives. */
async function passed(reader: TileReader): Promise<number> {
  let count = 0;
  for (const place of places(reader)) {
    const box = tileBox(reader, place)!;
    const file = await reader.jpeg?.(place.halvings, box, never);
    if (file === undefined) continue;
    count++;
    const { width, height, orientation, icc, exif } = await sharp(file).metadata();
    expect({ width, height, orientation, icc, exif }).toEqual({ width: box.width, height: box.height });
    const shown = await sharp(file).toColourspace('srgb').raw().toBuffer();
    expect(
      Buffer.compare(shown, (await reader.read(place.halvings, box, never)).data as Uint8Array),
      JSON.stringify(place),
    ).toBe(0);
  }
  await reader.close();
  return count;
}

test('tiles of a pyramid of JPEG go out as they are, but for those at its edge, and show what the reader gives', async () => {
  const path = join(folder(), 'a.tif');
  const form = {
    channels: 3,
    tile: 256,
    codec: jpegCodec(80),
    reduce: 'mean',
    levels: 'chained',
    mpp: { x: 0.5, y: 0.5 },
  } as const;
  const sink = await writeTiff(path, { ...form, size: { width: 1301, height: 1100 } });
  await sink.write({ y: 0, ...picture(1301, 1100) });
  await sink.finish();
  const reader = await opened(path);
  expect(reader.side).toBe(256);
  // Five columns and four rows; two and two of the half; none of the quarter but the one of 256 × 256 px.
  expect(await passed(reader)).toBe(20 + 4 + 1);
});

test.each([
  ['YCbCr', 6, 3],
  ['RGB, though JFIF says YCbCr', 2, 3],
  ['grey', 1, 1],
] as const)(
  'a tile shows %s as the reader does, without the profile and the orientation that the reader leaves out',
  async (_, photometric, channels) => {
    const reader = await opened(await tiled(photometric, channels));
    expect(reader.side).toBe(256);
    expect(await passed(reader)).toBe(4);
  },
);

test('what is shown otherwise than the file has it is decoded', async () => {
  expect((await opened(await tiled(0, 1))).jpeg).toBeUndefined();
  expect((await opened(await tiled(6, 3), { channels: ['1'] })).jpeg).toBeUndefined();
  expect((await opened(await tiled(1, 1), { range: [10, 100] })).jpeg).toBeUndefined();
});

test('a damaged tile is refused in the words of the reader', async () => {
  const cut = (tile: Buffer): Buffer => Buffer.concat([tile.subarray(0, tile.length >> 1), Buffer.of(0xff, 0xd9)]);
  const reader = await opened(await tiled(6, 3, cut));
  const box = tileBox(reader, { halvings: 0, column: 1, row: 1 })!;
  await expect(reader.jpeg!(0, box, never)).rejects.toMatchObject({
    code: 'input',
    message: expect.stringContaining('block 4'),
  });
  await expect(reader.read(0, box, never)).rejects.toMatchObject({
    code: 'input',
    message: expect.stringContaining('block 4'),
  });
});
