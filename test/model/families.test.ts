import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { modelOf, scoresOf } from './run.js';

const golden = fileURLToPath(new URL('../fixtures/networks/', import.meta.url));
const { side, step, scores } = JSON.parse(readFileSync(join(golden, 'scores.json'), 'utf8'));
const window = { width: side, height: side };

test.each(['segformer', 'hrnet'])(
  '%s gives a quarter of the resolution, which is enlarged in the graph as PyTorch enlarges it',
  async (name) => {
    const model = await modelOf(join(golden, `${name}.onnx`), { scale: 1 / 255, activation: 'softmax' });
    expect(model.channels).toBe(3);
    const pixels = await sharp(join(golden, 'tile.png')).removeAlpha().raw().toBuffer();
    const found = await scoresOf(model, window, Uint8Array.from(pixels));
    const kept: number[] = [];
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < side; y += step) for (let x = 0; x < side; x += step) kept.push(found[(c * side + y) * side + x]!);
    }
    expect(kept).toHaveLength(scores[name].length);
    expect(Math.max(...kept.map((value, i) => Math.abs(value - scores[name][i])))).toBeLessThan(1e-4);
    // Random weights, but no constant: the scores say something of the place.
    expect(Math.max(...kept) - Math.min(...kept)).toBeGreaterThan(0.01);
  },
);
