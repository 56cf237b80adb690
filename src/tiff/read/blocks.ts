import type { ByteSource, Fetch } from '../../io/source.js';
import type { WrappedBlock } from '../codecs/wrap.js';
import type { Directory } from '../directory.js';

/** Blocks that lie this close together are fetched in one go, with the bytes between them. */
const NEAR = 2 ** 16;

/** Compressed blocks, laid out one after the other as the file has them. */
export interface BlockLayout {
  /** Where each of the asked blocks lies in the data, in the order in which they were asked for. */
  readonly blocks: readonly WrappedBlock[];
  /** Stretches of the file that make the data: `at` is where a stretch goes. */
  readonly stretches: readonly Stretch[];
  /** Bytes of the data. */
  readonly bytes: number;
}

interface Stretch {
  readonly offset: number;
  readonly bytes: number;
  readonly at: number;
}

/**
 * Plans how to fetch blocks. Those that lie near each other in the file come in one stretch, so blocks that share an
 * offset are fetched once.
 *
 * @param numbers of the blocks, in the lists of the directory
 */
export function layBlocks(directory: Directory, numbers: readonly number[]): BlockLayout {
  const { offsets, byteCounts } = directory;
  const sorted = [...numbers].sort((a, b) => offsets[a]! - offsets[b]!);
  const stretches: { offset: number; bytes: number; at: number }[] = [];
  const places = new Map<number, WrappedBlock>();
  let total = 0;
  for (const number of sorted) {
    const offset = offsets[number]!;
    const bytes = byteCounts[number]!;
    let stretch = stretches.at(-1);
    if (stretch === undefined || offset > stretch.offset + stretch.bytes + NEAR) {
      stretch = { offset, bytes: 0, at: total };
      stretches.push(stretch);
    }
    stretch.bytes = Math.max(stretch.bytes, offset + bytes - stretch.offset);
    total = stretch.at + stretch.bytes;
    places.set(number, { offset: stretch.at + offset - stretch.offset, bytes });
  }
  return { blocks: numbers.map((number) => places.get(number)!), stretches, bytes: total };
}

/**
 * Fetches the blocks that {@link layBlocks} planned.
 *
 * @returns a new buffer with `header`, then the data
 * @throws {SegtileError} `input` if the file cannot be read, `aborted` when the signal fires
 */
export async function fetchBlocks(
  source: ByteSource,
  layout: BlockLayout,
  header: Uint8Array,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const data = Buffer.allocUnsafeSlow(header.length + layout.bytes);
  data.set(header);
  const fetches = layout.stretches.map(
    ({ offset, bytes, at }): Fetch => ({ offset, into: data.subarray(header.length + at, header.length + at + bytes) }),
  );
  await source.read(fetches, signal);
  return data;
}
