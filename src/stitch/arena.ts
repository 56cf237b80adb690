import { reason, SegtileError } from '../errors.js';
import { createKernel, type Kernel, PAGE } from './kernel.js';
import { createLoops } from './loops.js';

/** A rectangle of one plane of scores: `count` columns and `rows` rows. */
export interface Rectangle {
  /** Index of the float of the arena at which its sums begin. */
  readonly sums: number;
  /** Index of the pixel of the window at which it begins. */
  readonly pixel: number;
  /** Index of the plane (channel) of the window's scores. */
  readonly plane: number;
  readonly count: number;
  readonly rows: number;
}

/** Rows of sums to divide. */
export interface Dividend {
  /** Index of the float of the arena at which they begin. */
  readonly sums: number;
  /** Index of the row of divisors for the first row of sums. */
  readonly row: number;
  readonly count: number;
  readonly rows: number;
}

/** The sizes that an arena is made for. */
export interface ArenaShape {
  /** Width of a window, in px. */
  readonly width: number;
  /** Number of planes (channels) of scores of a window. */
  readonly planes: number;
  /** Number of floats from one row of sums to the next. */
  readonly sumStride: number;
  /** Number of floats of a block of sums. */
  readonly blockSize: number;
  /** The most rows of sums that are divided at a time. */
  readonly dividedRows: number;
}

/** Memory for blocks of sums, all of one size, to which the scores of windows are added. */
export interface Arena {
  /** Its memory. A block is identified by the index of its first float. `take` may replace this array. */
  readonly floats: Float32Array<ArrayBuffer>;
  /** Allocates a block of zeros and returns the index of its first float; undefined if the arena is full. */
  take(): number | undefined;
  /** Loads the scores of a window, so that {@link Arena.add} can add rectangles of them. */
  load(scores: Float32Array): void;
  /** Adds weights times scores to the sums of a rectangle. */
  add(rectangle: Rectangle): void;
  /** The divisors of the sums. Their rows are as far apart as those of sums. `take` may replace this array. */
  readonly divisors: Float32Array<ArrayBuffer>;
  /**
   * Divides rows of sums by the divisors and sets the sums to zero.
   *
   * @param quotients receives `rows * count` floats
   * @returns false if all quotients are numbers; true if one may be NaN
   */
  divide(dividend: Dividend, quotients: Float32Array): boolean;
}

/**
 * Creates the WebAssembly kernel, or plain loops if WebAssembly gets no memory. WebAssembly reserves far more
 * addresses than it uses bytes, which a limit on address space forbids.
 *
 * @param note called with a sentence that says why plain loops are used
 */
export function kernelOrLoops(note: (sentence: string) => void, create: () => Kernel = createKernel): Kernel {
  try {
    return create();
  } catch (cause) {
    const why = `WebAssembly gets no memory here (${reason(cause)}), as happens under "ulimit -v"`;
    const remedy = 'NODE_OPTIONS=--disable-wasm-trap-handler helps';
    note(`${why}: windows are blended without it, which takes longer and gives the same mask; ${remedy}`);
    return createLoops();
  }
}

/**
 * Creates an arena without blocks.
 *
 * @param weights of the pixels of a window, row by row
 * @param most the most bytes that it may hold; one block always fits. A WebAssembly memory holds at most 4 GiB.
 * @param kernel its memory must hold no blocks yet, and no other arena may use it
 * @throws {SegtileError} `usage`, here or in `take`, if the memory cannot be had
 */
export function createArena(
  weights: Float32Array,
  shape: ArenaShape,
  most: number,
  kernel: Kernel = kernelOrLoops(() => undefined),
): Arena {
  const { width, planes, sumStride, blockSize, dividedRows } = shape;
  const { memory } = kernel;
  const scoresAt = weights.length;
  const divisorsAt = scoresAt + planes * weights.length;
  const quotientsAt = divisorsAt + sumStride * dividedRows;
  const blocksAt = quotientsAt + sumStride * dividedRows;
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
        `blending needs ${Math.ceil((4 * length) / 2 ** 20)} MiB in one piece, which the system does not give: windows ${width} px wide with ${planes} channels of scores are too large`,
        'use a smaller --window, or lift the limit on memory ("ulimit -v unlimited")',
        cause,
      );
    }
    return new Float32Array(memory.buffer);
  }

  return {
    get floats() {
      return floats;
    },
    get divisors() {
      return floats.subarray(divisorsAt, quotientsAt);
    },
    take() {
      const start = end;
      if (start > blocksAt && 4 * (start + blockSize) > most) return undefined;
      end += blockSize;
      floats = grown(end);
      return start;
    },
    load: (scores) => floats.set(scores, scoresAt),
    add({ sums, pixel, plane, count, rows }) {
      const scores = scoresAt + plane * weights.length + pixel;
      kernel.add(4 * sums, 4 * pixel, 4 * scores, 4 * sumStride, 4 * width, 4 * count, rows);
    },
    divide({ sums, row, count, rows }, quotients) {
      const [stride, length, divisors] = [4 * sumStride, 4 * count, divisorsAt + row * sumStride];
      const doubtful = kernel.divide(4 * sums, 4 * divisors, 4 * quotientsAt, stride, stride, length, length, rows);
      quotients.set(floats.subarray(quotientsAt, quotientsAt + rows * count));
      return doubtful !== 0;
    },
  };
}
