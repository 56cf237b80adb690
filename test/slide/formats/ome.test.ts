import fc from 'fast-check';
import { expect, test } from 'vitest';
import { omeLayout } from '../../../dist/slide/formats/ome.js';
import { channelPlanes, readOme } from '../../../dist/slide/formats/ome-planes.js';
import type { Directory } from '../../../dist/tiff/directory.js';
import { memorySource, plainDirectory } from '../../tiff/pictures.ts';

const pages = (count: number, samples: number, width = 40, height = 30): Directory[] =>
  Array.from({ length: count }, (_, index) => ({
    ...plainDirectory(width, height),
    index,
    samples,
    bits: Array(samples).fill(8),
    photometric: samples === 1 ? 1 : 2,
  }));

const lay = (xml: string, directories: readonly Directory[]) =>
  omeLayout(
    {
      source: memorySource(new Uint8Array(8)),
      big: false,
      littleEndian: true,
      directories,
      oddities: [],
      subDirectories: async () => [],
    },
    xml,
  );

const pixels = (attributes: string, inside = '<TiffData/>') =>
  `<OME><Image ID="Image:0"><Pixels ${attributes} Type="uint8">${inside}</Pixels></Image></OME>`;

const sizes = fc.record({
  C: fc.integer({ min: 1, max: 5 }),
  Z: fc.integer({ min: 1, max: 5 }),
  T: fc.integer({ min: 1, max: 4 }),
});
const order = fc.constantFrom('XYCZT', 'XYCTZ', 'XYZCT', 'XYZTC', 'XYTCZ', 'XYTZC');

test('planes without places follow each other in the order of the dimensions', () => {
  fc.assert(
    fc.property(sizes, order, fc.nat(), fc.nat(), ({ C, Z, T }, dimensionOrder, anyZ, anyT) => {
      const [image] = readOme(pixels(`DimensionOrder="${dimensionOrder}" SizeC="${C}" SizeZ="${Z}" SizeT="${T}"`));
      const all: Record<string, number>[] = [{}];
      // The axis that comes last in the name is the slowest.
      for (const axis of [...dimensionOrder.slice(2)].reverse()) {
        const size = { C, Z, T }[axis as 'C' | 'Z' | 'T'];
        all.splice(0, all.length, ...all.flatMap((at) => Array.from({ length: size }, (_, i) => ({ ...at, [axis]: i }))));
      }
      const [z, t] = [anyZ % Z, anyT % T];
      const expected = Array.from({ length: C }, (_, c) => all.findIndex((at) => at.C === c && at.Z === z && at.T === t));
      expect(channelPlanes(image!, z, t, 1)).toEqual(expected);
    }),
  );
});

test('planes that are placed one by one are where they are said to be', () => {
  fc.assert(
    fc.property(sizes, order, fc.infiniteStream(fc.nat(1000)), ({ C, Z, T }, dimensionOrder, numbers) => {
      const ifds = Array.from({ length: C * Z * T }, () => numbers.next().value!);
      const placed = ifds.map((ifd, i) => {
        const [c, z, t] = [i % C, Math.floor(i / C) % Z, Math.floor(i / C / Z)];
        return `<TiffData FirstC="${c}" FirstZ="${z}" FirstT="${t}" IFD="${ifd}" PlaneCount="1"/>`;
      });
      const [image] = readOme(
        pixels(`DimensionOrder="${dimensionOrder}" SizeC="${C}" SizeZ="${Z}" SizeT="${T}"`, placed.join('')),
      );
      const [z, t] = [Z - 1, T - 1];
      expect(channelPlanes(image!, z, t, 1)).toEqual(ifds.slice((t * Z + z) * C, (t * Z + z + 1) * C));
    }),
  );
});

test('a stack in colour: its channels lie in one directory, the middle plane is read', async () => {
  const xml = pixels('DimensionOrder="XYCZT" SizeX="40" SizeY="30" SizeC="3" SizeZ="5" SizeT="1"');
  const directories = pages(5, 3);
  const { levels, channels, notes, refusal } = await lay(xml, directories);
  expect(levels).toEqual([[directories[2]]]);
  expect({ channels, refusal }).toEqual({ channels: [], refusal: undefined });
  expect(notes).toEqual(['of 5 focal planes, the middle one is read (z 2, counted from 0)']);
});

test('a directory that the file lacks is a refusal', async () => {
  const { refusal } = await lay(pixels('DimensionOrder="XYCZT" SizeC="4" SizeZ="1" SizeT="1"'), pages(3, 1));
  expect(refusal?.message).toBe('lacks channel 3 of the 4 that its OME-XML lists');
});

test.each([
  ['that is in another file', '<OME><BinaryOnly MetadataFile="all.companion.ome" UUID="urn:uuid:1"/></OME>'],
  ['that names directories which are not there', pixels('SizeC="3" SizeZ="1" SizeT="1"', '<TiffData IFD="99"/>')],
])('XML %s: three grey images are not taken for colours, one image is read', async (_, xml) => {
  const three = await lay(xml, pages(3, 1));
  expect(three.refusal).toMatchObject({
    message: 'has several images, but its OME-XML does not say what they are',
    liftedByChannels: true,
  });
  expect((await lay(xml, pages(1, 3))).refusal).toBeUndefined();
});
