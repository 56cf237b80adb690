import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { micrometresPer } from '../../../dist/slide/mpp/length-units.js';
import { aperioMpp, findMpp, type MppClues, omeMpp, tagMpp } from '../../../dist/slide/mpp/mpp.js';

const ome = (attributes: string) =>
  `<?xml version="1.0"?>\n<!-- made by hand -->\n<OME xmlns="x"><Image><Pixels ID="Pixels:0" ${attributes}/></Image></OME>`;
const aperio = (mpp: string) =>
  `Aperio Image Library v11.2.1 \r\n46000x32914 (240x240) JPEG|AppMag = 20|MPP = ${mpp}|Left = 25.69`;
const halfMicron = { x: 20_000, y: 20_000, unit: 'cm' } as const;
const find = (clues: Partial<MppClues>) => findMpp(undefined, { description: '', resolution: undefined, ...clues });

test('the user goes above OME-XML, that above Aperio, that above the tags', () => {
  const both = ome('PhysicalSizeX="0.3" PhysicalSizeY="0.3"');
  expect(findMpp(0.7, { description: both, resolution: halfMicron }).mpp).toEqual({ x: 0.7, y: 0.7, source: '--slide-mpp' });
  expect(find({ description: both, resolution: halfMicron }).mpp).toEqual({ x: 0.3, y: 0.3, source: 'OME-XML' });
  expect(find({ description: aperio('0.4990'), resolution: halfMicron }).mpp).toMatchObject({ x: 0.499, source: 'Aperio MPP' });
  expect(find({ resolution: halfMicron })).toEqual({ mpp: { x: 0.5, y: 0.5, source: 'TIFF resolution tags' }, notes: [] });
  expect(find({})).toEqual({ mpp: undefined, notes: [] });
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.0199, 20.1, 250])('%s from the user is refused', (mpp) => {
  expect(() => findMpp(mpp, { description: '', resolution: undefined })).toThrow(
    `expected 0.02 to 20 µm per pixel for --slide-mpp but got ${mpp}`,
  );
});

test('a size for each axis from the user is refused where they are more than 1:2 apart', () => {
  const said = (x: number, y: number) => () =>
    findMpp({ x, y, source: 'a program' }, { description: '', resolution: undefined });
  expect(said(0.25, 0.5)()).toMatchObject({ mpp: { x: 0.25, y: 0.5 } });
  expect(said(0.25, 0.51)).toThrow('a program gives 0.25 × 0.51 µm per pixel, with sides more than 1:2 apart');
});

/** Every source, saying sizes in µm, and how its note begins. */
const sources = {
  'OME-XML': (x, y) => ({ description: ome(`PhysicalSizeX="${x}" PhysicalSizeY="${y}"`) }),
  'Leica SCN': (x, y) => ({ said: { mpp: { x, y, source: 'Leica SCN' } } }),
  'Aperio MPP': (x) => ({ description: aperio(`${x}`) }),
  'ImageJ unit': (x, y) => ({ description: 'ImageJ=1.54f\nunit=micron\n', resolution: { x: 1 / x, y: 1 / y, unit: 'none' } }),
  'TIFF resolution tags': (x, y) => ({ resolution: { x: 25_400 / x, y: 25_400 / y, unit: 'inch' } }),
} satisfies Record<string, (x: number, y: number) => Partial<MppClues>>;

