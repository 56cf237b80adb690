import { SegtileError } from '../errors.js';
import { createKernel, PAGE } from './kernel.js';

/** A rectangle of one plane: `count` columns, `rows` rows. */
export interface Rectangle {
  /** Float of the arena where its sums begin. */
  readonly sums: number;
  /** Floats from one row of sums to the next. */
  readonly sumStride: number;
  /** Pixel of the window where it begins. */
  readonly pixel: number;
  /** Plane of the window's scores. */
  readonly plane: number;
  readonly count: number;
  readonly rows: number;
}

/** Memory for blocks of sums, all of one size, to which the scores of windows are added. */
export interface Arena {
  /** Its memory, in which a block is found by its first float; another array after `take`. */
  readonly floats: Float32Array<ArrayBuffer>;
  /** The first float of a new block, which is all zeros; undefined where the arena is full. */
  take(): number | undefined;
  /** Takes the scores of a window, of which rectangles are added then. */
  load(scores: Float32Array): void;
  /** Adds weights times scores to sums. */
  add(rectangle: Rectangle): void;
}

/**
 * Makes an arena without blocks.
 *
 * @param weights of the pixels of a window, row by row
 * @param width of a window, in px
 * @param planes of scores that a window has
 * @param blockSize floats of a block
 * @param most bytes that it may hold; one block always has room. A memory of WebAssembly ends at 4 GiB.
 * @throws {SegtileError} `usage`, from here or from `take`, where there is no such memory
 */
export function createArena(weights: Float32Array, width: number, planes: number, blockSize: number, most: number): Arena {
  const { memory, add } = createKernel();
  const scoresAt = weights.length;
  const blocksAt = scoresAt + planes * weights.length;
  let end = blocksAt;
  let floats = grown(end);
  floats.set(weights);

  function grown(length: number): Float32Array<ArrayBuffer> {
    const missing = Math.ceil((4 * length) / PAGE) - memory.buffer.byteLength / PAGE;
    try {
      if (missing > 0) memory.grow(missing);
    } catch (cause) {
      throw new SegtileError(
        'usage',
        `blending needs ${Math.ceil((4 * length) / 2 ** 20)} MiB in one piece, which cannot be had: windows ${width} px wide with ${planes} channels of scores are too large`,
        'use a smaller --window',
        cause,
      );
    }
    return new Float32Array(memory.buffer);
  }

  return {
    get floats() {
      return floats;
    },
    take() {
      const start = end;
      if (start > blocksAt && 4 * (start + blockSize) > most) return undefined;
      end += blockSize;
      floats = grown(end);
      return start;
    },
    load: (scores) => floats.set(scores, scoresAt),
    add({ sums, sumStride, pixel, plane, count, rows }) {
      const scores = scoresAt + plane * weights.length + pixel;
      add(4 * sums, 4 * pixel, 4 * scores, 4 * sumStride, 4 * width, 4 * count, rows);
    },
  };
}
