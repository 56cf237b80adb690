import { expect, test } from 'vitest';
import type { TagFile } from '../../dist/tiff/tags.js';
import { decodeValues, type RawValue } from '../../dist/tiff/values.js';

/** A list of offsets as it lies in a file. */
function listOf(type: 4 | 16, values: readonly number[], littleEndian: boolean): RawValue {
  const bytes = type === 4 ? 4 : 8;
  const raw = new Uint8Array(values.length * bytes);
  const view = new DataView(raw.buffer);
  for (const [i, value] of values.entries()) {
    if (type === 4) view.setUint32(i * 4, value, littleEndian);
    else view.setBigUint64(i * 8, BigInt(value), littleEndian);
  }
  return { number: 324, name: 'TileOffsets', type, count: values.length, raw, wide: undefined };
}

// Lists of up to 4,095 values are decoded by geotiff.js, longer ones by segtile.
const cases = ([4, 16] as const).flatMap((type) =>
  [true, false].flatMap((littleEndian) => [4095, 4096, 5000].map((count) => ({ type, littleEndian, count }))),
);

test.each(cases)('$count values of type $type, little-endian $littleEndian', async ({ type, littleEndian, count }) => {
  const most = type === 4 ? 2 ** 32 - 1 : 2 ** 53 - 1;
  const values = Array.from({ length: count }, (_, i) => (i % 7 === 0 ? most - i : i * 65_539));
  const file = { littleEndian, big: true } as TagFile;
  const { TileOffsets } = await decodeValues([listOf(type, values, littleEndian)], file);
  expect(Array.from(TileOffsets as ArrayLike<number>)).toEqual(values);
});
