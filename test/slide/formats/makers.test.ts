import { expect, test } from 'vitest';
import { isLeica, leicaLayout } from '../../../dist/slide/formats/leica.js';
import { ndpiLayout } from '../../../dist/slide/formats/ndpi.js';
import { isPhilips, philipsLayout } from '../../../dist/slide/formats/philips.js';
import { isQptiff, qptiffLayout } from '../../../dist/slide/formats/qptiff.js';
import type { Directory } from '../../../dist/tiff/directory.js';
import { plainDirectory } from '../../tiff/pictures.ts';

const image = (index: number, width: number, height: number, more: Partial<Directory> = {}): Directory => ({
  ...plainDirectory(width, height),
  index,
  ...more,
});
const tiled = (index: number, width: number, height: number, more: Partial<Directory> = {}): Directory =>
  image(index, width, height, { layout: 'tiles', blockWidth: 512, blockHeight: 512, ...more });
const numbers = (levels: readonly (readonly Directory[])[]) => levels.map((pages) => pages.map(({ index }) => index));

test('QPTIFF in colour: one directory a level, whatever its size is next to the others', () => {
  const described = (type: string) => ({
    description: `<PerkinElmer-QPI-ImageDescription><ImageType>${type}</ImageType></PerkinElmer-QPI-ImageDescription>`,
  });
  const directories = [
    tiled(0, 4000, 3000, described('FullResolution')),
    image(1, 500, 375, described('Thumbnail')),
    tiled(2, 2000, 1500, described('ReducedResolution')),
    tiled(3, 500, 375, described('ReducedResolution')),
    image(4, 9000, 9000, described('Overview')),
    image(5, 300, 300, described('Label')),
  ];
  expect(directories.every(isQptiff)).toBe(true);
  const { levels, channels, associated } = qptiffLayout(directories);
  expect(numbers(levels)).toEqual([[0], [2], [3]]);
  expect(channels).toEqual([]);
  expect(associated.map(({ kind, directory }) => [kind, directory.index])).toEqual([
    ['thumbnail', 1],
    ['macro', 4],
    ['label', 5],
  ]);
});

const scan = (ifds: readonly (readonly [ifd: number, r: number, c: number, z: number])[], view: string) =>
  `<image><pixels sizeX="1000" sizeY="800">${ifds
    .map(([ifd, r, c, z]) => `<dimension ifd="${ifd}" r="${r}" c="${c}" z="${z}"/>`)
    .join('')}</pixels><view ${view}/></image>`;
const scn = (images: string) => `<scn><collection sizeX="26000000" sizeY="76000000">${images}</collection></scn>`;
const whole = 'sizeX="26000000" sizeY="76000000" offsetX="0" offsetY="0"';
const part = 'sizeX="500000" sizeY="400000" offsetX="1" offsetY="1"';
const sizes = [
  [100, 300],
  [1000, 800],
  [500, 400],
  [1000, 800],
  [500, 400],
] as const;
const leica = (xml: string) =>
  leicaLayout(sizes.map(([width, height], i) => tiled(i, width, height, { description: i === 0 ? xml : '' })));

test('Leica SCN with two channels: each level has both', () => {
  const xml = scn(
    scan([[0, 0, 0, 0]], whole) +
      scan(
        [
          [1, 0, 0, 0],
          [2, 1, 0, 0],
          [4, 1, 1, 0],
          [3, 0, 1, 0],
        ],
        part,
      ),
  );
  expect(isLeica(xml)).toBe(true);
  const { levels, channels, mpp, associated, refusal } = leica(xml);
  expect(numbers(levels)).toEqual([
    [1, 3],
    [2, 4],
  ]);
  expect(channels).toEqual(['', '']);
  expect(mpp).toEqual({ mpp: { x: 0.5, y: 0.5, source: 'Leica SCN' } });
  expect(associated).toMatchObject([{ kind: 'macro', directory: { index: 0 } }]);
  expect(refusal).toBeUndefined();
});

test('Leica SCN with focal planes: the middle one', () => {
  const { levels, notes } = leica(
    scn(
      scan(
        [
          [1, 0, 0, 0],
          [3, 0, 0, 1],
        ],
        part,
      ),
    ),
  );
  expect(numbers(levels)).toEqual([[1]]);
  expect(notes).toEqual(['of several focal planes, the middle one is read (z 0)']);
});

test('Leica SCN with several regions, or with directories that are not there, is refused', () => {
  const two = scn(scan([[0, 0, 0, 0]], whole) + scan([[1, 0, 0, 0]], part) + scan([[3, 0, 0, 0]], part));
  expect(leica(two).refusal?.message).toBe('has 2 scanned regions');
  expect(leica(scn(scan([[99, 0, 0, 0]], part))).refusal?.message).toMatch(/^lacks directories/);
  expect(leica('<scn></scn>').refusal?.message).toBe('has 0 scanned regions');
});

test('Philips without pixel spacing: levels as the file has them, size unknown', () => {
  const directories = [
    tiled(0, 1024, 1024, { software: 'Philips DP v1.0', description: '<DataObject ObjectType="DPUfsImport"></DataObject>' }),
    tiled(1, 512, 512),
  ];
  expect(isPhilips(directories[0]!)).toBe(true);
  const { levels, mpp } = philipsLayout(directories);
  expect(levels.map(([level]) => level!.width)).toEqual([1024, 512]);
  expect(mpp?.mpp).toBeUndefined();
});

test('Philips: a level whose spacing asks for other tiles than it has is left as it is', () => {
  const spacing = (mm: number) => `<Attribute Name="DICOM_PIXEL_SPACING">"${mm}" "${mm}"</Attribute>`;
  const description = `<DataObject ObjectType="DPUfsImport">${spacing(0.00025)}${spacing(0.002)}</DataObject>`;
  const { levels, mpp } = philipsLayout([tiled(0, 4096, 4096, { software: 'Philips', description }), tiled(1, 2048, 2048)]);
  expect(levels.map(([level]) => level!.width)).toEqual([4096, 2048]);
  expect(mpp?.mpp?.x).toBeCloseTo(0.25, 12);
});

test('NDPI with pixels in an encoding of its own is refused', () => {
  const hamamatsu = { lens: 20, focus: 0, captureMode: 17, mcuStarts: undefined };
  expect(ndpiLayout([image(0, 500, 400, { hamamatsu })]).refusal?.message).toMatch(/16-bit pixels .*capture mode 17/);
});
