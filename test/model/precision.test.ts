import { expect, test } from 'vitest';
import { halved, quantized, quantizedStep, quantizedWeights, unet } from './networks.ts';
import { farthest, modelOf, noise, plane, poolOf, scoresOf } from './run.ts';

const window = { width: 24, height: 16 };
const pixels = noise(window);
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
/** A score in bytes is within half a step of the one in floats. */
const halfStep = 1 / 510 + 1e-6;

for (const element of ['float16', 'float32'] as const) {
  test(`half precision that takes ${element} gives the scores of the whole one, nearly`, async () => {
    const form = { channels: 2, seed: 3, element };
    const card = { activation: 'sigmoid', scale: 1 / 255 } as const;
    const [whole, half] = [await modelOf(unet(0.02, form), card), await modelOf(halved(unet(0.02, form)), card)];
    const expected = await scoresOf(whole, window, pixels);
    const given = await scoresOf(half, window, pixels);
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.1);
    expect(farthest(given, expected)).toBeLessThan(5e-3);
    expect(given).not.toEqual(expected);
    const bytes = await scoresOf(half, window, pixels, { scoreType: 'uint8' });
    expect(farthest(bytes, given)).toBeLessThanOrEqual(halfStep);
  });
}

const logits = quantizedWeights.flatMap((weights) =>
  Array.from(plane(pixels, 0), (red, at) => {
    const rgb = [red, pixels[at * 3 + 1]!, pixels[at * 3 + 2]!];
    const sum = weights.reduce<number>((all, weight, channel) => all + ((weight / 32) * rgb[channel]!) / 255, 0);
    return Math.max(-128, Math.min(127, Math.round(sum / quantizedStep))) * quantizedStep;
  }),
);

for (const batch of [1, 3]) {
  test(`int8 between QuantizeLinear and DequantizeLinear gives what its arithmetic says, in batches of ${batch}`, async () => {
    const model = await modelOf(quantized(), { activation: 'sigmoid', scale: 1 / 255 });
    const expected = Float32Array.from(logits, sigmoid);
    const given = await scoresOf(model, window, pixels, { batch });
    // A sum that lies half-way between two steps may go to either; a sigmoid is nowhere steeper than 1/4.
    expect(farthest(given, expected)).toBeLessThanOrEqual(quantizedStep / 4 + 1e-6);
    expect(given.filter((score, at) => Math.abs(score - expected[at]!) > 1e-6).length).toBeLessThan(given.length / 20);
    const bytes = await scoresOf(model, window, pixels, { batch, scoreType: 'uint8' });
    expect(farthest(bytes, given)).toBeLessThanOrEqual(halfStep);
  });
}

test('scores as bytes need probabilities', async () => {
  const model = await modelOf(quantized(), { activation: 'sigmoid', scale: 1 / 255 });
  await expect(poolOf(model, window, { output: 'logits', scoreType: 'uint8' })).rejects.toMatchObject({ code: 'usage' });
});
