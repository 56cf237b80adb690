import { expect } from 'vitest';
import { type Case, expectError, labelledIn } from '../table.ts';

/** Which windows are run. */
export const cases: readonly Case[] = [
  {
    name: 'tissue/pale.tif: 8,192 px in each half, where half is pale, half is stained, and nothing is glass',
    check: async ({ input, labelled }) => {
      const found = await labelled(input('tissue/pale.tif'), input('tissue/m.onnx'), '--window', '128');
      expect(labelledIn(found, 0, 0, 512, 1024)).toBe(8192);
      expect(labelledIn(found, 512, 0, 512, 1024)).toBe(8192);
    },
  },
  {
    name: 'tissue/grey.tif: 40,000 px of neutral dark tissue',
    check: async ({ input, labelled }) =>
      expect((await labelled(input('tissue/grey.tif'), input('tissue/m.onnx'), '--window', '128')).px).toBe(40_000),
  },
  {
    name: 'tissue/dapi.tif: 78,400 px of one fluorescence channel',
    check: async ({ input, labelled }) =>
      expect((await labelled(input('tissue/dapi.tif'), input('tissue/gray.onnx'))).px).toBe(78_400),
  },
  ...['u8.tif', 'u16.tif', 'bool.tif', 'rgba.png'].map(
    (mask): Case => ({
      name: `tissue/s.tif with --tissue ${mask}: 10,000 px, top left`,
      check: async ({ input, labelled }) => {
        const words = ['--stride', '128', '--tissue', input(`tissue/${mask}`)];
        const found = await labelled(input('tissue/s.tif'), input('tissue/m.onnx'), ...words);
        expect(found.px).toBe(10_000);
        expect(labelledIn(found, 0, 0, 512, 512)).toBe(10_000);
      },
    }),
  ),
  {
    name: 'tissue/s.tissue.png is the tissue of one slide, not of two',
    check: async ({ copy, segtile }) => {
      const [one, two, model, mask] = copy('tissue/s.tif', 'tissue/s2.tif', 'tissue/m.onnx', 'tissue/s.tissue.png');
      const ended = await segtile(['infer', one!, two!, '-m', model!, '--window', '256', '--tissue', mask!, '-o', 'out']);
      expectError(ended, /holds the tissue of one slide, but 2 slides were given/, /folder, or a CSV/);
    },
  },
  {
    name: 'tissue/s2.tif, alone: 40,000 px',
    check: async ({ copy, labelled }) => {
      const [slide, model] = copy('tissue/s2.tif', 'tissue/m.onnx');
      expect((await labelled(slide!, model!)).px).toBe(40_000);
    },
  },
];
