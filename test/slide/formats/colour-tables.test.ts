import { describe, expect, test } from 'vitest';
import { openSlide } from '../../../dist/slide/open.js';
import type { Slide } from '../../../dist/slide/slide.js';
import { folder, save } from '../../cli/door.ts';
import { gather } from '../../tiff/pictures.ts';
import { type RawPage, type RawTag, rawTiff } from '../../tiff/raw-tiff.ts';

const [width, height] = [24, 10];
const size = { width, height };
const samples = (seed: number) => Uint8Array.from({ length: width * height }, (_, i) => (i * 7 + seed * 91) & 255);

/** A table of 256 colours, of 16 bits a sample. */
const table = (colour: (i: number) => readonly number[]): RawTag => [
  3,
  [0, 1, 2].flatMap((c) => Array.from({ length: 256 }, (_, i) => colour(i)[c]! * 257)),
];
const green = table((i) => [0, i, 0]);
const red = table((i) => [i, 0, 0]);
/** As Fiji's "fire": not from dark to light in one colour, but smooth. */
const fire = table((i) => [Math.min(255, 2 * i), Math.max(0, 2 * i - 255), i < 128 ? i : 255 - i]);
/** As a picture of few colours, or labels, have them. */
const few = table((i) => [(i * 85) & 255, (i * 151) & 255, (i * 37) & 255]);

const page = (seed: number, colours: RawTag | undefined, description?: string): RawPage => ({
  ...size,
  strips: [samples(seed)],
  tags: {
    ...(colours && { 262: [3, [3]] as const, 320: colours }),
    ...(description !== undefined && { 270: [2, description] as const }),
  },
});

const ome = (attributes: string, inside: string, uuid = '') =>
  `<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" ${uuid}><Image ID="Image:0"><Pixels ` +
  `ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="${width}" SizeY="${height}" ${attributes}>${inside}</Pixels></Image></OME>`;

function file(...pages: readonly RawPage[]): string {
  return save(folder(), 'slide.tif', rawTiff(pages));
}

async function opened<T>(
  path: string,
  channels: readonly string[] | undefined,
  work: (slide: Slide) => Promise<T>,
): Promise<T> {
  const slide = await openSlide(path, { channels });
  try {
    return await work(slide);
  } finally {
    await slide.close();
  }
}

const everywhere = () => [{ start: 0, length: width }];
const rgbOf = (slide: Slide) => gather(slide.readBands(0, { start: 0, length: height }, everywhere), width, height);
const grey = (values: Uint8Array) => Uint8Array.from([...values].flatMap((value) => [value, value, value]));
const painted = (values: Uint8Array, [, colours]: RawTag) =>
  Uint8Array.from([...values].flatMap((value) => [0, 1, 2].map((c) => (colours as number[])[c * 256 + value]! >> 8)));

async function native(slide: Slide, count: number): Promise<number[]> {
  const reader = slide.channelReader({ count, samples: 'uint8', by: 'a model' });
  const found: number[] = [];
  for await (const band of reader.read(0, { start: 0, length: height }, everywhere)) found.push(...band.runs[0]!.pixels.data);
  return found;
}

const two = ome('SizeC="2" SizeZ="1" SizeT="1"', '<Channel Name="GFP"/><Channel Name="mCherry"/>');

describe('channels with colour tables are intensities', () => {
  test('two in OME-TIFF, each with its own', async () => {
    const path = file(page(0, green, two), page(1, red));
    await opened(path, undefined, async (slide) => {
      expect(slide.notes?.join()).toMatch(/samples are read as they are; the colour table is left to viewers/);
      expect(await rgbOf(slide)).toEqual(grey(samples(0)));
      const both = [...samples(0)].flatMap((value, i) => [value, samples(1)[i]!]);
      expect(await native(slide, 2)).toEqual(both);
    });
    await opened(path, ['mCherry'], async (slide) => {
      expect(await rgbOf(slide)).toEqual(grey(samples(1)));
      expect(await native(slide, 1)).toEqual([...samples(1)]);
    });
  });

  test.each([
    ['one in OME-TIFF, whatever its colours', page(0, few, ome('SizeC="1" SizeZ="1" SizeT="1"', ''))],
    ['a green one of Fiji', page(0, green, 'ImageJ=1.54f\nunit=micron\n')],
    ['one of Fiji in many colours that run smoothly', page(0, fire, 'ImageJ=1.54f\n')],
  ])('%s', async (_, only) => {
    await opened(file(only), undefined, async (slide) => {
      expect(slide.notes?.join()).toMatch(/samples are read as they are; the colour table.* is left to viewers/);
      expect(slide.sampling).toBe('1 × 8 bit grey');
      expect(await rgbOf(slide)).toEqual(grey(samples(0)));
      expect(await native(slide, 1)).toEqual([...samples(0)]);
    });
  });
});

