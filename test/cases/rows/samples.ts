import { expect } from 'vitest';
import { type Case, expectError } from '../table.ts';

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

/** 50 classes, 6,144 px wide: 2.1 GB with windows of 512 px and two workers. */
const manyClasses: Case = {
  name: 'samples/c50.onnx',
  check: async (room) => {
    const [slide, model] = [room.input('samples/s.tif'), room.input('samples/c50.onnx')];
    const plan = ['infer', slide, '-m', model, '--window', '512', '--workers', '2', '--tissue', 'none', '--dry-run'];
    const { stdout, stderr } = await room.segtile([...plan, '--json']);
    const { total } = JSON.parse(stdout || stderr).memory;
    expect(total / 2.1e9).toBeGreaterThan(0.75);
    expect(total / 2.1e9).toBeLessThan(1.25);
    expectError(
      await room.segtile([...plan, '--memory', '1GB']),
      /is expected to take 2\S* GB/,
      /--memory allows 1 GB/,
      /--window \d+/,
    );
    expect(await room.segtile([...plan, '--memory', '1GB', '--window', '128'])).toMatchObject({ code: 0 });
  },
};

export const cases: readonly Case[] = [undeclared('plain12', '0,4095'), undeclared('plain8in16', '0,255'), manyClasses];
