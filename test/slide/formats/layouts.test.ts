import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { ByteSource } from '../../../dist/io/source.js';
import { openSlide } from '../../../dist/slide/open.js';
import type { Slide } from '../../../dist/slide/slide.js';
import { inspectTiff, type SlideOptions } from '../../../dist/slide/tiff.js';
import { sharedFile } from '../../shared.ts';
import { gather, memorySource, picture } from '../../tiff/pictures.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/slide/${name}`, import.meta.url));

function readLevel(slide: Slide, level: number): Promise<Uint8Array> {
  const { width, height } = slide.levels[level]!;
  const all = [{ start: 0, length: width }];
  return gather(
    slide.readBands(level, { start: 0, length: height }, () => all),
    width,
    height,
  );
}

/** Some samples of a picture with many, as red, green and blue. */
function samplesOf(width: number, height: number, channels: number, picked: readonly number[]): Uint8Array {
  const { data } = picture(width, height, channels);
  return Uint8Array.from({ length: width * height * 3 }, (_, at) => data[Math.floor(at / 3) * channels + picked[at % 3]!]!);
}

async function expectPixels(name: string, options: SlideOptions, truths: readonly Uint8Array[], facts: object): Promise<void> {
  const slide = await openSlide(fixture(name), options);
  expect(slide).toMatchObject(facts);
  expect(slide.levels.length).toBe(truths.length);
  for (const [level, truth] of truths.entries()) expect(Buffer.compare(await readLevel(slide, level), truth)).toBe(0);
  await slide.close();
}

const rgb = (width: number, height: number) => picture(width, height).data;

test.each([
  ['three', ['4', '0', '3'], [4, 0, 3]],
  ['one as grey', ['2'], [2, 2, 2]],
] as const)(
  '12 bits in 16 become 8 by the one rule of the slide, in every level and channel: %s',
  async (_, channels, picked) => {
    const scaled = (width: number, height: number) =>
      samplesOf(width, height, 5, picked).map((value) => Math.round((16 * value * 255) / 4095));
    await expectPixels('twelve-bits.ome.tif', { channels }, [scaled(40, 30), scaled(20, 15)], {
      sampling: '1 × 16 bit grey',
      notes: ['16-bit samples: 0 to 4095 (OME-XML SignificantBits) becomes 0 to 255'],
    });
  },
);

test.each([
  ['the first three', undefined, [0, 1, 2]],
  ['three by number', ['4', '0', '3'], [4, 0, 3]],
  ['three by name', ['pancK', 'CD8 & CD4', 'DAPI'], [3, 1, 0]],
  ['one as grey', ['CD20'], [2, 2, 2]],
] as const)('OME-TIFF with a directory for each channel: %s', async (_, channels, picked) => {
  const truths = [samplesOf(90, 61, 5, picked), samplesOf(45, 30, 5, picked)];
  await expectPixels('channels.ome.tif', { channels }, truths, {
    format: 'OME-TIFF',
    mpp: { x: 0.5, y: 0.5, source: 'OME-XML' },
    channels: ['DAPI', 'CD8 & CD4', 'CD20', 'PanCK', ''],
    notes: channels
      ? []
      : [
          'of 5 channels in directories of their own, 0 (DAPI), 1 (CD8 & CD4), 2 (CD20) are seen as red, green and blue; --channels picks others',
        ],
  });
});

test('OME-TIFF with focal planes and points in time: the middle plane of the first, and it says so', async () => {
  // C fastest, then Z: the second plane of the first time holds pages 3 to 5.
  await expectPixels('stack.ome.tif', {}, [samplesOf(40, 30, 18, [3, 4, 5])], {
    notes: [
      'of 3 focal planes, the middle one is read (z 1, counted from 0)',
      'of 2 points in time, the first is read',
      'of 3 channels in directories of their own, 0, 1, 2 are seen as red, green and blue',
    ],
  });
});

test('OME-TIFF with several images: the largest is the slide, its levels may be chained', async () => {
  await expectPixels('series.ome.tif', {}, [rgb(90, 61), rgb(45, 30)], {
    mpp: { x: 0.25 },
    channels: [],
    notes: [],
    associated: [{ kind: 'label', width: 20, height: 20 }],
  });
});

