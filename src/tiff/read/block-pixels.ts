import type { BlockPixels } from '../codecs/codec.js';
import { codecOf } from '../codecs/registry.js';
import type { Directory } from '../directory.js';
import { largestPicture, rawBytes, rawShape, rowsInBlock, samplesInBlock } from '../samples/block-bytes.js';
import type { GridBlock } from '../samples/grid.js';
import { reverseBits, unpack } from '../samples/unpack.js';
import { toSamples } from './block-samples.js';

/** A block to decode. */
export type FetchedBlock = GridBlock & { readonly bytes: Uint8Array };

/**
 * Decodes blocks of one plane that have the same height.
 *
 * @throws {Error} with the decoder's words, or saying what does not fit
 */
export async function decodeBlocksTogether(directory: Directory, blocks: readonly FetchedBlock[]): Promise<BlockPixels[]> {
  const { compression, fillOrder, blockWidth } = directory;
  const codec = codecOf(compression);
  if (codec === undefined) throw new Error(`no decoder for compression ${compression}`);
  if (codec.gives === 'picture') {
    const due = { most: largestPicture(directory), channels: samplesInBlock(directory) };
    return Promise.all(blocks.map(({ bytes, size }) => codec.decode(bytes, { ...due, least: size }, directory)));
  }
  const compressed = blocks.map(({ bytes }) => (fillOrder === 2 ? reverseBits(bytes) : bytes));
  const rows = rowsInBlock(directory, blocks[0]!.number);
  const shape = rawShape(directory, rows);
  const most = rawBytes(directory, directory.blockHeight);
  const unpacked = await unpack(codec, compressed, shape.rows, shape.rowBytes, most);
  return unpacked.map((bytes) => ({ data: toSamples(directory, bytes, rows), rowLength: blockWidth }));
}