describe('pictures with palettes have its colours', () => {
  test.each([
    ['alone', [page(0, green)]],
    ['of ImageJ, in colours that do not run smoothly', [page(0, few, 'ImageJ=1.54f\n')]],
    ['two, of which the first is read', [page(0, few), page(1, few)]],
    ['three, which are not red, green and blue', [page(0, green), page(1, red), page(2, few)]],
  ])('%s', async (_, pages) => {
    const path = file(...pages);
    await opened(path, undefined, async (slide) => {
      expect(slide.notes?.join()).toContain('colours of the palette');
      if (pages.length > 1) expect(slide.notes?.join()).toMatch(/^of \d images of 24 × 10, that in directory 0 is read/);
      expect(await rgbOf(slide)).toEqual(painted(samples(0), pages[0]!.tags![320]!));
      expect(() => slide.channelReader({ count: 1, samples: 'uint8', by: 'a model' })).toThrow(/does not keep channels apart/);
    });
    // Who names the channel wants the numbers themselves.
    await opened(path, ['0'], async (slide) => {
      expect(await rgbOf(slide)).toEqual(grey(samples(0)));
      expect(await native(slide, 1)).toEqual([...samples(0)]);
    });
  });
});

describe('OME-TIFF in several files', () => {
  const place = (first: string, ifd: number, name: string, id: number) =>
    `<TiffData ${first} IFD="${ifd}" PlaneCount="1"><UUID FileName="${name}">urn:uuid:${id}</UUID></TiffData>`;
  const planes = (axis: string, own: readonly number[], all: number) =>
    Array.from({ length: all }, (_, i) =>
      own.includes(i)
        ? place(`First${axis}="${i}"`, own.indexOf(i), 'here.ome.tif', 1)
        : place(`First${axis}="${i}"`, 0, `f${i}.ome.tif`, 2 + i),
    ).join('');
  const several = (attributes: string, axis: string, own: readonly number[], all: number) =>
    file(
      ...own.map((seed, i) =>
        page(seed, undefined, i === 0 ? ome(attributes, planes(axis, own, all), 'UUID="urn:uuid:1"') : undefined),
      ),
    );

  test.each([
    ['the first of five focal planes', [0], 0],
    ['the last', [4], 4],
    ['two, of which one is in the middle', [1, 2], 2],
    ['two beside the middle', [0, 3], 3],
  ])('%s', async (_, own, z) => {
    await opened(several('SizeC="1" SizeZ="5" SizeT="1"', 'Z', own, 5), undefined, async (slide) => {
      const other = [0, 1, 2, 3, 4].find((each) => !own.includes(each));
      expect(slide.notes).toContain(`${5 - own.length} of its 5 planes are in other files such as f${other}.ome.tif`);
      expect(slide.notes?.join()).toContain(`is read (z ${z}, counted from 0)`);
      expect(await rgbOf(slide)).toEqual(grey(samples(z)));
    });
  });

  test('a later point in time', async () => {
    await opened(several('SizeC="1" SizeZ="1" SizeT="3"', 'T', [2], 3), undefined, async (slide) => {
      expect(slide.notes).toContain('of 3 points in time, the first that is here is read (t 2, counted from 0)');
      expect(await rgbOf(slide)).toEqual(grey(samples(2)));
    });
  });

  test('one of two channels: refused, unless it is named', async () => {
    for (const own of [0, 1]) {
      const path = several('SizeC="2" SizeZ="1" SizeT="1"', 'C', [own], 2);
      await expect(openSlide(path)).rejects.toMatchObject({
        message: expect.stringMatching(
          /holds 1 of 2 planes, and lacks channel \d of the 2 .* in other files such as f\d.ome.tif$/,
        ),
        hint: expect.stringContaining('--channels'),
      });
      await opened(path, ['0'], async (slide) => expect(await rgbOf(slide)).toEqual(grey(samples(own))));
    }
  });

  test('what its images are is in another file', async () => {
    const xml =
      '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><BinaryOnly MetadataFile="all.companion.ome" UUID="urn:uuid:9"/></OME>';
    await opened(file(page(0, undefined, xml)), undefined, async (slide) => {
      expect(slide.notes).toEqual(['another file, all.companion.ome, says what its images are; it is not read']);
      expect(await rgbOf(slide)).toEqual(grey(samples(0)));
    });
  });
});

describe('what becomes of samples is noted, also where they are bytes', () => {
  const rgb = { ...size, samples: 4, strips: [new Uint8Array(width * height * 4)] };
  test.each([
    ['a fourth sample that nobody explains', rgb, '8-bit samples as stored; 1 of 4 channels left out'],
    ['alpha', { ...rgb, tags: { 338: [3, [2]] as const } }, '8-bit samples as stored; over white by alpha'],
    [
      'white is zero',
      { ...page(0, undefined), tags: { 262: [3, [0]] as const } },
      '8-bit samples as stored; inverted (white is zero)',
    ],
  ] satisfies [string, RawPage, string][])('%s', async (_, only, note) => {
    await opened(file(only), undefined, async ({ notes }) => expect(notes).toEqual([note]));
  });
});
