import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { startThread } from '../../dist/model/sessions/thread.js';
import { sharedFile } from '../shared.ts';
import { farthest, modelOf, scoresOf } from './run.ts';

const tissue = sharedFile('models/tissue_unet_nhwc500.onnx');
const nuclei = sharedFile('models/nuclei_unet_nchw512.onnx');
const photo = sharedFile('nuclei/images/00ae65c1c663.png');
if (!tissue || !nuclei || !photo) console.warn('skipped: networks that others made, which are not part of this repository');

/** A square of stained tissue, RGB. */
async function square(side: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await sharp(photo).removeAlpha().resize(side, side, { fit: 'fill' }).raw().toBuffer());
}

/** What the network gives as it is. */
async function bare(path: string, image: Float32Array<ArrayBuffer>, dims: readonly number[]): Promise<Float32Array> {
  const session = await startThread().load({
    graph: readFileSync(path),
    element: 'float32',
    dims,
    externalData: dirname(path),
  });
  const { data } = await session.run(image);
  await session.close();
  return data as Float32Array;
}

describe.skipIf(!tissue || !nuclei || !photo)('a network that others made', () => {
  it('NHWC, RGB, 500 px, ends in a sigmoid that is cropped and reshaped', async () => {
    const model = await modelOf(tissue!, { classes: [{ name: 'tissue', threshold: 0.6 }] });
    expect(model).toMatchObject({
      layout: 'nhwc',
      fixedWindow: { width: 500, height: 500 },
      activation: 'none',
      squash: 'sigmoid',
      classes: [{ label: 1, name: 'tissue', threshold: 0.6 }],
    });
    const pixels = await square(500);
    const expected = await bare(
      tissue!,
      Float32Array.from(pixels, (value) => value / 255),
      [1, 500, 500, 3],
    );
    const window = { width: 500, height: 500 };
    const scores = await scoresOf(model, window, pixels);
    expect(farthest(scores, expected)).toBeLessThan(1e-5);

    const logits = await scoresOf(model, window, pixels, { output: 'logits' });
    expect(
      farthest(
        logits.map((value) => 1 / (1 + Math.exp(-value))),
        expected,
      ),
    ).toBeLessThan(1e-5);
  });

  it('NCHW, gray, standardized, 512 px, gives logits', async () => {
    const model = await modelOf(nuclei!, { standardize: 'window', activation: 'sigmoid', margin: 32 });
    expect(model).toMatchObject({ layout: 'nchw', color: 'gray', margin: 32, fixedWindow: { width: 512, height: 512 } });
    const pixels = await square(512);
    const gray = Float64Array.from(
      { length: 512 * 512 },
      (_, i) => 0.299 * pixels[i * 3]! + 0.587 * pixels[i * 3 + 1]! + 0.114 * pixels[i * 3 + 2]!,
    );
    const mean = gray.reduce((a, b) => a + b) / gray.length;
    const deviation = Math.sqrt(gray.reduce((sum, value) => sum + (value - mean) ** 2, 0) / gray.length);
    const image = Float32Array.from(gray, (value) => (value - mean) / deviation);
    const expected = (await bare(nuclei!, image, [1, 1, 512, 512])).map((value) => 1 / (1 + Math.exp(-value)));
    expect(Math.max(...expected.subarray(0, 65536))).toBeGreaterThan(0.9);
    const scores = await scoresOf(model, { width: 512, height: 512 }, pixels);
    // A mean over 262,144 floats is off by some 4e-6 of a standard deviation, which this network makes three times as much.
    expect(farthest(scores, expected)).toBeLessThan(3e-5);
  });
});
