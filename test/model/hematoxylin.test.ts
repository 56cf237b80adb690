import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { hematoxylin } from '../../samples/models/hematoxylin.ts';
import { sharedFile } from '../shared.ts';
import { modelOf, noise, poolOf, scoresOf } from './run.ts';

const path = fileURLToPath(new URL('../../samples/models/hematoxylin.onnx', import.meta.url));

describe('the model that ships', () => {
  it('is what its script makes, byte for byte', () => {
    expect(Buffer.compare(readFileSync(path), hematoxylin())).toBe(0);
  });

  it('has one class and works at any size', async () => {
    const model = await modelOf(path);
    expect(model).toMatchObject({
      name: 'hematoxylin',
      channels: 1,
      labels: [1],
      classes: [{ name: 'nucleus' }],
      squash: 'sigmoid',
    });
    expect(model).not.toHaveProperty('mpp');
    for (const window of [
      { width: 64, height: 64 },
      { width: 37, height: 101 },
      { width: 8, height: 3 },
    ])
      expect((await scoresOf(model, window, noise(window))).every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('sees a nucleus in a dark blue spot on pale tissue, and none in glass, ink or a shadow', async () => {
    const side = 200;
    const pixels = new Uint8Array(side * side * 3).fill(240);
    const paint = (x: number, y: number, size: number, color: readonly number[]) => {
      for (let row = y; row < y + size; row++)
        for (let column = x; column < x + size; column++) pixels.set(color, (row * side + column) * 3);
    };
    paint(0, 100, 100, [225, 190, 215]);
    paint(40, 140, 14, [85, 60, 130]);
    paint(110, 20, 60, [15, 15, 15]);
    paint(120, 110, 60, [120, 120, 120]);
    const scores = await scoresOf(await modelOf(path), { width: side, height: side }, pixels);
    const at = (x: number, y: number) => scores[y * side + x]!;
    expect(at(47, 147)).toBeGreaterThan(0.95);
    for (const [x, y] of [
      [20, 20],
      [20, 120],
      [140, 50],
      [150, 140],
    ] as const)
      expect(at(x, y)).toBeLessThan(0.1);
  });

  const photos = sharedFile('nuclei/images');
  if (!photos) console.warn('skipped: stained images with masks, which are not part of this repository');

  it.skipIf(!photos)('finds real nuclei: mean Dice at least 0.82', async () => {
    const window = { width: 320, height: 256 };
    const pool = await poolOf(await modelOf(path), window, { workers: 2 });
    const dice: number[] = [];
    for (const name of readdirSync(photos!)) {
      const pixels = new Uint8Array(await sharp(`${photos}/${name}`).removeAlpha().raw().toBuffer());
      const truth = await sharp(`${photos}/../masks/${name}`).extractChannel(0).raw().toBuffer();
      const scores = await pool.run(pixels);
      let [both, either] = [0, 0];
      for (let i = 0; i < truth.length; i++) {
        const [found, there] = [scores[i]! > 0.5, truth[i]! > 0];
        both += found && there ? 2 : 0;
        either += (found ? 1 : 0) + (there ? 1 : 0);
      }
      dice.push(either === 0 ? 1 : both / either);
    }
    await pool.close();
    expect(dice).toHaveLength(107);
    expect(dice.reduce((a, b) => a + b) / dice.length).toBeGreaterThan(0.82);
  });
});
