import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { unet } from '../../../model/networks.js';
import { folder, painted, readMask, save, segtileWell, speckled, writeSlide } from '../../door.js';

const cwd = folder();
const [width, height] = [352, 288];
const [stride, window] = [32, 64];

test('a slide that begins some strides further gives the same mask in its interior', async () => {
  save(cwd, 'net.onnx', unet(0.1, { channels: 3, seed: 4 }));
  // Blotches, so that the mask has both sides of borders everywhere.
  const paint = (x: number, y: number) => speckled(x >> 4, y >> 4);
  await writeSlide(join(cwd, 'whole.tif'), width, height, paint);
  const moved = { left: 2 * stride, top: stride, width: width - 2 * stride, height: height - stride };
  const raw = { raw: { width, height, channels: 3 } } as const;
  await sharp(painted(width, height, paint), raw)
    .extract(moved)
    .tiff({ compression: 'deflate' })
    .toFile(join(cwd, 'moved.tif'));
  const args = ['-m', 'net.onnx', '--activation', 'softmax', '--classes', 'a,b', '--tissue', 'none', '--device', 'cpu'];
  const windows = ['--window', `${window}`, '--stride', `${stride}`, '--margin', '8', '--no-preview', '--quiet'];
  await segtileWell(['infer', 'whole.tif', 'moved.tif', ...args, ...windows, '-o', 'out'], { cwd });
  const [whole, part] = [
    await readMask(join(cwd, 'out/whole.mask.ome.tif')),
    await readMask(join(cwd, 'out/moved.mask.ome.tif')),
  ];
  const labels = new Set<number>();
  // A window from each side: there the outermost windows keep what others lose, and the last one is moved inwards.
  for (let y = window; y < moved.height - window; y++) {
    for (let x = window; x < moved.width - window; x++) {
      const label = part.data[y * moved.width + x]!;
      labels.add(label);
      if (label !== whole.data[(y + moved.top) * width + x + moved.left]) throw new Error(`another label at (${x}, ${y})`);
    }
  }
  expect(labels.size).toBeGreaterThan(1);
});
