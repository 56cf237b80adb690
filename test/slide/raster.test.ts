import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Metadata } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRaster } from '../../dist/slide/raster.js';
import { requireCredible } from '../../dist/slide/raster-claims.js';
import { gather, pixelsAt } from './memory.js';

const width = 301;
const height = 211;
const { data } = pixelsAt(0, { start: 0, length: width }, { start: 0, length: height });
const raw = { width, height, channels: 3 } as const;
const rows = { start: 0, length: height };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segtile-raster-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function save(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

async function readAll(path: string): Promise<Int16Array> {
  const slide = await openRaster(path);
  return gather(
    slide.readBands(0, { start: 0, length: slide.height }, () => [{ start: 0, length: slide.width }]),
    slide.width,
    { start: 0, length: slide.height },
  );
}

describe('openRaster', () => {
  it('reads a PNG to the pixels that were saved', async () => {
    for (const progressive of [false, true]) {
      const path = await save(`${progressive}.png`, await sharp(data, { raw }).png({ progressive }).toBuffer());
      expect([...(await readAll(path))]).toEqual([...data]);
    }
  });

  it('reads a JPEG as sharp decodes it whole', async () => {
    for (const progressive of [false, true]) {
      const path = await save(`${progressive}.jpg`, await sharp(data, { raw }).jpeg({ progressive }).toBuffer());
      expect([...(await readAll(path))]).toEqual([...(await sharp(path).raw().toBuffer())]);
    }
  });

  it('reads rows and columns alone', async () => {
    const path = await save('part.png', await sharp(data, { raw }).png().toBuffer());
    const slide = await openRaster(path);
    const part = { start: 100, length: 50 };
    const bands = slide.readBands(0, part, () => [
      { start: 10, length: 5 },
      { start: 40, length: 7 },
    ]);
    const image = await gather(bands, width, part);
    const at = (x: number, y: number) => [...image.slice(((y - 100) * width + x) * 3, ((y - 100) * width + x) * 3 + 3)];
    const truth = (x: number, y: number) => [...data.slice((y * width + x) * 3, (y * width + x) * 3 + 3)];
    for (const x of [10, 14, 40, 46]) for (const y of [100, 149]) expect(at(x, y)).toEqual(truth(x, y));
    expect(at(9, 100)).toEqual([-1, -1, -1]);
    const none = await gather(
      slide.readBands(0, rows, () => []),
      width,
      rows,
    );
    expect(none.every((sample) => sample === -1)).toBe(true);
  });

  it('reads an image of many pixels in bands', async () => {
    for (const [name, image] of Object.entries({
      'tall.png': sharp(data, { raw }).png(),
      'tall.jpg': sharp(data, { raw }).jpeg(),
    })) {
      const path = await save(name, await image.toBuffer());
      const slide = await openRaster(path, undefined, 100_000);
      const heights: number[] = [];
      const all = () => [{ start: 0, length: width }];
      for await (const band of slide.readBands(0, rows, all)) heights.push(band.height);
      expect(heights).toEqual([106, 105]);
      expect([...(await gather(slide.readBands(0, rows, all), width, rows))]).toEqual([
        ...(await sharp(path).raw().toBuffer()),
      ]);
    }
  });

  it('says what it is, and takes only the microns per pixel that it is given', async () => {
    const path = await save('what.png', await sharp(data, { raw }).withMetadata({ density: 25400 }).png().toBuffer());
    expect(await openRaster(path)).toMatchObject({ path, format: 'PNG', width, height, mpp: undefined });
    const slide = await openRaster(path, { mpp: 0.5 });
    expect(slide.mpp).toEqual({ x: 0.5, y: 0.5, source: '--slide-mpp' });
    expect(slide.levels).toEqual([
      {
        index: 0,
        width,
        height,
        downsample: 1,
        blockWidth: width,
        blockHeight: height,
        layout: 'whole',
        compression: 'Deflate',
      },
    ]);
    const jpeg = await save('what.jpg', await sharp(data, { raw }).jpeg().toBuffer());
    expect(await openRaster(jpeg)).toMatchObject({ format: 'JPEG', levels: [{ compression: 'JPEG' }] });
  });

  it('turns grey, palettes and transparency into RGB over white', async () => {
    const grey = Uint8Array.from({ length: 6 }, (_, i) => i * 50);
    const size = { width: 3, height: 2 };
    const rgb = [...grey].flatMap((value) => [value, value, value]);
    const png = await sharp(grey, { raw: { ...size, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).channels).toBe(1);
    expect([...(await readAll(await save('grey.png', png)))]).toEqual(rgb);

    const palette = await sharp(Uint8Array.from([0, 0, 0, 255, 0, 0]), { raw: { width: 2, height: 1, channels: 3 } })
      .png({ palette: true })
      .toBuffer();
    expect((await sharp(palette).metadata()).isPalette).toBe(true);
    expect([...(await readAll(await save('palette.png', palette)))]).toEqual([0, 0, 0, 255, 0, 0]);

    const alpha = Uint8Array.from([10, 20, 30, 255, 10, 20, 30, 0]);
    const overlay = await sharp(alpha, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    expect([...(await readAll(await save('alpha.png', overlay)))]).toEqual([10, 20, 30, 255, 255, 255]);
  });

  it('does not turn the image, and ignores its colour profile', async () => {
    const turned = await sharp(data, { raw }).withMetadata({ orientation: 6 }).withIccProfile('p3').jpeg().toBuffer();
    const path = await save('turned.jpg', turned);
    expect(await openRaster(path)).toMatchObject({ width, height });
    const stored = await sharp(path, { ignoreIcc: true }).raw().toBuffer();
    expect([...(await readAll(path))]).toEqual([...stored]);
  });

  it('refuses what it would read wrongly', async () => {
    const deep = await sharp(new Uint16Array(12), { raw: { width: 2, height: 2, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    await expect(openRaster(await save('deep.png', deep))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('deep.png has samples of type ushort, not 8 bits'),
    });
    const cmyk = await sharp(data, { raw }).toColourspace('cmyk').jpeg().toBuffer();
    await expect(openRaster(await save('cmyk.jpg', cmyk))).rejects.toMatchObject({ code: 'unsupported' });
    const webp = await sharp(data, { raw }).webp().toBuffer();
    await expect(openRaster(await save('image.webp', webp))).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('does not take a missing, foreign or truncated file for a slide', async () => {
    await expect(openRaster(join(folder, 'none.png'))).rejects.toMatchObject({ name: 'SegtileError', code: 'input' });
    await expect(openRaster(await save('text.png', Buffer.from('no image')))).rejects.toMatchObject({ code: 'input' });
    const images = { 'cut.png': sharp(data, { raw }).png(), 'cut.jpg': sharp(data, { raw }).jpeg() };
    for (const [name, image] of Object.entries(images)) {
      const path = await save(`whole-${name}`, await image.toBuffer());
      const bytes = await readFile(path);
      const torn = await save(name, bytes.subarray(0, bytes.length / 2));
      await expect(readAll(torn)).rejects.toMatchObject({ code: 'input', message: expect.stringContaining(name) });
    }
  });

  it('does not believe a size for which the file has far too few bytes', async () => {
    const jpeg = async (options: object) => {
      const bytes = await sharp(data, { raw }).resize(16).jpeg(options).toBuffer();
      const frame = bytes.indexOf(Buffer.of(0xff, options === plain ? 0xc0 : 0xc2));
      bytes.writeUInt16BE(65_500, frame + 5);
      bytes.writeUInt16BE(65_500, frame + 7);
      return bytes;
    };
    const plain = {};
    const png = await sharp(data, { raw }).resize(16).png().toBuffer();
    png.writeUInt32BE(65_500, 16);
    png.writeUInt32BE(65_500, 20);
    png.writeInt32BE(crc32(png.subarray(12, 29)), 29);
    const files = { 'claims.jpg': await jpeg(plain), 'slowly.jpg': await jpeg({ progressive: true }), 'claims.png': png };
    for (const [name, bytes] of Object.entries(files)) {
      await expect(openRaster(await save(name, bytes)), name).rejects.toMatchObject({
        code: 'input',
        message: expect.stringMatching(/claims 65500 × 65500 pixels, which take more than its \d{3,4} bytes$/),
      });
    }
  });

  it('believes images of one colour, which take the fewest bytes', async () => {
    const one = () => sharp({ create: { width: 3000, height: 2000, channels: 3, background: '#c80a63' } });
    const files = {
      'one.jpg': one().jpeg({ quality: 1 }),
      'slow.jpg': one().jpeg({ quality: 1, progressive: true }),
      'one.png': one().png({ compressionLevel: 9 }),
      'bits.png': one().toColourspace('b-w').png({ palette: true, colours: 2, compressionLevel: 9 }),
    };
    for (const [name, image] of Object.entries(files)) {
      expect(await openRaster(await save(name, await image.toBuffer())), name).toMatchObject({ width: 3000, height: 2000 });
    }
  });

  it('refuses what its format has decoded as a whole where that takes too much memory', () => {
    const size = { width: 20_000, height: 20_000, channels: 3, isProgressive: true } as const;
    for (const format of ['jpeg', 'png'] as const) {
      expect(() => requireCredible('large', { ...size, format } as Metadata, 2 ** 30)).toThrow(
        expect.objectContaining({ code: 'unsupported', hint: expect.stringContaining('tiled TIFF') }),
      );
      expect(() => requireCredible('large', { ...size, format, isProgressive: false } as Metadata, 2 ** 30)).not.toThrow();
    }
  });
});

/** The checksum of a chunk of a PNG (W3C, Portable Network Graphics, 3rd edition, annex D). */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}
