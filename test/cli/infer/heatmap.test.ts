import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { heatColors } from '../../../dist/mask/heat-colors.js';
import { channelNetwork } from '../../model/networks.ts';
import { filesIn, folder, readPlanes, save, segtile, segtileWell, writeSlide } from '../door.ts';

const cwd = folder();
const [width, height] = [611, 397];
const infer = [
  ...['infer', 'k.tif', '-m', 'red.onnx', '--window', '128', '--classes', 'hot', '--activation', 'none'],
  ...['--no-history', '--no-preview', '--quiet'],
];

beforeAll(async () => {
  // Red grows to the right and down; the right end is glass.
  await writeSlide(
    join(cwd, 'k.tif'),
    width,
    height,
    (x, y) => (x < 420 ? [Math.round((x + y) / 4), 60, 150] : [244, 244, 244]),
    { mpp: 0.5 },
  );
  save(cwd, 'red.onnx', channelNetwork(0));
});

describe('--heatmap', () => {
  test('shows the mean of the probabilities under each pixel, and nothing where no window was run', async () => {
    const more = ['--heatmap', 'hot', '--heatmap-size', '300', '--probabilities', 'float32', '--tissue', 'auto', '--report'];
    const { stdout } = await segtileWell([...infer, ...more, '-o', 'out'], { cwd });
    expect(stdout).toMatch(/heatmap +.*k\.heatmap\.png/);
    const record = JSON.parse(readFileSync(join(cwd, 'out', 'k.run.json'), 'utf8'));
    expect(record.heatmap).toEqual({ path: expect.any(String), class: 'hot', colors: 'viridis', width: 300, height: 195 });
    expect(readFileSync(join(cwd, 'out', 'k.report.html'), 'utf8')).toContain('Probabilities over the slide');
    const { data, info } = await sharp(join(cwd, 'out', 'k.heatmap.png'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.channels]).toEqual([300, 4]);
    // Below it the colours and the scale.
    expect(info.height).toBeGreaterThan(195 + 20);
    const { planes } = await readPlanes(join(cwd, 'out', 'k.probabilities.ome.tif'));
    const colors = heatColors('viridis');
    let empty = 0;
    const wrong: string[] = [];
    for (let y = 0; y < 195; y++) {
      for (let x = 0; x < 300; x++) {
        const own = valuesUnder(planes[0]!, x, y).filter((value) => !Number.isNaN(value));
        if (own.length === 0) empty++;
        const mean = own.reduce((a, b) => a + b, 0) / own.length;
        const color = own.length === 0 ? [0, 0, 0, 0] : [...colors[Math.round(255 * mean)]!, 255];
        if (data.subarray(4 * (y * 300 + x), 4 * (y * 300 + x) + 4).join() !== color.join()) wrong.push(`${x}, ${y}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(empty).toBeGreaterThan(1000);

    const again = ['threshold', 'out/k.probabilities.ome.tif', '--heatmap', 'hot', '--heatmap-size', '300', '--quiet'];
    await segtileWell([...again, '-o', 'anew'], { cwd });
    expect(readFileSync(join(cwd, 'anew', 'k.heatmap.png'))).toEqual(readFileSync(join(cwd, 'out', 'k.heatmap.png')));
  });

  test('has the colours that were asked for', async () => {
    const args = [...infer, '--heatmap', 'hot', '--heatmap-colors', 'magma', '--tissue', 'none', '-o', 'magma'];
    await segtileWell(args, { cwd });
    const { data, info } = await sharp(join(cwd, 'magma', 'k.heatmap.png'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    // Never larger than what it shows.
    expect(info.width).toBe(width);
    const shown = new Set<string>();
    for (let i = 0; i < 4 * width * height; i += 4) shown.add(data.subarray(i, i + 3).join());
    const known = new Set(heatColors('magma').map((color) => color.join()));
    expect([...shown].filter((color) => !known.has(color))).toEqual([]);
    expect(shown.size).toBeGreaterThan(100);
  });

  test('is refused for a class that the model does not have, and its size without it', async () => {
    const unknown = await segtile([...infer, '--heatmap', 'hit', '-o', 'none'], { cwd });
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--heatmap hit is none of the classes: hot, did you mean "hot"?'),
    });
    const alone = await segtile([...infer, '--heatmap-size', '300', '-o', 'none'], { cwd });
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('--heatmap-size is given without --heatmap') });
    expect(filesIn(cwd).filter((name) => name.startsWith('none/'))).toEqual([]);
  });
});

/** The probabilities whose centres lie in a pixel of a picture of 300 by 195. */
function valuesUnder(plane: Float32Array, x: number, y: number): number[] {
  const values: number[] = [];
  const span = (at: number, length: number, bins: number): number[] => {
    const all: number[] = [];
    for (let i = Math.max(0, Math.floor((at * length) / bins) - 2); i < Math.min(length, ((at + 1) * length) / bins + 2); i++)
      if (Math.floor(((i + 0.5) * bins) / length) === at) all.push(i);
    return all;
  };
  for (const row of span(y, height, 195)) for (const column of span(x, width, 300)) values.push(plane[row * width + column]!);
  return values;
}
