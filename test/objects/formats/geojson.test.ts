import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { geojsonForm, type ObjectType } from '../../../dist/objects/formats/geojson.js';
import { objectMeter } from '../../../dist/objects/measured.js';
import { textBytes } from '../../../dist/plan/text/text-bytes.js';
import { parseConfig } from '../../../dist/truth/config.js';
import { openTruth } from '../../../dist/truth/open.js';
import { folder } from '../../cli/door.ts';
import { objectsOf } from '../objects-of.ts';

const classes = [
  { label: 1, name: 'tumor "A"', color: [200, 0, 0] as const },
  { label: 2, name: 'stroma', color: [0, 158, 115] as const },
];

const masks = fc
  .record({ width: fc.integer({ min: 1, max: 15 }), height: fc.integer({ min: 1, max: 15 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      mask: fc
        .array(fc.constantFrom(0, 1, 1, 2), { minLength: width * height, maxLength: width * height })
        .map((values) => Uint8Array.from(values)),
    }),
  );

interface Feature {
  readonly type: string;
  readonly id: string;
  readonly geometry: { readonly type: string; readonly coordinates: number[][][] | number[][][][] };
  readonly properties: Readonly<Record<string, unknown>>;
}

function collectionText(
  mask: Uint8Array,
  width: number,
  scale = { x: 1, y: 1 },
  objectType: ObjectType = 'annotation',
): string {
  const form = { classes, scale, mpp: { x: 0.5, y: 0.5 }, probabilities: false };
  const meter = objectMeter(form);
  const text = geojsonForm(form, meter, objectType);
  const features = objectsOf(mask, width).map((object) => {
    const bytes = textBytes();
    text.object(meter.measure(object), bytes);
    return new TextDecoder().decode(bytes.bytes.subarray(0, bytes.length));
  });
  return `${text.head}${features.join(text.between)}${text.tail}`;
}

const featuresOf = (text: string): Feature[] => JSON.parse(text).features;

describe('GeoJSON of objects', () => {
  it('is filled to the mask again by the reader of truth', async () => {
    const path = join(folder(), 'k.geojson');
    const config = parseConfig(JSON.stringify({ classes: classes.map(({ name }) => ({ name })) }), 'classes');
    await fc.assert(
      fc.asyncProperty(
        masks.filter(({ mask }) => mask.some((label) => label > 0)),
        async ({ mask, width }) => {
          writeFileSync(path, collectionText(mask, width));
          const size = { width, height: mask.length / width };
          const truth = await openTruth(path, { size, slideName: 'k', config });
          const filled: number[] = [];
          const whole = () => [{ start: 0, length: width }];
          for await (const { runs } of truth.view(size).readBands({ start: 0, length: size.height }, whole))
            filled.push(...runs[0]!.pixels.data);
          await truth.close();
          expect(filled).toEqual([...mask]);
        },
      ),
    );
  });

  it.each<ObjectType>(['annotation', 'detection'])('has what QuPath wants: %s', (objectType) => {
    fc.assert(
      fc.property(masks, ({ mask, width }) => {
        for (const feature of featuresOf(collectionText(mask, width, undefined, objectType))) {
          expect(Object.keys(feature)).toEqual(['type', 'id', 'geometry', 'properties']);
          expect(feature.type).toBe('Feature');
          expect(feature.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
          const { type, coordinates } = feature.geometry;
          const polygons = (type === 'Polygon' ? [coordinates] : coordinates) as number[][][][];
          expect(type).toBe(polygons.length === 1 ? 'Polygon' : 'MultiPolygon');
          for (const ring of polygons.flat()) {
            expect(ring.length).toBeGreaterThan(3);
            expect(ring.at(-1)).toEqual(ring[0]);
            for (const point of ring) expect(point.length === 2 && point.every(Number.isInteger)).toBe(true);
          }
          const { classification, measurements, ...others } = feature.properties as Record<string, Record<string, unknown>>;
          expect(others).toEqual({ objectType });
          const { name, color, ...more } = classification!;
          expect(more).toEqual({});
          expect(classes).toContainEqual(expect.objectContaining({ name, color }));
          expect(Object.values(measurements!).every(Number.isFinite)).toBe(true);
          expect(measurements).toHaveProperty('Area µm^2');
        }
      }),
    );
  });

  it('names each object by what it is', () => {
    const mask = Uint8Array.from([1, 0, 2, 0, 1, 0, 0, 0, 0, 0, 1, 0, 2, 0, 1]);
    const ids = featuresOf(collectionText(mask, 5)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(6);
    expect(featuresOf(collectionText(mask, 5, undefined, 'detection')).map(({ id }) => id)).toEqual(ids);
    const other = mask.slice();
    other[0] = 2;
    const changed = featuresOf(collectionText(other, 5)).map(({ id }) => id);
    expect(ids.filter((id) => changed.includes(id)).length).toBe(5);
    const every = new Set<string>();
    for (let width = 1; width <= 120; width++)
      for (let height = 1; height <= 50; height++)
        every.add(featuresOf(collectionText(new Uint8Array(width * height).fill(1), width))[0]!.id);
    expect(every.size).toBe(6000);
  });

  it('lies on level 0 where the mask is smaller', () => {
    const [feature] = featuresOf(collectionText(Uint8Array.from([0, 1, 0, 0]), 2, { x: 2.5, y: 4 / 3 }));
    expect(feature!.geometry.coordinates).toEqual([
      [
        [2.5, 0],
        [5, 0],
        [5, 1.333],
        [2.5, 1.333],
        [2.5, 0],
      ],
    ]);
    expect((feature!.properties.measurements as Record<string, number>)['Area µm^2']).toBeCloseTo(2.5 * (4 / 3) * 0.25, 6);
  });
});
