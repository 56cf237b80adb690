/**
 * Byte counts of uncompressed blocks. Missing ones are computed from the pixels, because some old writers leave the tag
 * out or fill it with zeros. A block with neither offset nor byte count is not in the file; its byte count stays 0.
 */
export function uncompressedCounts(
  listed: ArrayLike<number>,
  offsets: ArrayLike<number>,
  shape: {
    readonly tiled: boolean;
    readonly height: number;
    readonly blockWidth: number;
    readonly blockHeight: number;
    readonly bits: number;
    readonly blocks: number;
  },
): ArrayLike<number> {
  const { tiled, height, blockWidth, blockHeight, bits, blocks } = shape;
  const rowBytes = Math.ceil((blockWidth * bits) / 8);
  const down = Math.ceil(height / blockHeight);
  // A file may list far more blocks than its pixels need; only those that are needed are looked at.
  const counts = new Float64Array(Math.min(offsets.length, blocks));
  let complete = listed.length >= counts.length;
  for (let block = 0; block < counts.length; block++) {
    const count = listed[block] ?? 0;
    const stated = count > 0 || offsets[block] === 0;
    const rows = tiled ? blockHeight : Math.min(blockHeight, height - (block % down) * blockHeight);
    counts[block] = stated ? count : rows * rowBytes;
    complete &&= count > 0;
  }
  return complete ? listed : counts;
}
