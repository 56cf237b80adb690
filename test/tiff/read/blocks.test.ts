import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layBlocks } from '../../../dist/tiff/read/blocks.js';
import { plainDirectory } from '../pictures.js';

const block = fc.record({ offset: fc.integer({ min: 1, max: 2 ** 40 }), bytes: fc.integer({ min: 1, max: 100_000 }) });
const near = fc.record({ offset: fc.integer({ min: 1, max: 500_000 }), bytes: fc.integer({ min: 1, max: 1000 }) });

test('every block lies whole in the data, at the bytes that the file has for it', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(block, near), { minLength: 1, maxLength: 30 }), fc.integer(), (file, seed) => {
      const directory = { ...plainDirectory(1, 1), offsets: file.map((b) => b.offset), byteCounts: file.map((b) => b.bytes) };
      const asked = file.map((_, i) => (((i * 7 + seed) % file.length) + file.length) % file.length);
      const layout = layBlocks(directory, asked);
      let at = 0;
      for (const stretch of layout.stretches) {
        expect(stretch.at).toBe(at);
        at += stretch.bytes;
      }
      expect(at).toBe(layout.bytes);
      layout.blocks.forEach((placed, i) => {
        const { offset, bytes } = file[asked[i]!]!;
        const stretch = layout.stretches.find((s) => placed.offset >= s.at && placed.offset + bytes <= s.at + s.bytes)!;
        expect(stretch.offset + placed.offset - stretch.at).toBe(offset);
        expect(placed.bytes).toBe(bytes);
      });
      layout.stretches.slice(1).forEach((stretch, i) => {
        const before = layout.stretches[i]!;
        expect(stretch.offset).toBeGreaterThan(before.offset + before.bytes);
      });
    }),
  );
});

test('blocks that share their bytes are fetched once', () => {
  const directory = { ...plainDirectory(1, 1), offsets: [100, 100, 100, 200], byteCounts: [50, 50, 50, 50] };
  expect(layBlocks(directory, [0, 1, 2, 3]).stretches).toEqual([{ offset: 100, bytes: 150, at: 0 }]);
});
