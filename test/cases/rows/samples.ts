import { expect } from 'vitest';
import type { Case } from '../table.ts';

/** 12 or 8 bits in 16, undeclared. */
const undeclared = (name: string, range: string): Case => ({
  name: `samples/${name}.tif`,
  check: async (room) => {
    const [slide, model] = [room.input(`samples/${name}.tif`), room.input('samples/m.onnx')];
    const odd = await room.labelled(slide, model, '--tissue', 'none');
    expect(odd.stderr).toMatch(/warning: the picture uses less than an eighth .* --range/);
    const right = await room.labelled(slide, model, '--tissue', 'none', '--range', range, '--overwrite');
    expect(right.stderr).not.toContain('warning');
    expect(right.px).toBe(77_500);
  },
});

export const cases: readonly Case[] = [undeclared('plain12', '0,4095'), undeclared('plain8in16', '0,255')];
