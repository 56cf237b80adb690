import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findObjects, type MaskObject } from '../../../dist/objects/find.js';
import { eachRun } from '../../../dist/objects/rows.js';
import { squaredDistances } from '../../../dist/objects/touching/distance.js';
import { createSplitter } from '../../../dist/objects/touching/split.js';
import { pythonWith } from '../../python.ts';

/** Numbers of the objects of a mask in the order in which they are found, pixel by pixel. */
function instances(data: Uint8Array, width: number, seedDistance?: number): { numbers: Int32Array; objects: MaskObject[] } {
  const height = data.length / width;
  const objects: MaskObject[] = [];
  const numbers = new Int32Array(data.length);
  const splitter = seedDistance === undefined ? undefined : createSplitter({ seedDistance, size: { width, height } });
  const finder = findObjects((object) => {
    objects.push(object);
    eachRun(object.polygons, (y, start, end) => {
      if (numbers.subarray(y * width + start, y * width + end).some((each) => each !== 0)) throw new Error(`twice in row ${y}`);
      numbers.fill(objects.length, y * width + start, y * width + end);
    });
  }, splitter?.split);
  for (let y = 0; y < height; y++) finder.row(data.subarray(y * width, (y + 1) * width));
  finder.finish();
  return { numbers, objects };
}

/** Discs that touch, of two classes, some over the border of the mask. */
function discs(width: number, height: number, count: number, seed: number): Uint8Array {
  const data = new Uint8Array(width * height);
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < count; i++) {
    const [x, y, radius, label] = [random() * width, random() * height, 3 + random() * 9, random() < 0.7 ? 1 : 2];
    for (let row = Math.max(0, Math.floor(y - radius)); row < Math.min(height, y + radius); row++) {
      for (let column = Math.max(0, Math.floor(x - radius)); column < Math.min(width, x + radius); column++) {
        if (Math.hypot(column - x, row - y) < radius) data[row * width + column] = label;
      }
    }
  }
  return data;
}

test('squared distances are those of the nearest pixel that is 0', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.constantFrom(0, 1, 1, 1), { minLength: 12, maxLength: 140 }),
      (width, values) => {
        const height = Math.floor(values.length / width);
        const set = Uint8Array.from(values.slice(0, width * height));
        const zeros = [...set.keys()].filter((at) => set[at] === 0);
        fc.pre(zeros.length > 0);
        const squares = new Int32Array(set.length);
        squaredDistances(set, width, height, squares);
        const nearest = [...set.keys()].map((at) =>
          Math.min(
            ...zeros.map(
              (zero) => ((at % width) - (zero % width)) ** 2 + (Math.floor(at / width) - Math.floor(zero / width)) ** 2,
            ),
          ),
        );
        expect([...squares]).toEqual(nearest);
      },
    ),
  );
});

test('parts fill their object, none twice, and an object with one seed or none stays as it is', () => {
  for (const seed of [1, 2, 3]) {
    const data = discs(240, 180, 110, seed);
    const whole = instances(data, 240);
    const parts = instances(data, 240, 3);
    expect(parts.objects.length).toBeGreaterThanOrEqual(whole.objects.length + 3);
    const labels = Array.from(parts.numbers, (number) => (number === 0 ? 0 : parts.objects[number - 1]!.label));
    expect(labels).toEqual([...data]);
    expect(instances(data, 240, 50).objects).toEqual(whole.objects);
  }
});

const python = pythonWith('numpy', 'scipy', 'skimage');
const split = `
import json, sys, numpy
from scipy.ndimage import distance_transform_edt, label
from skimage.segmentation import watershed
data, width, distance = json.load(sys.stdin)
mask = numpy.array(data).reshape(-1, width)
numbers = numpy.zeros(mask.shape, int)
squares = numpy.zeros(mask.shape, int)
eight = numpy.ones((3, 3), int)
for value in [1, 2]:
    own = mask == value
    far = distance_transform_edt(own)
    squares += numpy.rint(far * far).astype(int)
    seeds, count = label(far > distance, eight)
    found = watershed(-far, seeds, mask=own, connectivity=2)
    numbers[found > 0] = found[found > 0] + numbers.max()
print(json.dumps({'numbers': numbers.ravel().tolist(), 'squares': squares.ravel().tolist()}))
`;

describe.skipIf(python === undefined)(`scikit-image${python ? '' : ' (skipped: no Python with scikit-image)'}`, () => {
  test('splits objects in the same way, but for pixels that are as near to two parts', () => {
    const [width, height] = [400, 300];
    let [pixels, others] = [0, 0];
    for (const seed of [5, 6]) {
      const data = discs(width, height, 260, seed);
      const input = JSON.stringify([[...data], width, 3]);
      const { stdout, stderr } = spawnSync(python!, ['-c', split], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
      expect(stderr).toBe('');
      const theirs = JSON.parse(stdout) as { numbers: number[]; squares: number[] };
      const ours = instances(data, width, 3);
      // Objects without a seed are none to scikit-image; to us they are whole.
      const pairs = new Map<string, number>();
      const seeded = [...data.keys()].filter((at) => theirs.numbers[at]! > 0);
      for (const at of seeded) {
        const pair = `${theirs.numbers[at]} ${ours.numbers[at]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
      }
      const best = new Map<string, number>();
      for (const [pair, count] of pairs) {
        const [mine] = pair.split(' ') as [string];
        best.set(mine, Math.max(best.get(mine) ?? 0, count));
      }
      expect(new Set(theirs.numbers).size - 1).toBe(new Set(seeded.map((at) => ours.numbers[at])).size);
      pixels += seeded.length;
      others += seeded.length - [...best.values()].reduce((a, b) => a + b, 0);
    }
    // Which of two seeds that are as near comes first, scikit-image leaves to its heap.
    expect(pixels).toBeGreaterThan(50_000);
    expect(others / pixels).toBeLessThan(0.001);
  });
});
