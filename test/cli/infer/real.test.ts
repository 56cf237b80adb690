import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, type TestContext, test } from 'vitest';
import { sharedFile } from '../../shared.ts';
import { filesIn, folder, readMask, readMaskAgain, segtileWell } from '../door.ts';

/** What a run's record says, as far as the tests look at it. */
interface Facts {
  readonly slide: { readonly width: number; readonly height: number; readonly mpp: { readonly x: number } | null };
  readonly windows: { readonly run: number };
  readonly classShares: readonly { readonly label: number; readonly name: string; readonly share: number }[];
  readonly mask: { readonly path: string };
}

/** A file that is not part of the repository. Where it is missing the test says so and is skipped. */
function needed(name: string, { skip }: TestContext): string {
  return sharedFile(name) ?? skip(`${name} is not here`);
}

/** Runs a slide, and reads its mask by two readers. */
async function infer(slide: string, ...words: readonly string[]) {
  const cwd = folder();
  const { stdout } = await segtileWell(['infer', slide, '--json', '--quiet', ...words], { cwd });
  expect(filesIn(cwd)).toHaveLength(4);
  const facts = JSON.parse(stdout) as Facts;
  const path = join(cwd, facts.mask.path);
  const mask = await readMask(path);
  expect((await readMaskAgain(path)).data.equals(mask.data)).toBe(true);
  expect(mask).toMatchObject({ width: facts.slide.width, height: facts.slide.height });
  const found = mask.data.reduce((sum, label) => sum + label, 0) / mask.data.length;
  expect(facts.classShares).toMatchObject([{ label: 1, name: facts.classShares[0]!.name, share: Number(found.toFixed(6)) }]);
  return { facts, mask, found };
}

/** Mean brightness, 0 to 255, of the pixels of a slide that have a label, and of those that have not. */
async function brightness(slide: string, labels: Uint8Array): Promise<{ inside: number; outside: number }> {
  const gray = await sharp(slide).toColourspace('b-w').raw().toBuffer();
  const sums = [0, 0];
  const counts = [0, 0];
  labels.forEach((label, i) => {
    sums[label]! += gray[i]!;
    counts[label]!++;
  });
  return { inside: sums[1]! / counts[1]!, outside: sums[0]! / counts[0]! };
}

for (const [name, width, height, mpp] of [
  ['CMU-1-Small-Region.svs', 2220, 2967, 0.499],
  ['kidney-48-5.tif', 1493, 901, undefined],
  ['rgb_lzw.tif', 791, 718, undefined],
] as const) {
  test(`${name}, by the model that is bundled`, async (context) => {
    const { facts, found } = await infer(needed(`tiff/${name}`, context));
    expect(facts.slide).toMatchObject({ width, height });
    expect(facts.slide.mpp?.x).toBe(mpp);
    expect(facts.windows.run).toBeGreaterThan(0);
    expect(found).toBeGreaterThan(0);
  });
}

for (const [name, window, words] of [
  ['nuclei_unet_nchw512.onnx', 512, ['--color', 'gray', '--standardize', 'window']],
  ['tissue_unet_nhwc500.onnx', 500, ['--threshold', '0.6']],
] as const) {
  test(`the sample, by ${name}`, async (context) => {
    const sample = fileURLToPath(new URL('../../../samples/kidney.tif', import.meta.url));
    const model = needed(`models/${name}`, context);
    const { facts, found } = await infer(sample, '-m', model, ...words, '--margin', '0', '--stride', String(window));
    expect(facts.slide).toMatchObject({ width: 4096, height: 3072 });
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(1);
  });
}

describe('networks of others', () => {
  test('nuclei: NCHW, gray, one window, standardized, logits out', async (context) => {
    const model = needed('models/nuclei_unet_nchw512.onnx', context);
    const slide = needed('tiff/rgb_lzw.tif', context);
    const words = ['--color', 'gray', '--standardize', 'window', '--activation', 'sigmoid', '--classes', 'nucleus'];
    const geometry = ['--margin', '32', '--stride', '256', '--tissue', 'none'];
    const probabilities = await infer(slide, '-m', model, ...words, ...geometry);
    expect(probabilities.facts.classShares[0]!.name).toBe('nucleus');
    expect(probabilities.found).toBeGreaterThan(0.01);
    expect(probabilities.found).toBeLessThan(0.6);
    const logits = await infer(slide, '-m', model, ...words, ...geometry, '--blend-space', 'logits');
    expect(Math.abs(logits.found - probabilities.found)).toBeLessThan(0.02);
  });

  test('tissue: NHWC, RGB, one window, probabilities out', async (context) => {
    const model = needed('models/tissue_unet_nhwc500.onnx', context);
    const slide = needed('tiff/CMU-1-Small-Region.svs', context);
    const words = ['--color', 'rgb', '--threshold', '0.6', '--stride', '400', '--tissue', 'none', '--classes', 'tissue'];
    const { mask, found } = await infer(slide, '-m', model, ...words);
    expect(found).toBeGreaterThan(0.05);
    const { inside, outside } = await brightness(slide, mask.data);
    // Glass is brighter than what lies on it.
    expect(outside - inside).toBeGreaterThan(20);
  });
});
