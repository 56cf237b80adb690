import type { ScoreBlock, ScoreRows } from '../types.js';

/** One of several images of scores that are merged. */
export interface ScoreStream {
  /** Rows from top to bottom. Its blocks have the same columns as those of the other streams. */
  readonly rows: AsyncIterable<ScoreRows>;
  /** The weight of each of its channels, above 0. */
  readonly weights: readonly number[];
  /** For each of its channels, the channel of the merged scores that it belongs to. */
  readonly channelsOf: readonly number[];
}

/**
 * Yields the weighted mean of images of scores of the same size, row by row as they become final. A pixel is the mean
 * over the streams that cover it, and in each channel over those of them that have the channel. If a pixel is covered
 * by some streams, but by none that has the channel, its score in that channel is 0. A pixel that no stream covers
 * stays NaN. The mean of equal scores is that score to the last bit.
 *
 * The streams advance in step: of each stream, only the last rows that it yielded are held until they are used up.
 * The memory of the yielded rows is reused.
 */
export async function* mergeScores(streams: readonly ScoreStream[], channels: number): AsyncGenerator<ScoreRows> {
  const readers = streams.map(({ rows }) => rows[Symbol.asyncIterator]());
  const memory = new Map<number, { mean: Float32Array; weights: Float32Array }>();
  const room = (x: number, plane: number): { mean: Float32Array; weights: Float32Array } => {
    let found = memory.get(x);
    if (!found || found.weights.length < plane * channels) {
      found = { mean: new Float32Array(plane * channels), weights: new Float32Array(plane * channels) };
      memory.set(x, found);
    }
    return { mean: found.mean.subarray(0, plane * channels), weights: found.weights.subarray(0, plane * channels).fill(0) };
  };
  try {
    const held: ScoreRows[] = [];
    for (let y = Number.NEGATIVE_INFINITY; ; ) {
      for (const [index, reader] of readers.entries()) {
        const rows = held[index];
        if (rows && rows.y + rows.height > y) continue;
        const next = await reader.next();
        if (next.done) return;
        held[index] = next.value;
      }
      // All streams begin at the same row.
      y = Math.max(y, held[0]!.y);
      const height = Math.min(...held.map((rows) => rows.y + rows.height)) - y;
      const places = new Map(held.flatMap(({ blocks }) => blocks.map(({ x, width }) => [x, width] as const)));
      const blocks = [...places]
        .sort(([a], [b]) => a - b)
        .map(([x, width]): ScoreBlock => {
          const { mean, weights } = room(x, width * height);
          for (const [index, rows] of held.entries()) {
            const block = rows.blocks.find((each) => each.x === x);
            if (block) addRows(mean, weights, block, y, height, streams[index]!);
          }
          settle(mean, weights, width * height, channels);
          return { x, y, width, height, classes: channels, data: mean };
        });
      yield { y, height, blocks };
      y += height;
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.return?.()));
  }
}

function addRows(
  mean: Float32Array,
  weights: Float32Array,
  block: ScoreBlock,
  y: number,
  height: number,
  { weights: own, channelsOf }: ScoreStream,
): void {
  const plane = block.width * height;
  for (const [from, to] of channelsOf.entries()) {
    const weight = own[from]!;
    const source = (from * block.height + y - block.y) * block.width;
    for (let i = 0, at = to * plane; i < plane; i++, at++) {
      const score = block.data[source + i]!;
      if (Number.isNaN(score)) continue;
      const sum = weights[at]! + weight;
      weights[at] = sum;
      mean[at] = sum === weight ? score : mean[at]! + (score - mean[at]!) * (weight / sum);
    }
  }
}

/** Fills in pixels without a score in a channel: 0 if they have a score in another channel, else NaN. */
function settle(mean: Float32Array, weights: Float32Array, plane: number, channels: number): void {
  for (let i = 0; i < plane; i++) {
    let looked = false;
    for (let c = 0; c < channels && !looked; c++) looked = weights[c * plane + i]! > 0;
    for (let c = 0; c < channels; c++) if (weights[c * plane + i] === 0) mean[c * plane + i] = looked ? 0 : Number.NaN;
  }
}
