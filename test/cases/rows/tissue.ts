import { expect } from 'vitest';
import type { Case } from '../table.ts';

/** Which windows are run. */
export const cases: readonly Case[] = [
  {
    name: 'tissue/s2.tif, alone: 40,000 px',
    check: async ({ copy, labelled }) => {
      const [slide, model] = copy('tissue/s2.tif', 'tissue/m.onnx');
      expect((await labelled(slide!, model!)).px).toBe(40_000);
    },
  },
];
