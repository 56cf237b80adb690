import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findObjects } from '../../../dist/objects/find.js';
import { imagescopeForm } from '../../../dist/objects/formats/imagescope.js';
import { objectMeter } from '../../../dist/objects/measured.js';
import { configOf, defaultConfig } from '../../../dist/truth/config.js';
import { openTruth } from '../../../dist/truth/open.js';
import { readLabels } from '../read.js';

const folder = mkdtempSync(join(tmpdir(), 'segtile-xml-'));
const size = { width: 12, height: 8 };
const config = configOf(
  [
    { label: 1, name: 'tumor & "more"', color: [200, 10, 0] },
    { label: 2, name: 'stroma', color: [0, 158, 115] },
  ],
  'test',
);

async function labelsOf(xml: string, own = config): Promise<string[]> {
  const path = join(folder, 'a.xml');
  writeFileSync(path, xml);
  const truth = await openTruth(path, { size, config: own, slideName: 'a' });
  const labels = await readLabels(truth.view(size));
  return Array.from({ length: size.height }, (_, y) => labels.subarray(y * size.width, (y + 1) * size.width).join(''));
}

const vertices = (tag: string, points: readonly (readonly [number, number])[]): string =>
  `<Vertices>${points.map(([x, y]) => `<${tag} X="${x}" Y="${y}"/>`).join('')}</Vertices>`;
const box = [
  [1, 1],
  [11, 1],
  [11, 7],
  [1, 7],
] as const;
const hole = [
  [3, 2],
  [9, 2],
  [9, 6],
  [3, 6],
] as const;

describe('XML of annotations', () => {
  it('of Halo: layers by name, holes, rectangles by two corners, and what has no area passed over', async () => {
    const xml = `<?xml version="1.0"?><Annotations>
      <Annotation LineColor="65280" Name="stroma" Visible="True"><Regions>
        <Region Type="Polygon" HasEndcaps="0" NegativeROA="0">${vertices('V', box)}<Comments/></Region>
        <Region Type="Polygon" HasEndcaps="0" NegativeROA="1">${vertices('V', hole)}</Region>
        <Region Type="Pin" NegativeROA="0">${vertices('V', [[2, 2]])}</Region>
      </Regions></Annotation>
      <Annotation LineColor="65280" Name="tumor &amp; &quot;more&quot;"><Regions>
        <Region Type="Rectangle" NegativeROA="0">${vertices('V', [
          [4, 3],
          [7, 5],
        ])}</Region>
      </Regions></Annotation></Annotations>`;
    expect(await labelsOf(xml)).toEqual([
      '000000000000',
      '022222222220',
      '022000000220',
      '022011100220',
      '022011100220',
      '022000000220',
      '022222222220',
      '000000000000',
    ]);
  });

  it('of ImageScope: the class of a layer without a name by its regions, else by its colour; ellipses', async () => {
    const region = (text: string, type: number, points: readonly (readonly [number, number])[]) =>
      `<Region Id="1" Type="${type}" Text="${text}" NegativeROA="0">${vertices('Vertex', points)}</Region>`;
    const xml = `<Annotations MicronsPerPixel="0.5"><Annotation Id="1" Name="" LineColor="7577088"><Regions>
      <RegionAttributeHeaders/>${region('', 0, box)}</Regions></Annotation>
      <Annotation Id="2" Name="" LineColor="0"><Regions>${region('tumor &amp; &quot;more&quot;', 2, [
        [2, 0],
        [8, 8],
      ])}</Regions></Annotation></Annotations>`;
    // 7577088 is (0, 158, 115) from the lowest byte on.
    const rows = await labelsOf(xml);
    expect(rows[1]).toBe('022111122220');
    expect(rows[4]!.slice(2, 8)).toBe('111111');
    expect(rows[0]![5]).toBe('1');
  });

  it('of no annotations is refused, and a negative region that lies nowhere is told', async () => {
    await expect(labelsOf('<svg/>')).rejects.toThrow('no annotations of ImageScope or Halo');
    const lost = `<Annotations><Annotation Name="stroma"><Regions><Region Type="0" NegativeROA="1">${vertices('V', box)}</Region></Regions></Annotation></Annotations>`;
    await expect(labelsOf(lost)).rejects.toThrow('1 that are negative, and lie in no other');
  });

  it('that segtile writes gives the mask back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .array(fc.constantFrom(0, 0, 1, 1, 2), { minLength: 96, maxLength: 96 })
          .filter((all) => all.some((each) => each > 0)),
        async (values) => {
          const form = { classes: config.classes, scale: { x: 1, y: 1 }, mpp: undefined, probabilities: false };
          const { head, tail, layers, object } = imagescopeForm(form);
          const meter = objectMeter(form);
          const texts = new Map<number, string>();
          const finder = findObjects((found) => {
            texts.set(found.label, (texts.get(found.label) ?? '') + object(meter.measure(found)));
          });
          for (let y = 0; y < size.height; y++) finder.row(Uint8Array.from(values.slice(y * size.width, (y + 1) * size.width)));
          finder.finish();
          const xml = `${head}${layers.map((each) => `${each.head}${texts.get(each.label) ?? ''}${each.tail}`).join('')}${tail}`;
          expect((await labelsOf(xml)).join('')).toBe(values.join(''));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('needs no classes where there is one layer', async () => {
    const xml = `<Annotations><Annotation Name="x"><Regions><Region Type="0">${vertices('Vertex', box)}</Region></Regions></Annotation></Annotations>`;
    expect((await labelsOf(xml, defaultConfig()))[1]).toBe('011111111110');
  });
});
