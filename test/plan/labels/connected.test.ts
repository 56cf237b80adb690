import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConnectedRegion, type Connectivity, labelRuns, trackRegions } from '../../../dist/plan/labels/connected.js';

/** A region without the key that its tracker knows it by. */
type Plain = Omit<ConnectedRegion, 'key'>;

function regionsOf(labels: Uint8Array, width: number, connectivity: Connectivity): ConnectedRegion[] {
  const found: ConnectedRegion[] = [];
  const tracker = trackRegions(connectivity, (region) => found.push(region));
  for (let at = 0; at < labels.length; at += width) tracker.line(labelRuns(labels.subarray(at, at + width)));
  tracker.finish();
  return found;
}

const numbers = (regions: readonly Plain[]) =>
  regions
    .map(({ label, box, area }) => [label, box.x, box.y, box.width, box.height, area])
    .sort((a, b) => {
      const i = a.findIndex((value, at) => value !== b[at]);
      return i < 0 ? 0 : a[i]! - b[i]!;
    });

/** The same by walking from pixel to pixel. */
function walked(labels: Uint8Array, width: number, connectivity: Connectivity): Plain[] {
  const height = labels.length / width;
  const seen = new Uint8Array(labels.length);
  const found: Plain[] = [];
  for (let seed = 0; seed < labels.length; seed++) {
    const label = labels[seed]!;
    if (label === 0 || seen[seed]) continue;
    seen[seed] = 1;
    const region = [seed];
    for (const at of region) {
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const x = (at % width) + dx;
          const y = Math.floor(at / width) + dy;
          if (x < 0 || y < 0 || x >= width || y >= height || (connectivity === 4 && dx !== 0 && dy !== 0)) continue;
          const next = y * width + x;
          if (seen[next] || labels[next] !== label) continue;
          seen[next] = 1;
          region.push(next);
        }
      }
    }
    const xs = region.map((at) => at % width);
    const ys = region.map((at) => Math.floor(at / width));
    const x = Math.min(...xs);
    const y = Math.min(...ys);
    const box = { x, y, width: Math.max(...xs) + 1 - x, height: Math.max(...ys) + 1 - y };
    found.push({ label, box, area: region.length });
  }
  return found;
}

describe('trackRegions', () => {
  const golden = JSON.parse(readFileSync(new URL('../../fixtures/truth/components.json', import.meta.url), 'utf8'));

  it.each([4, 8] as const)('finds the regions of %i neighbours that scikit-image and SciPy find', (connectivity) => {
    expect(numbers(regionsOf(Uint8Array.from(golden.labels), golden.width, connectivity))).toEqual(golden[connectivity]);
  });

  it('finds what a walk from pixel to pixel finds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 14 }),
        fc.array(fc.constantFrom(0, 0, 1, 1, 1, 2), { maxLength: 200 }),
        fc.constantFrom<Connectivity>(4, 8),
        (width, values, connectivity) => {
          const labels = Uint8Array.from(values.slice(0, values.length - (values.length % width)));
          expect(numbers(regionsOf(labels, width, connectivity))).toEqual(numbers(walked(labels, width, connectivity)));
        },
      ),
    );
  });

  it('hands a region on as soon as a line does not reach it, those of a line from left to right', () => {
    const found: string[] = [];
    const tracker = trackRegions(8, ({ label, box }) => found.push(`${label} at ${box.x}`));
    tracker.line(labelRuns(Uint8Array.from([3, 0, 2, 2, 0, 1])));
    tracker.line(labelRuns(Uint8Array.from([0, 0, 2, 0, 0, 0])));
    expect(found).toEqual(['3 at 0', '1 at 5']);
    tracker.line(labelRuns(Uint8Array.from([4, 4, 4, 0, 0, 0])));
    expect(found).toEqual(['3 at 0', '1 at 5', '2 at 2']);
    tracker.finish();
    expect(found.at(-1)).toBe('4 at 0');
  });
});
