import { expect, test } from 'vitest';
import { aperioMpp, findMpp, omeMpp, tagMpp } from '../../dist/slide/mpp.js';

const ome = (attributes: string) =>
  `<?xml version="1.0"?>\n<!-- made by hand -->\n<OME xmlns="x"><Image><Pixels ID="Pixels:0" ${attributes}/></Image></OME>`;
const aperio = 'Aperio Image Library v11.2.1 \r\n46000x32914 (240x240) JPEG|AppMag = 20|MPP = 0.4990|Left = 25.69';
const halfMicron = { x: 20_000, y: 20_000, unit: 'cm' } as const;

test('the user goes above OME-XML, that above Aperio, that above the tags', () => {
  const both = ome('PhysicalSizeX="0.3" PhysicalSizeY="0.3"');
  expect(findMpp(0.7, { description: both, resolution: halfMicron })).toEqual({ x: 0.7, y: 0.7, source: '--slide-mpp' });
  expect(findMpp(undefined, { description: both, resolution: halfMicron })).toEqual({ x: 0.3, y: 0.3, source: 'OME-XML' });
  expect(findMpp(undefined, { description: aperio, resolution: halfMicron })).toEqual({
    x: 0.499,
    y: 0.499,
    source: 'Aperio MPP',
  });
  expect(findMpp(undefined, { description: '', resolution: halfMicron })).toEqual({
    x: 0.5,
    y: 0.5,
    source: 'TIFF resolution tags',
  });
  expect(findMpp(undefined, { description: '', resolution: undefined })).toBeUndefined();
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('%s microns per pixel from the user is refused', (mpp) => {
  expect(() => findMpp(mpp, { description: '', resolution: undefined })).toThrow(
    `expected a positive number for slide-mpp but got ${mpp}`,
  );
});

test.each([
  ['PhysicalSizeX="0.25" PhysicalSizeY="0.26"', { x: 0.25, y: 0.26 }],
  ['PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="2.6e-4" PhysicalSizeYUnit="mm"', { x: 0.25, y: 0.26 }],
  ['PhysicalSizeX="0.25" PhysicalSizeXUnit="µm" PhysicalSizeY="0.25" PhysicalSizeYUnit="μm"', { x: 0.25, y: 0.25 }],
  ['PhysicalSizeX="0.25" PhysicalSizeXUnit="&#181;m" PhysicalSizeY="0.25" PhysicalSizeYUnit="&#xB5;m"', { x: 0.25, y: 0.25 }],
  ["PhysicalSizeX='0.25' PhysicalSizeY = '0.25'", { x: 0.25, y: 0.25 }],
])('OME-XML with %s', (attributes, { x, y }) => {
  const mpp = omeMpp(ome(attributes));
  expect(mpp?.source).toBe('OME-XML');
  expect(mpp?.x).toBeCloseTo(x, 12);
  expect(mpp?.y).toBeCloseTo(y, 12);
});

test.each([
  ['no size', 'SizeX="100"'],
  ['one axis only', 'PhysicalSizeX="0.25"'],
  ['a unit that is no length', 'PhysicalSizeX="1" PhysicalSizeXUnit="pixel" PhysicalSizeY="1" PhysicalSizeYUnit="pixel"'],
  ['zero', 'PhysicalSizeX="0" PhysicalSizeY="0"'],
  ['words', 'PhysicalSizeX="small" PhysicalSizeY="small"'],
])('OME-XML with %s says nothing', (_, attributes) => {
  expect(omeMpp(ome(attributes))).toBeUndefined();
});

test('other text says nothing', () => {
  expect(omeMpp('<html><Pixels PhysicalSizeX="1" PhysicalSizeY="1"/></html>')).toBeUndefined();
  expect(aperioMpp('not of that maker |MPP = 0.5')).toBeUndefined();
  expect(aperioMpp('Aperio Image Library v11\r\n100x100 |AppMag = 20')).toBeUndefined();
});

test.each([
  [400_000, 'cm', 0.025],
  [39_370, 'inch', 25_400 / 39_370],
  [1250, 'cm', 8],
  [2540, 'inch', 10],
] as const)('%d pixels per %s are a microscope', (resolution, unit, mpp) => {
  expect(tagMpp({ x: resolution, y: resolution, unit })).toEqual({ x: mpp, y: mpp, source: 'TIFF resolution tags' });
});

test.each([
  [72, 'inch'],
  [96, 'inch'],
  [300, 'inch'],
  [600, 'inch'],
  [28.35, 'cm'],
  [1, 'inch'],
  [1, 'cm'],
  [0, 'cm'],
  [4_294_967_295, 'inch'],
  [40_000, 'none'],
] as const)('%d pixels per %s are what programs write that know of no size', (resolution, unit) => {
  expect(tagMpp({ x: resolution, y: resolution, unit })).toBeUndefined();
});
