import { emptyLabelCount } from '../plan/labels/labels.js';
import type { Box, ScoreBlock } from '../types.js';
import type { Crossing, Strip } from './strip.js';

/** The strips of a piece of an image that covers some of its columns. */
export interface ColumnStrips {
  readonly piece: Box;
  readonly strips: AsyncIterable<Crossing>;
}

/**
 * Joins pieces that lie side by side and were processed one after the other. Gives strips as wide as all pieces
 * together. Facts about windows come before the strips that they belong to.
 *
 * @param columns the pieces from left to right, without gap or overlap, all with the same rows
 */
export async function* joinColumns(columns: readonly ColumnStrips[]): AsyncGenerator<Crossing, void, undefined> {
  const [first] = columns;
  if (first === undefined) return;
  const left = first.piece.x;
  const width = columns.reduce((sum, { piece }) => sum + piece.width, 0);
  const readers = columns.map(({ strips }) => strips[Symbol.asyncIterator]());
  const held: Strip[] = [];
  const end = first.piece.y + first.piece.height;
  try {
    for (let y = first.piece.y; y < end; ) {
      for (const [index, reader] of readers.entries()) {
        while (held[index] === undefined || held[index].y + held[index].height <= y) {
          const { value, done } = await reader.next();
          if (done) return;
          if (value.kind === 'windows') yield value;
          else held[index] = value;
        }
      }
      const height = Math.min(...held.map((strip) => strip.y + strip.height)) - y;
      yield sideBySide(
        held,
        columns.map(({ piece }) => piece),
        { x: left, y, width, height },
      );
      // The counts of a strip were added with its first rows, so the rest of it counts as 0.
      for (const [index, strip] of held.entries()) held[index] = { ...strip, count: emptyLabelCount(), inside: 0 };
      y += height;
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.return?.(undefined)));
  }
}

/**
 * Joins bands of pieces, one below the other, to the strips of the whole image.
 *
 * @param bands from top to bottom; the pieces of each as for {@link joinColumns}
 */
export async function* joinBands(bands: readonly (readonly ColumnStrips[])[]): AsyncGenerator<Crossing, void, undefined> {
  for (const band of bands) {
    // The strips of a single piece are passed on as they are, which saves copies.
    if (band.length === 1) yield* band[0]!.strips;
    else yield* joinColumns(band);
  }
}

/**
 * Joins some rows of strips that lie side by side.
 *
 * @param spans the columns of each strip
 * @param box the rows, and the columns of all strips together
 */
export function sideBySide(strips: readonly Strip[], spans: readonly Pick<Box, 'x' | 'width'>[], box: Box): Strip {
  const { x, y, width, height } = box;
  const count = emptyLabelCount();
  let inside = 0;
  for (const strip of strips) {
    count.covered += strip.count.covered;
    for (const [label, pixels] of strip.count.perLabel.entries()) count.perLabel[label]! += pixels;
    inside += strip.inside;
  }
  const labelled = strips.every(({ labels }) => labels !== undefined);
  const data = new Uint8Array(labelled ? width * height : 0);
  for (const [index, { labels }] of strips.entries()) {
    const span = spans[index]!;
    for (let row = 0; labels && labelled && row < height; row++) {
      const from = (y + row - labels.y) * span.width;
      data.set(labels.data.subarray(from, from + span.width), row * width + span.x - x);
    }
  }
  const scored = strips.every(({ scores }) => scores !== undefined);
  const blocks = scored ? strips.flatMap(({ scores }) => scores!.blocks.map((block) => rowsOf(block, y, height))) : [];
  return {
    kind: 'strip',
    y,
    height,
    labels: labelled ? { y, width, height, channels: 1, data } : undefined,
    scores: scored ? { y, height, blocks } : undefined,
    count,
    inside,
  };
}

/** Some rows of a block of scores. A block that has just these rows is returned unchanged. */
function rowsOf(block: ScoreBlock, y: number, height: number): ScoreBlock {
  if (block.y === y && block.height === height) return block;
  const { width, classes } = block;
  const data = new Float32Array(classes * height * width);
  for (let c = 0; c < classes; c++) {
    const from = (c * block.height + y - block.y) * width;
    data.set(block.data.subarray(from, from + height * width), c * height * width);
  }
  return { ...block, y, height, data };
}
