import { jpegCodec } from '../../../dist/tiff/write/tile-codec.js';
import { writeTiff } from '../../../dist/tiff/write/write.js';
import type { Pixels, RasterRows, Size } from '../../../dist/types.js';
import { random } from '../../model/networks.ts';

/** Side of the texture, in pixels. It is not a multiple of a tile, so that neighbouring tiles differ. */
const SIDE = 1000;

/** A square texture like stained tissue: a pink ground that varies slowly, dark round nuclei, and grain. It is seamless. */
export function tissueTexture(seed = 1): Pixels {
  const next = random(seed);
  const data = new Uint8Array(SIDE * SIDE * 3);
  const wave = (2 * Math.PI) / SIDE;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const slow =
        18 * Math.sin(3 * wave * x + 2 * Math.sin(2 * wave * y)) + 14 * Math.sin(5 * wave * y + Math.sin(4 * wave * x));
      const grain = 24 * (next() - 0.5);
      const at = (y * SIDE + x) * 3;
      data[at] = 215 + slow / 2 + grain;
      data[at + 1] = 140 + slow + grain;
      data[at + 2] = 185 + slow / 2 + grain;
    }
  }
  for (let nucleus = 0; nucleus < 1500; nucleus++) {
    const [cx, cy, radius] = [Math.floor(next() * SIDE), Math.floor(next() * SIDE), 5 + 6 * next()];
    for (let dy = -12; dy <= 12; dy++) {
      for (let dx = -12; dx <= 12; dx++) {
        if (dx * dx + dy * dy > radius * radius) continue;
        const at = (((cy + dy + SIDE) % SIDE) * SIDE + ((cx + dx + SIDE) % SIDE)) * 3;
        for (let c = 0; c < 3; c++) data[at + c] = data[at + c]! * [0.45, 0.5, 0.75][c]!;
      }
    }
  }
  return { width: SIDE, height: SIDE, channels: 3, data };
}

/** An image of any size tiled with a texture, as rows from top to bottom. The memory of the rows is reused. */
export function* tiled(texture: Pixels, { width, height }: Size): Generator<RasterRows> {
  const rowsAtOnce = 256;
  const memory = new Uint8Array(width * 3 * rowsAtOnce);
  for (let y = 0; y < height; y += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, height - y);
    const data = memory.subarray(0, width * 3 * rows);
    for (let row = 0; row < rows; row++) {
      const from = ((y + row) % texture.height) * texture.width * 3;
      for (let x = 0; x < width; x += texture.width) {
        const count = Math.min(texture.width, width - x) * 3;
        data.set(texture.data.subarray(from, from + count), (row * width + x) * 3);
      }
    }
    yield { y, width, height: rows, channels: 3, data };
  }
}

/**
 * Writes a slide as scanners do: a pyramid of JPEG tiles of 256 px, with 0.5 µm per pixel. Its memory does not grow with
 * the slide.
 */
export async function writeSlide(path: string, texture: Pixels, size: Size): Promise<void> {
  const sink = await writeTiff(path, {
    size,
    channels: 3,
    tile: 256,
    codec: jpegCodec(80),
    reduce: 'mean',
    levels: 'chained',
    mpp: { x: 0.5, y: 0.5 },
  });
  for (const rows of tiled(texture, size)) await sink.write(rows);
  await sink.finish();
}
