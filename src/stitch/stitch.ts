import { SegtileError } from '../errors.js';
import { windowCore, windowOwned } from '../plan/axis.js';
import { type Blend, weightMap } from '../plan/blend.js';
import type { Grid } from '../plan/grid.js';
import type { ScoreBlock, ScoreRows, Scores } from '../types.js';

/**
 * Blends the scores of overlapping windows and hands on rows as soon as no window can change them any more.
 *
 * The memory is a ring of one window height. It is cut into blocks of columns that exist only while some window has put scores
 * there, so glass costs nothing. Scores must be added in plan order: float32 sums depend on their order, and the same bits should come out
 * whatever order the windows were inferred in.
 */
export interface Stitch {
  /** Adds the scores of one window. Its row must not have been completed. */
  add(scores: Scores): void;
  /**
   * Declares all windows of a row of windows as added or skipped, and yields the rows that are now final, in chunks. The memory of a
   * chunk is used again for the next one. Rows of windows are completed in order, each exactly once.
   */
  complete(row: number): Generator<ScoreRows>;
}

/** Columns of one block of the ring, in pixels. */
const BLOCK_WIDTH = 512;

/** Rows handed on at once, in pixels: enough to amortise the loop around them, few enough to stay small with many classes. */
const CHUNK_HEIGHT = 64;

/** One block of columns of the ring: planes of `ringHeight * width` floats. */
interface RingBlock {
  readonly sums: Float32Array;
  readonly weights: Float32Array;
  /** First row below everything that was added. */
  bottom: number;
}

/**
 * Starts the stitch of one image.
 *
 * `P(x) = sum w_i(x) p_i(x) / sum w_i(x)` over the windows whose core holds `x`, sums in float32; a pixel without weight is NaN. With
 * blend `none` the scores are copied from the window that owns the pixel, without arithmetic.
 */
export function createStitch(grid: Grid, classes: number, blend: Blend): Stitch {
  const { width, height } = grid.size;
  const ringHeight = Math.min(grid.window.height, height);
  const blockCount = Math.ceil(width / BLOCK_WIDTH);
  const ring: (RingBlock | undefined)[] = new Array(blockCount).fill(undefined);
  const free: RingBlock[] = [];
  const planeSize = ringHeight * BLOCK_WIDTH;
  const weights = blend === 'none' ? undefined : weightMap(blend, grid.window);
  const span = weights ? windowCore : windowOwned;
  const chunks = new Map<number, Float32Array>();
  let finalRow = 0;

  function blockAt(index: number): RingBlock {
    const existing = ring[index];
    if (existing) return existing;
    const block = free.pop() ?? {
      sums: new Float32Array(classes * planeSize),
      weights: new Float32Array(planeSize),
      bottom: 0,
    };
    block.bottom = 0;
    ring[index] = block;
    return block;
  }

  function add({ window, data }: Scores): void {
    const { box } = window;
    const across = span(grid.x, window.column);
    const down = span(grid.y, window.row);
    const plane = box.width * box.height;
    const bottom = down.start + down.length;
    const end = across.start + across.length;
    for (let index = Math.floor(across.start / BLOCK_WIDTH); index * BLOCK_WIDTH < end; index++) {
      const left = index * BLOCK_WIDTH;
      const x0 = Math.max(across.start, left);
      const count = Math.min(end, left + BLOCK_WIDTH) - x0;
      const block = blockAt(index);
      block.bottom = Math.max(block.bottom, bottom);
      for (let y = down.start; y < bottom; y++) {
        const from = (y - box.y) * box.width + (x0 - box.x);
        const to = (y % ringHeight) * BLOCK_WIDTH + (x0 - left);
        if (weights) {
          addRow(block, to, weights, data, from, count, plane);
        } else {
          for (let c = 0; c < classes; c++) {
            block.sums.set(data.subarray(c * plane + from, c * plane + from + count), c * planeSize + to);
          }
          block.weights.fill(1, to, to + count);
        }
      }
    }
  }

  function addRow(
    block: RingBlock,
    to: number,
    map: Float32Array,
    data: Float32Array,
    from: number,
    count: number,
    plane: number,
  ): void {
    const { sums, weights: total } = block;
    const end = to + count;
    // The weights ride along with the first class: what this costs is the way to memory and back.
    for (let at = to, i = from; at < end; at++, i++) {
      const weight = map[i]!;
      total[at]! += weight;
      sums[at]! += weight * data[i]!;
    }
    for (let c = 1; c < classes; c++) {
      const shift = (c * plane) | 0;
      for (let at = c * planeSize + to, i = from; i < from + count; at++, i++) sums[at]! += map[i]! * data[shift + i]!;
    }
  }

  function* complete(row: number): Generator<ScoreRows> {
    const end = row === grid.rows - 1 ? height : span(grid.y, row + 1).start;
    while (finalRow < end) {
      const y = finalRow;
      const rows = Math.min(CHUNK_HEIGHT, end - y);
      const blocks: ScoreBlock[] = [];
      for (let index = 0; index < blockCount; index++) {
        const block = ring[index];
        if (!block) continue;
        blocks.push(drain(index, block, y, rows));
        if (block.bottom <= y + rows) {
          ring[index] = undefined;
          free.push(block);
        }
      }
      finalRow = y + rows;
      yield { y, height: rows, blocks };
    }
  }

  /** Takes rows out of a ring block, divided by their weights, and leaves zeros behind. */
  function drain(index: number, block: RingBlock, y: number, rows: number): ScoreBlock {
    const x = index * BLOCK_WIDTH;
    const blockWidth = Math.min(BLOCK_WIDTH, width - x);
    const plane = blockWidth * rows;
    const size = classes * blockWidth * CHUNK_HEIGHT;
    let chunk = chunks.get(index);
    if (!chunk) {
      chunk = new Float32Array(size);
      chunks.set(index, chunk);
    }
    const data = chunk.subarray(0, classes * plane);
    for (let r = 0; r < rows; r++) {
      const from = ((y + r) % ringHeight) * BLOCK_WIDTH;
      for (let c = 0; c < classes; c++) {
        const sumAt = c * planeSize + from;
        const to = c * plane + r * blockWidth;
        for (let i = 0; i < blockWidth; i++) {
          const weight = block.weights[from + i]!;
          const score = block.sums[sumAt + i]! / weight;
          data[to + i] = score;
          if (weight > 0 && Number.isNaN(score)) throw notANumber(x + i, y + r, c);
        }
        block.sums.fill(0, sumAt, sumAt + blockWidth);
      }
      block.weights.fill(0, from, from + blockWidth);
    }
    return { x, y, width: blockWidth, height: rows, classes, data };
  }

  return { add, complete };
}

function notANumber(x: number, y: number, channel: number): SegtileError {
  return new SegtileError(
    'model',
    `the model's score of channel ${channel} at working pixel (${x}, ${y}) is not a number`,
    'half-precision models overflow on unexpected input: check scale, mean and std of the model card',
  );
}
