import { describe, expect, test } from 'vitest';
import { checkVariants, optionsOf, spanVariants } from '../../../dist/pipeline/compare/variants.js';
import type { InferOptions } from '../../../dist/pipeline/prepare/options.js';

const none = { resize: [], tile: [], margin: [], blend: [], tta: [], tissue: [] };
const square = (side: number) => ({ width: side, height: side });
const half = { window: square(512), stride: square(256) };
const whole = { window: square(512), stride: square(512) };

describe('variants', () => {
  test('are every tiling with everything else, and every shrunk size with every augmentation', () => {
    const variants = spanVariants({
      ...none,
      resize: [256, 512],
      tile: [half, whole],
      margin: [0, 64],
      tta: ['none', 'flips'],
    });
    expect(variants.map(({ name }) => name)).toEqual([
      'resize 256, tta none',
      'resize 256, tta flips',
      'resize 512, tta none',
      'resize 512, tta flips',
      ...['512/256', '512/512'].flatMap((tile) =>
        ['0', '64'].flatMap((margin) => ['none', 'flips'].map((tta) => `tile ${tile}, margin ${margin}, tta ${tta}`)),
      ),
    ]);
    expect(variants[4]).toMatchObject({
      resize: undefined,
      options: { ...half, margin: 0, tta: 'none' },
    });
  });

  test('have nothing in their names that all of them share', () => {
    expect(spanVariants({ ...none, tile: [half, whole], margin: [64], blend: ['hann'] })).toEqual([
      { name: 'tile 512/256', resize: undefined, options: { ...half, margin: 64, blend: 'hann' } },
      { name: 'tile 512/512', resize: undefined, options: { ...whole, margin: 64, blend: 'hann' } },
    ]);
  });

  test('are every plan with everything but windows and margins', () => {
    const variants = spanVariants({ ...none, plan: ['dense', 'auto'], blend: ['hann'], tta: ['none', 'flips'] });
    expect(variants.map(({ name }) => name)).toEqual([
      ...['dense', 'auto'].flatMap((plan) => ['none', 'flips'].map((tta) => `plan ${plan}, tta ${tta}`)),
    ]);
    expect(variants[2]).toEqual({
      name: 'plan auto, tta none',
      resize: undefined,
      options: { plan: 'auto', blend: 'hann', tta: 'none' },
    });
  });

  test('are every gate, and none', () => {
    const variants = spanVariants({ ...none, tile: [half], gate: ['none', 'a.onnx:0.1', 'a.onnx:tumour=0.3'] });
    expect(variants.map(({ name, options }) => [name, options.gate])).toEqual([
      ['tile 512/256, gate none', undefined],
      ['tile 512/256, gate a.onnx:0.1', ['a.onnx:0.1']],
      ['tile 512/256, gate a.onnx:tumour=0.3', ['a.onnx:tumour=0.3']],
    ]);
  });

  test('that are shrunk are seen whole, by one window, with nothing cut off or skipped', () => {
    const [variant] = spanVariants({ ...none, resize: [1000] });
    const shared = { output: 'out', threshold: 0.4, tissue: 'auto' } as InferOptions;
    expect(optionsOf(variant!, shared, { width: 4000, height: 3000, levels: [] })).toEqual({
      output: 'out',
      threshold: 0.4,
      downsample: 4,
      window: square(1000),
      stride: square(1000),
      margin: 0,
      tissue: 'none',
      blend: 'constant',
      enlarge: 'scores',
    });
    const small = { width: 900, height: 1000, levels: [] };
    expect(() => optionsOf(variant!, shared, small)).toThrow(/900 × 1000 px, which is no more than 1000 px/);
  });

  test('must be there, and be told apart', () => {
    expect(() => checkVariants([])).toThrow(/nothing to compare/);
    const [variant] = spanVariants({ ...none, resize: [256] });
    expect(() => checkVariants([variant!, variant!])).toThrow(/two variants are named "resize 256"/);
  });
});
