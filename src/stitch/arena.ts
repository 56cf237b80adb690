import { reason, SegtileError } from '../errors.js';
import { type LabelLoops, plainLabelLoops } from '../plan/labels/label-loops.js';
import { AT_ONCE, createKernel, DOUBT, GAPS, type Kernel, type ScoreLoops } from './kernel.js';
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
  /** Index in {@link Arena.quotients} of the first quotient. They follow one another without gap. */
  readonly to: number;
}

/** What is known of quotients. */
export interface Division {
  /** Whether some divisors are 0. */
  readonly hasGaps: boolean;
  /** Whether some quotients of divisors other than 0 may be NaN. */
  readonly isDoubtful: boolean;
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
  readonly floats: Float32Array;
  /** Allocates a block of zeros and returns the index of its first float; undefined if the arena is full. */
  take(): number | undefined;
  /**
   * Loads the scores of a window, so that {@link Arena.add} can add rectangles of them. Scores that lie in the arena's
   * memory are used where they are.
   */
  load(scores: Float32Array): void;
  /** Adds weights times scores to the sums of a rectangle. */
  add(rectangle: Rectangle): void;
  /** The divisors of the sums. Their rows are as far apart as those of sums. `take` may replace this array. */
  readonly divisors: Float32Array;
  /** Memory for the quotients of all planes. `take` may replace this array. */
  readonly quotients: Float32Array;
  /** Divides rows of sums by the divisors and sets the sums to zero. */
  divide(dividend: Dividend): Division;
  /** Loops that make labels of scores which lie in {@link Arena.quotients}. */
  readonly labelLoops: LabelLoops;
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
    note(withoutWasm(cause));
    return createLoops();
  }
}

/** What is said if windows are blended without WebAssembly, because it got no memory. */
export function withoutWasm(cause: unknown): string {
  const why = `WebAssembly gets no memory here (${reason(cause)}), as happens under "ulimit -v"`;
  const remedy = 'NODE_OPTIONS=--disable-wasm-trap-handler helps';
  return `${why}: windows are blended without it, which takes longer and gives the same mask; ${remedy}`;
}

/**
 * Creates an arena without blocks.
 *
 * @param weights of the pixels of a window, row by row
 * @param most the most bytes that it may hold; one block always fits. A WebAssembly memory holds at most 4 GiB.
 * @throws {SegtileError} `usage`, here or in `take`, if the memory cannot be had
 */
export function createArena(
  weights: Float32Array,
  shape: ArenaShape,
  most: number,
  kernel: Kernel = kernelOrLoops(() => undefined),
): Arena {
  const { width, planes, sumStride, blockSize } = shape;
  const { memory } = kernel;
  let taken = 0;
  let floats: Float32Array = new Float32Array(0);
  const weightsAt = allocated(weights.length);
  floats.set(weights, weightsAt);
  const plane = dividedPlane(shape);
  // Behind each part lies another, into which loops over pixels may go.
  const divisorsAt = allocated(dividingFloats(shape));
  const quotientsAt = divisorsAt + plane;
  const bestAt = quotientsAt + planes * plane;
  const labelsAt = bestAt + plane;
  let ownScoresAt: number | undefined;
  let scoresAt = 0;
  let hasBlocks = false;

  /** Allocates floats, and returns the index of the first one. */
  function allocated(length: number): number {
    try {
      const start = memory.take(4 * length) / 4;
      taken += 4 * length;
      floats = new Float32Array(memory.buffer);
      return start;
    } catch (cause) {
      throw new SegtileError(
        'usage',
        `blending needs ${Math.ceil((4 * length) / 2 ** 20)} MiB in one piece, which the system does not give: windows ${width} px wide with ${planes} channels of scores are too large`,
        'use a smaller --window, or lift the limit on memory ("ulimit -v unlimited")',
        cause,
      );
    }
  }

  return {
    get floats() {
      return floats;
    },
    get divisors() {
      return floats.subarray(divisorsAt, quotientsAt);
    },
    get quotients() {
      return floats.subarray(quotientsAt, bestAt);
    },
    labelLoops: kernel.scoreLoops
      ? labelLoopsIn(kernel.scoreLoops, {
          labels: (pixels) => new Uint8Array(memory.buffer, 4 * labelsAt, pixels),
          best: (pixels) => floats.subarray(bestAt, bestAt + pixels),
        })
      : plainLabelLoops,
    take() {
      if (hasBlocks && taken + 4 * blockSize > most) return undefined;
      try {
        const block = allocated(blockSize);
        hasBlocks = true;
        return block;
      } catch (error) {
        if (hasBlocks) return undefined;
        throw error;
      }
    },
    load(scores) {
      if (scores.buffer === memory.buffer) {
        scoresAt = scores.byteOffset / 4;
        return;
      }
      ownScoresAt ??= allocated(planes * weights.length);
      scoresAt = ownScoresAt;
      floats.set(scores, scoresAt);
    },
    add({ sums, pixel, plane, count, rows }) {
      const scores = scoresAt + plane * weights.length + pixel;
      kernel.add(4 * sums, 4 * (weightsAt + pixel), 4 * scores, 4 * sumStride, 4 * width, 4 * count, rows);
    },
    divide({ sums, row, count, rows, to }) {
      const [stride, length, divisors] = [4 * sumStride, 4 * count, divisorsAt + row * sumStride];
      const bits = kernel.divide(4 * sums, 4 * divisors, 4 * (quotientsAt + to), stride, stride, length, length, rows);
      return { hasGaps: (bits & GAPS) !== 0, isDoubtful: (bits & DOUBT) !== 0 };
    },
  };
}

/** Pixels of a block whose rows are divided at a time, as many as loops go over. */
function dividedPlane({ sumStride, dividedRows }: Pick<ArenaShape, 'sumStride' | 'dividedRows'>): number {
  return Math.ceil((sumStride * dividedRows) / AT_ONCE) * AT_ONCE;
}

/** Floats that an arena takes to divide: divisors, the quotients of all planes, best scores, and a byte for each label. */
export function dividingFloats(shape: Pick<ArenaShape, 'planes' | 'sumStride' | 'dividedRows'>): number {
  return (shape.planes + 2.25) * dividedPlane(shape);
}

/** Loops of a kernel, for scores that lie in its memory. */
function labelLoopsIn(loops: ScoreLoops, memory: Pick<LabelLoops, 'labels' | 'best'>): LabelLoops {
  return {
    ...memory,
    mark: ({ scores, threshold, label }, labels) =>
      loops.mark(scores.byteOffset, labels.byteOffset, threshold, label, scores.length),
    rise: (scores, label, { labels, best }) =>
      loops.rise(scores.byteOffset, best.byteOffset, labels.byteOffset, label, scores.length),
    contend: ({ scores, threshold, scale, label }, { labels, best }) =>
      loops.contend(scores.byteOffset, best.byteOffset, labels.byteOffset, threshold, scale, label, scores.length),
    tally(labels, listed) {
      const perLabel = new Uint32Array(256);
      for (const label of new Set([0, ...listed])) perLabel[label] = loops.tally(labels.byteOffset, label, labels.length);
      return perLabel;
    },
    countNumbers: (scores) => loops.countNumbers(scores.byteOffset, scores.length),
  };
}
