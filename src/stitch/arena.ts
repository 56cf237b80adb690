import { reason, SegtileError } from '../errors.js';
import { createKernel, type Kernel, PAGE } from './kernel.js';
import { createLoops } from './loops.js';

/** A rectangle of one plane: `count` columns, `rows` rows. */
export interface Rectangle {
  /** Float of the arena where its sums begin. */
  readonly sums: number;
  /** Pixel of the window where it begins. */
  readonly pixel: number;
  /** Plane of the window's scores. */
  readonly plane: number;
  readonly count: number;
  readonly rows: number;
}

/** Rows of sums that are divided. */
export interface Dividend {
  /** Float of the arena where they begin. */
  readonly sums: number;
  /** The row of the divisors that the first one belongs to. */
  readonly row: number;
  readonly count: number;
  readonly rows: number;
}

/** What an arena has room for. */
export interface ArenaShape {
  /** Width of a window, in px. */
  readonly width: number;
  /** Planes of scores that a window has. */
  readonly planes: number;
  /** Floats from one row of sums to the next. */
  readonly sumStride: number;
  /** Floats of a block of sums. */
  readonly blockSize: number;
  /** Rows of sums that are divided at a time, at most. */
  readonly dividedRows: number;
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
  /** What sums are divided by: rows as far apart as those of sums. Another array after `take`. */
  readonly divisors: Float32Array<ArrayBuffer>;
  /**
   * Divides rows of sums, and leaves zeros in their place.
   *
   * @param quotients is filled: `rows * count` floats
   * @returns false where all quotients are numbers; true where one may not be
   */
  divide(dividend: Dividend, quotients: Float32Array): boolean;
}

/**
 * WebAssembly, or plain loops where there is none to be had: its memory wants far more addresses than bytes, which a limit on them forbids.
 *
 * @param note is told why plain loops are used
 */
export function kernelOrLoops(note: (sentence: string) => void, create: () => Kernel = createKernel): Kernel {
  try {
    return create();
  } catch (cause) {
    const why = `WebAssembly has no memory here (${reason(cause)}), as under "ulimit -v"`;
    const remedy = 'NODE_OPTIONS=--disable-wasm-trap-handler lets it have some';
    note(`${why}: windows are blended without it, which takes longer and gives the same mask; ${remedy}`);
    return createLoops();
  }
}

/**
 * Makes an arena without blocks.
 *
 * @param weights of the pixels of a window, row by row
 * @param most bytes that it may hold; one block always has room. A memory of WebAssembly ends at 4 GiB.
 * @param kernel without blocks in its memory; this arena has it to itself
 * @throws {SegtileError} `usage`, from here or from `take`, where there is no such memory
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
        `blending needs ${Math.ceil((4 * length) / 2 ** 20)} MiB in one piece, which cannot be had: windows ${width} px wide with ${planes} channels of scores are too large`,
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