describe.each(Object.entries(sources))('%s', (source, saying) => {
  test.each([0.02, 0.25, 8, 20])('%s µm is a microscope', (mpp) => {
    const found = find(saying(mpp, mpp));
    expect(found).toMatchObject({ mpp: { source }, notes: [] });
    expect(found.mpp!.x).toBeCloseTo(mpp, 12);
  });

  test.each([0.0005, 0.0199, 20.1, 352.8, 25_400])('%s µm is unknown, and quoted', (mpp) => {
    const { mpp: found, notes } = find(saying(mpp, mpp));
    expect(found).toBeUndefined();
    expect(notes).toEqual([expect.stringContaining(`${mpp} µm per pixel, beyond 0.02 to 20 µm`)]);
    expect(notes[0]).toMatch(new RegExp(`^${source} says? `));
  });

  test.skipIf(source === 'Aperio MPP')('sides 1:2 apart are read, more is unknown and quoted', () => {
    expect(find(saying(0.25, 0.5)).mpp?.y).toBeCloseTo(0.5, 12);
    const { mpp, notes } = find(saying(0.25, 0.6));
    expect(mpp).toBeUndefined();
    expect(notes).toEqual([expect.stringContaining('0.25 × 0.6 µm per pixel, with sides more than 1:2 apart')]);
  });

  test('whatever it says, what is used can be a slide, and what is not used is told', () => {
    const size = fc.double({ min: 1e-5, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(size, fc.double({ min: 0.2, max: 5, noNaN: true }), (x, ratio) => {
        const { mpp, notes } = find(saying(x, x * ratio));
        expect(notes.length).toBe(mpp === undefined ? 1 : 0);
        if (!mpp) return;
        expect(Math.min(mpp.x, mpp.y)).toBeGreaterThanOrEqual(0.02);
        expect(Math.max(mpp.x, mpp.y)).toBeLessThanOrEqual(20);
        expect(Math.max(mpp.x / mpp.y, mpp.y / mpp.x)).toBeLessThan(2.001);
      }),
    );
  });
});

test('what one source says wrongly, the next may say rightly; it is told', () => {
  const found = find({ description: ome('PhysicalSizeX="352.8" PhysicalSizeY="352.8"'), resolution: halfMicron });
  expect(found).toMatchObject({ mpp: { x: 0.5, source: 'TIFF resolution tags' }, notes: [expect.stringContaining('352.8')] });
});

describe('OME-XML', () => {
  test.each([
    ['PhysicalSizeX="0.25" PhysicalSizeY="0.26"', 0.25, 0.26],
    ['PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="2.6e-4" PhysicalSizeYUnit="mm"', 0.25, 0.26],
    ['PhysicalSizeX="0.25" PhysicalSizeXUnit="&#181;m" PhysicalSizeY="0.25" PhysicalSizeYUnit="&#xB5;m"', 0.25, 0.25],
    ["PhysicalSizeX='0.25' PhysicalSizeY = '0.25'", 0.25, 0.25],
  ])('%s is read', (attributes, x, y) => {
    const { mpp, notes = [] } = omeMpp(ome(attributes));
    expect(mpp?.source).toBe('OME-XML');
    expect(mpp?.x).toBeCloseTo(x, 12);
    expect(mpp?.y).toBeCloseTo(y, 12);
    expect(notes).toEqual([]);
  });

  test.each(['X', 'Y'])('with PhysicalSize%s alone pixels are square, which is said', (axis) => {
    const { mpp, notes } = omeMpp(ome(`PhysicalSize${axis}="0.25"`));
    expect(mpp).toMatchObject({ x: 0.25, y: 0.25 });
    expect(notes).toEqual([`OME-XML says PhysicalSize${axis} alone: pixels are taken to be square`]);
  });

  test('says nothing without a size', () => {
    expect(omeMpp(ome('SizeX="100"'))).toEqual({});
    expect(omeMpp('<html><Pixels PhysicalSizeX="1" PhysicalSizeY="1"/></html>')).toEqual({});
  });

  test.each([
    ['PhysicalSizeX="1" PhysicalSizeXUnit="pixel" PhysicalSizeY="1" PhysicalSizeYUnit="pixel"', '"1" in "pixel"'],
    ['PhysicalSizeX="0" PhysicalSizeY="0"', '"0" in "µm"'],
    ['PhysicalSizeX="small" PhysicalSizeY="small"', '"small" in "µm"'],
    ['PhysicalSizeX="0.5" PhysicalSizeXUnit="furlong" PhysicalSizeY="0.5"', '"0.5" in "furlong"'],
  ])('%s is no size, and quoted', (attributes, quote) => {
    const { mpp, notes } = find({ description: ome(attributes) });
    expect(mpp).toBeUndefined();
    expect(notes[0]).toContain(`${quote}, which is not a length`);
  });
});

test.each([
  ['µm', 'μm', 'um', 'Âµm', 'Î¼m', '?m', '??m', '\uFFFDm', '\\u00B5m', '\\u00b5m', ' µm ', '&micro;m'],
  ['micron', 'microns', 'Micron', 'micrometer', 'micrometers', 'Micrometre', 'micrometres'],
])('%s, … are micrometres', (...units) => {
  for (const unit of units) expect(micrometresPer(unit), unit).toBe(1);
});

test.each([
  ['nm', 1e-3],
  ['nanometers', 1e-3],
  ['mm', 1e3],
  ['Mm', 1e12],
  ['millimetre', 1e3],
  ['cm', 1e4],
  ['inch', 25_400],
  ['inches', 25_400],
  ['Å', 1e-4],
  ['A\u030A', 1e-4],
])('%s is %d µm', (unit, value) => expect(micrometresPer(unit)).toBe(value));

test.each(['pixel', '', 'µ', 'µs', 'x', 'reference frame', '?'])('"%s" is no length', (unit) => {
  expect(micrometresPer(unit)).toBeUndefined();
});

describe('Aperio', () => {
  test.each(['0.4990', '0,4990', '0.4990 ', '.499', '0.499 um'])('MPP = %s is read', (text) => {
    expect(aperioMpp(aperio(text)).mpp).toEqual({ x: 0.499, y: 0.499, source: 'Aperio MPP' });
  });

  test.each(['unknown', '0', '-1', '1e999'])('MPP = %s is no size, and quoted', (text) => {
    expect(aperioMpp(aperio(text))).toEqual({ notes: [`Aperio MPP says "${text}", which is not a size: ignored`] });
  });

  test('other text says nothing', () => {
    expect(aperioMpp('not of that maker |MPP = 0.5')).toEqual({});
    expect(aperioMpp('Aperio Image Library v11\r\n100x100 |AppMag = 20')).toEqual({});
  });
});

describe('ImageJ', () => {
  const twice = { x: 2, y: 2, unit: 'none' } as const;
  const ij = (...lines: string[]) => find({ description: ['ImageJ=1.54f', ...lines, ''].join('\n'), resolution: twice });

  test.each(['micron', 'um', 'µm', '\\u00B5m', 'microns', '\uFFFDm'])('unit=%s is what the resolution counts in', (unit) => {
    expect(ij(`unit=${unit}`)).toEqual({ mpp: { x: 0.5, y: 0.5, source: 'ImageJ unit' }, notes: [] });
  });

  test('a unit of y is its own', () => {
    const { mpp } = ij('unit=um', 'yunit=nm');
    expect(mpp).toBeUndefined();
    expect(ij('unit=um', 'yunit=um').mpp).toMatchObject({ y: 0.5 });
  });

  test('without a unit, or in pixels, nothing is said; another word is quoted', () => {
    expect(ij()).toEqual({ mpp: undefined, notes: [] });
    expect(ij('unit=pixel')).toEqual({ mpp: undefined, notes: [] });
    expect(ij('unit=parsec')).toEqual({
      mpp: undefined,
      notes: ['ImageJ says unit "parsec", which is not a length: ignored'],
    });
  });
});

test('tags without a unit say nothing', () => {
  expect(tagMpp({ x: 40_000, y: 40_000, unit: 'none' })).toEqual({});
  expect(find({ resolution: { x: 0, y: 0, unit: 'cm' } })).toEqual({ mpp: undefined, notes: [] });
});
