import { expect } from 'vitest';
import type { Case } from '../table.ts';

const typed = ['i32', 'f32', 'bool'].map(
  (name): Case => ({
    name: `truth/${name}.tif: the truth of s.mask.tif in another type`,
    check: async ({ input, segtile }) => {
      const ended = await segtile(['evaluate', input('truth/s.mask.tif'), '--truth', input(`truth/${name}.tif`), '--json']);
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      expect(JSON.parse(ended.stdout.split('\n')[0]!).macro.dice).toBe(1);
    },
  }),
);

export const cases: readonly Case[] = [...typed];
