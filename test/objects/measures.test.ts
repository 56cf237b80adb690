import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { measuresOf } from '../../dist/objects/measures.js';
import { objectsOf } from './objects-of.ts';

interface Golden {
  readonly name: string;
  readonly width: number;
  readonly labels: string;
  readonly samples: string;
  readonly objects: readonly GoldenObject[];
}

interface GoldenObject {
  readonly label: number;
  readonly box: readonly number[];
  readonly centroid: readonly number[];
  readonly orientation: number | null;
  readonly samples: readonly number[];
  readonly [measure: string]: unknown;
}

const cases: Golden[] = JSON.parse(readFileSync(new URL('../fixtures/objects/objects.json', import.meta.url), 'utf8'));

const place = ({ label, box }: Pick<GoldenObject, 'label' | 'box'>): string => [label, ...box].join();
const byPlace = (a: readonly [string, number], b: readonly [string, number]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1];

describe('measures', () => {
  it.each(cases)('are those of regionprops: $name', ({ width, labels, samples, objects }) => {
    const mask = Uint8Array.from(labels, Number);
    const values = Buffer.from(samples, 'hex');
    const found = objectsOf(mask, width, (y) => () => [values.subarray(y * width, (y + 1) * width)]).map((object) => {
      const { x, y, width: w, height } = object.extent.box;
      return { object, key: [place({ label: object.label, box: [x, y, w, height] }), object.extent.area] as const };
    });
    const due = objects.map((object) => ({ object, key: [place(object), object.area as number] as const }));
    found.sort((a, b) => byPlace(a.key, b.key));
    due.sort((a, b) => byPlace(a.key, b.key));
    expect(found.map(({ key }) => key)).toEqual(due.map(({ key }) => key));
    for (const [i, { object }] of due.entries()) {
      const { extent, samples: tallied } = found[i]!.object;
      const measures = measuresOf(extent);
      const { x, y } = extent.centroid;
      expect(x).toBeCloseTo(object.centroid[0]!, 8);
      expect(y).toBeCloseTo(object.centroid[1]!, 8);
      for (const name of ['area', 'perimeter', 'equivalentDiameter', 'majorAxis', 'circularity', 'solidity'] as const) {
        expect(measures[name], `${name} of ${place(object)}`).toBeCloseTo(object[name] as number, 8);
      }
      // The root of what is nearly 0 has half the digits.
      expect(measures.minorAxis).toBeCloseTo(object.minorAxis as number, 6);
      if (object.orientation !== null) expect(Math.abs(Math.sin(measures.orientation - object.orientation))).toBeLessThan(1e-8);
      const [{ mean, deviation, largest }] = tallied as [{ mean: number; deviation: number; largest: number }];
      expect(mean).toBeCloseTo(object.samples[0]!, 8);
      expect(deviation).toBeCloseTo(object.samples[1]!, 6);
      expect(largest).toBe(object.samples[2]);
    }
  });

  it('keep their digits far from the corner, and follow the size of a pixel', () => {
    const width = 40_000;
    const row = new Uint8Array(width);
    const square = (from: number): Uint8Array => row.slice().fill(1, from, from + 10);
    const rows = Array.from({ length: 10 }, () => square(39_000));
    const [object] = objectsOf(Uint8Array.from(rows.flatMap((each) => [...each])), width);
    const { majorAxis, minorAxis } = measuresOf(object!.extent);
    expect(majorAxis).toBeCloseTo(4 * Math.sqrt(99 / 12), 9);
    expect(minorAxis).toBeCloseTo(4 * Math.sqrt(99 / 12), 9);
    const scaled = measuresOf(object!.extent, { x: 0.5, y: 0.25 });
    expect(scaled.area).toBe(12.5);
    expect(scaled.majorAxis).toBeCloseTo(majorAxis / 2, 9);
    expect(scaled.minorAxis).toBeCloseTo(minorAxis / 4, 9);
  });
});
