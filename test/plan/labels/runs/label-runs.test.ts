import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RunOrder, runsOfLabel } from '../../../../dist/plan/labels/runs/label-runs.js';
import { numberLists } from '../../../../dist/plan/labels/runs/number-lists.js';
import { memoryScratch } from '../scratch.ts';

async function encode(
  data: Uint8Array,
  width: number,
  groups: readonly number[],
  heights: readonly number[],
  order: RunOrder = 'columns',
): Promise<string[]> {
  const height = data.length / width;
  const groupOf = new Uint8Array(256);
  groupOf.set(groups);
  const runs = runsOfLabel({ width, height }, groupOf, order, memoryScratch());
  for (let y = 0, i = 0; y < height; i++) {
    const rows = Math.min(heights[i % heights.length]!, height - y);
    await runs.add({ y, width, height: rows, channels: 1, data: data.subarray(y * width, (y + rows) * width) });
    y += rows;
  }
  const texts: string[] = [];
  for (let group = 1; group <= Math.max(...groups); group++) {
    let text = '';
    for await (const piece of runs.text(group)) text += new TextDecoder().decode(piece);
    texts.push(text);
  }
  return texts;
}

/** The definition: walk down the columns, or along the rows. */
function walked(data: Uint8Array, width: number, isOn: (label: number) => boolean, order: RunOrder = 'columns'): string {
  const height = data.length / width;
  const words: number[] = [];
  let length = 0;
  for (let at = 0; at <= data.length; at++) {
    const place = order === 'rows' ? at : (at % height) * width + Math.floor(at / height);
    if (at < data.length && isOn(data[place]!)) length++;
    else if (length > 0) {
      words.push(at - length + 1, length);
      length = 0;
    }
  }
  return words.join(' ');
}

describe('runsOfLabel', () => {
  it('writes runs down the columns, counted from 1, on over the foot of a column', async () => {
    // 0 1 1
    // 1 1 0
    expect(await encode(Uint8Array.from([0, 1, 1, 1, 1, 0]), 3, [0, 1], [1])).toEqual(['2 4']);
    expect(await encode(new Uint8Array(6), 3, [0, 1], [2])).toEqual(['']);
    expect(await encode(new Uint8Array(6).fill(1), 3, [0, 1], [2])).toEqual(['1 6']);
  });

  it('writes runs along the rows, on over the end of a row', async () => {
    expect(await encode(Uint8Array.from([0, 1, 1, 1, 1, 0]), 3, [0, 1], [1], 'rows')).toEqual(['2 4']);
    expect(await encode(Uint8Array.from([1, 0, 1, 0]), 2, [0, 1], [1], 'rows')).toEqual(['1 1 3 1']);
  });

  it('writes what a walk finds, of each group of labels, in whatever pieces the rows come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 90 }),
        fc.array(fc.constantFrom(0, 1, 1, 2, 3), { minLength: 90, maxLength: 700 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('columns' as const, 'rows' as const),
        async (width, values, heights, order) => {
          const data = Uint8Array.from(values.slice(0, values.length - (values.length % width)));
          expect(await encode(data, width, [0, 1, 2, 1], heights, order)).toEqual([
            walked(data, width, (label) => label === 1 || label === 3, order),
            walked(data, width, (label) => label === 2, order),
          ]);
        },
      ),
    );
  });

  it('gives long texts in pieces that together are the whole', async () => {
    const width = 300;
    const data = Uint8Array.from({ length: width * 101 }, (_, i) => (Math.floor(i / width) % 2) ^ 1);
    expect(await encode(data, width, [0, 1], [7])).toEqual([walked(data, width, (label) => label === 1)]);
  });
});

describe('numberLists', () => {
  it('gives back what was pushed, whatever part of it lies in the scratch file', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.nat(2 ** 32 - 1)), { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        async (pushes, most) => {
          const lists = numberLists(4, memoryScratch(), most);
          for (const [list, value] of pushes) {
            lists.push(list, value);
            await lists.settle();
          }
          for (const list of [0, 1, 2, 3]) {
            const own = pushes.filter(([each]) => each === list).map(([, value]) => value);
            expect([...(await lists.whole(list))]).toEqual(own);
          }
        },
      ),
    );
  });
});