test('OME-TIFF with channels in other files is refused, naming one', async () => {
  await expect(openSlide(fixture('elsewhere.ome.tif'))).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(
      /lacks channel 1 of the 2 that its OME-XML lists: they are in other files such as second\.ome\.tif$/,
    ),
  });
});

test('QPTIFF: levels of four channels each, and what its XML says of the other images', async () => {
  const truths = [samplesOf(90, 61, 4, [3, 3, 3]), samplesOf(45, 30, 4, [3, 3, 3])];
  await expectPixels('fluorescent.qptiff', { channels: ['sox10'] }, truths, {
    format: 'QPTIFF',
    mpp: { x: 0.5, source: 'TIFF resolution tags' },
    channels: ['DAPI', 'CD8', 'CD68', 'SOX10'],
    associated: [{ kind: 'thumbnail' }, { kind: 'macro' }, { kind: 'label' }],
  });
});

test('Philips: levels without their padding, pixel size of the finest with rows first', async () => {
  const cut = (width: number, height: number, from: Uint8Array, fullWidth: number) =>
    Uint8Array.from({ length: width * height * 3 }, (_, at) => {
      const y = Math.floor(at / 3 / width);
      return from[y * fullWidth * 3 + (at - y * width * 3)]!;
    });
  const truths = [rgb(160, 96), cut(80, 48, rgb(96, 64), 96), cut(40, 24, rgb(64, 32), 64)];
  await expectPixels('philips.tiff', {}, truths, {
    format: 'Philips TIFF',
    mpp: { x: expect.closeTo(0.25, 9), y: expect.closeTo(0.26, 9), source: 'Philips DICOM_PIXEL_SPACING' },
    levels: [{ downsample: 1 }, { downsample: 2 }, { downsample: 4 }],
    associated: [{ kind: 'macro' }, { kind: 'label' }],
  });
});

test('Leica SCN: the region that was scanned, not the macro image that comes first', async () => {
  await expectPixels('leica.scn', {}, [rgb(90, 61), rgb(45, 30)], {
    format: 'Leica SCN',
    mpp: { x: 0.5, y: 0.5, source: 'Leica SCN' },
    associated: [{ kind: 'macro', width: 40, height: 60 }],
  });
});

test('Ventana BIF is refused with a way out', async () => {
  await expect(openSlide(fixture('ventana.bif'))).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/ventana\.bif is a Ventana BIF, whose tiles overlap$/),
    hint: expect.stringContaining('QuPath'),
  });
});

test('ImageJ hyperstack: the middle focal plane, channels apart', async () => {
  await expectPixels('imagej.tif', {}, [samplesOf(40, 30, 6, [2, 2, 2])], { format: 'ImageJ TIFF', channels: ['', ''] });
  await expectPixels('imagej.tif', { channels: ['1'] }, [samplesOf(40, 30, 6, [3, 3, 3])], {});
});

/** The largest difference between samples, which are as many. */
function difference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** The one JPEG stream of each image of an NDPI file, decoded whole. */
async function wholeStream(bytes: Uint8Array, at: number): Promise<Uint8Array> {
  const starts: number[] = [];
  for (let i = 0; i + 2 < bytes.length; i++)
    if (bytes[i] === 0xff && bytes[i + 1] === 0xd8 && bytes[i + 2] === 0xff) starts.push(i);
  return sharp(bytes.subarray(starts[at])).raw().toBuffer();
}

test('NDPI: one JPEG stream is read as blocks, to the pixels of the whole, from the plane in focus', async () => {
  const bytes = readFileSync(fixture('tiles.ndpi'));
  const slide = await openSlide(fixture('tiles.ndpi'));
  expect(slide).toMatchObject({
    format: 'Hamamatsu NDPI',
    mpp: { x: 0.25, source: 'TIFF resolution tags' },
    levels: [
      { width: 512, height: 520, layout: 'tiles', blockWidth: 128, blockHeight: 256 },
      { width: 256, height: 260, layout: 'strips', blockWidth: 256, blockHeight: 256 },
    ],
    associated: [{ kind: 'macro' }],
    notes: ['of 2 focal planes, the one in focus is read'],
  });
  expect(difference(await readLevel(slide, 0), await wholeStream(bytes, 1))).toBe(0);
  expect(difference(await readLevel(slide, 1), await wholeStream(bytes, 2))).toBe(0);
  await slide.close();
});

