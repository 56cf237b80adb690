import type { Size } from '../../types.js';
import type { Blocks, EncodedTile, LevelBlocks } from './block-store.js';
import { fillUniform, halve, padTile, type Reduce } from './pyramid.js';
import { pixelBytes, type TiledFormat } from './tile-codec.js';

/**
 * The jobs that make one row of tiles of a level from the level above it. Each job makes one tile.
 *
 * @param above size of the level above, in pixels
 * @param from the blocks of the level above
 * @param row number of the row of tiles to make
 */
export function reducedRow(
  blocks: Blocks,
  layout: TiledFormat & { reduce: Reduce },
  above: Size,
  from: LevelBlocks,
  row: number,
): (() => Promise<EncodedTile>)[] {
  const { tile, codec, reduce } = layout;
  const pixel = pixelBytes(layout);
  const across = Math.ceil(above.width / tile);
  const down = Math.ceil(above.height / tile);
  const half = tile / 2;

  return Array.from({ length: Math.ceil(across / 2) }, (_, column) => async () => {
    const indices: number[] = [];
    for (let y = 2 * row; y < Math.min(2 * row + 2, down); y++) {
      for (let x = 2 * column; x < Math.min(2 * column + 2, across); x++) indices.push(y * across + x);
    }
    const first = from.offsets[indices[0]!]!;
    const value = blocks.uniformAt(first);
    // If a quarter lies outside the image, the padding has the same value too, which nobody sees.
    if (value !== undefined && indices.every((index) => from.offsets[index] === first)) return blocks.encodeUniform(value);
    const target = new Uint8Array(tile * tile * pixel);
    let [width, height] = [0, 0];
    for (const index of indices) {
      const x = index % across;
      const y = Math.floor(index / across);
      const area = { width: Math.min(tile, above.width - x * tile), height: Math.min(tile, above.height - y * tile) };
      const box = {
        x: (x % 2) * half,
        y: (y % 2) * half,
        width: Math.ceil(area.width / 2),
        height: Math.ceil(area.height / 2),
      };
      const uniform = blocks.uniformAt(from.offsets[index]!);
      if (uniform !== undefined) {
        fillUniform(target, box, tile, pixel, uniform);
      } else {
        const data = await blocks.read(from.offsets[index]!, from.byteCounts[index]!);
        halve({ ...area, data }, target, box.x, box.y, tile, pixel, reduce);
      }
      width = Math.max(width, box.x + box.width);
      height = Math.max(height, box.y + box.height);
    }
    padTile({ data: target, width, height }, tile, pixel, codec.padding);
    return blocks.encode(target);
  });
}
