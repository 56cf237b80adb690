import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rleEncoder } from '../../../dist/plan/labels/rle.js';

function encode(data: Uint8Array, width: number, label: number, heights: readonly number[]): string {
  const height = data.length / width;
  const encoder = rleEncoder({ width, height }, label);
  for (let y = 0, i = 0; y < height; i++) {
    const rows = Math.min(heights[i % heights.length]!, height - y);
    encoder.add({ y, width, height: rows, channels: 1, data: data.subarray(y * width, (y + rows) * width) });
    y += rows;
  }
  return [...encoder.text()].join('');
}

/** The definition: walk down the columns. */
function walked(data: Uint8Array, width: number, label: number): string {
  const height = data.length / width;
  const words: number[] = [];
  let length = 0;
  for (let at = 0; at <= data.length; at++) {
    const on = at < data.length && data[(at % height) * width + Math.floor(at / height)] === label;
    if (on) length++;
    else if (length > 0) {
      words.push(at - length + 1, length);
      length = 0;
    }
  }
  return words.join(' ');
}

describe('rleEncoder', () => {
  it('writes runs down the columns, counted from 1, on over the foot of a column', () => {
    // 0 1 1
    // 1 1 0
    expect(encode(Uint8Array.from([0, 1, 1, 1, 1, 0]), 3, 1, [1])).toBe('2 4');
    expect(encode(new Uint8Array(6), 3, 1, [2])).toBe('');
    expect(encode(new Uint8Array(6).fill(1), 3, 1, [2])).toBe('1 6');
  });

  it('writes what a walk down the columns finds, in whatever pieces the rows come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.constantFrom(0, 1, 1, 2), { minLength: 20, maxLength: 400 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        (width, values, heights) => {
          const data = Uint8Array.from(values.slice(0, values.length - (values.length % width)));
          for (const label of [1, 2]) expect(encode(data, width, label, heights)).toBe(walked(data, width, label));
        },
      ),
    );
  });

  it('gives long texts in pieces that together are the whole', () => {
    const width = 300;
    const data = Uint8Array.from({ length: width * 101 }, (_, i) => (Math.floor(i / width) % 2) ^ 1);
    expect(encode(data, width, 1, [7])).toBe(walked(data, width, 1));
  });
});