test('NDPI beyond 4 GiB: offsets with high words', async () => {
  const bytes = readFileSync(fixture('beyond-4-gib.ndpi'));
  const gap = 5 * 2 ** 30;
  const near = memorySource(bytes);
  // The file is kept without the gap between its header and the rest.
  const source: ByteSource = {
    ...near,
    size: bytes.length + gap,
    read: (fetches) =>
      near.read(
        fetches.map(({ offset, into }) => {
          if (offset >= 16 && offset < gap) throw new Error(`byte ${offset} is in the gap`);
          return { offset: offset < 16 ? offset : offset - gap, into };
        }),
      ),
  };
  const { slide, problem } = await inspectTiff(source, {});
  expect(problem).toBeUndefined();
  expect(slide.blockPlaces!(0, 0)[0]!.offset).toBeGreaterThan(2 ** 32 - 1);
  expect(difference(await readLevel(slide, 0), await wholeStream(bytes, 0))).toBe(0);
});

/** Places of some bytes in a file. */
function placesOf(bytes: Buffer, wanted: readonly number[]): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(Buffer.from(wanted)); at >= 0; at = bytes.indexOf(Buffer.from(wanted), at + 1)) places.push(at);
  return places;
}

const DRI = [0xff, 0xdd, 0, 4];
const SOF = [0xff, 0xc0, 0, 17];

test.each([
  ['an interval that does not line up', 'unsupported', /restart intervals of 17 MCUs in rows of 64/, DRI, 5, [17]],
  ['no interval', 'input', /without a frame header and restart intervals/, DRI, 4, [0, 0]],
  ['another kind of frame', 'input', /without a frame header and restart intervals/, SOF, 1, [0xc2]],
  ['no components', 'input', /without a frame header and restart intervals/, SOF, 9, [0]],
  ['a marker that is none', 'input', /restart interval 0 of memory.tif does not end with a marker/, [0xff, 0xd0], 1, [0]],
  ['a list that points outside', 'input', /lists restart interval/, undefined, 0, [0xff, 0xff, 0xff, 0xff]],
] as const)('NDPI with %s: %s', async (_, code, message, mark, after, change) => {
  const whole = readFileSync(fixture('tiles.ndpi'));
  // The second stream is level 0; its list of intervals follows its end.
  const stream = placesOf(whole, [0xff, 0xd8, 0xff])[1]!;
  const listed = placesOf(whole, [0xff, 0xd9]).find((at) => at > stream)! + 2 + 8;
  const at = mark === undefined ? listed : placesOf(whole, mark).find((place) => place > stream)! + after;
  const changed = Buffer.from(whole);
  changed.set(change, at);
  const read = async () => {
    const { slide, problem } = await inspectTiff(memorySource(changed), {});
    if (problem) throw problem;
    await readLevel(slide, 0);
  };
  await expect(read()).rejects.toMatchObject({ name: 'SegtileError', code, message: expect.stringMatching(message) });
});

test.for(['test3-DAPI-2-387.ndpi'])('%s: every level as its stream decodes whole', async (name, { skip }) => {
  const path = sharedFile(`tiff/${name}`) ?? skip('there is no shared/data');
  const slide = await openSlide(path);
  expect(slide).toMatchObject({ mpp: { x: 10_000 / 43_826 }, associated: [{ kind: 'macro' }, { kind: 'other' }] });
  expect(slide.levels.map(({ width }) => width)).toEqual([3968, 1984, 992, 496]);
  for (const { index } of slide.levels) {
    const truth = await sharp(path, { page: index, failOn: 'none', unlimited: true }).raw().toBuffer();
    expect(Buffer.compare(await readLevel(slide, index), truth)).toBe(0);
  }
  await slide.close();
});
