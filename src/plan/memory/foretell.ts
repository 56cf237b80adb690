import type { Size } from '../../types.js';
import { BLOCK_WIDTH, type BlendRing, CHUNK_HEIGHT } from './ring.js';

/** A network's workers on the processor. Bytes. */
export interface WorkersShape {
  readonly count: number;
  /** Windows that go through together. */
  readonly batch: number;
  /** Of the weights, as they lie on the disk. */
  readonly weightBytes: number;
  /** What each takes while it runs windows, beside its weights: measured. */
  readonly running: number;
}

/** A grid of windows that are run and blended. */
export interface GridShape {
  /** In working pixels, and as the networks see it. */
  readonly window: Size;
  readonly own: Size;
  readonly ring: BlendRing;
  /** Channels of scores. */
  readonly channels: number;
  /** Windows that may be under way at once. */
  readonly inHand: number;
  /** Whether a window is turned, resampled or shown to several networks, for which there are copies of it. */
  readonly isCopied: boolean;
}

/** All that the memory of a run depends on. Lengths in pixels. */
export interface MemoryShape {
  readonly networks: readonly WorkersShape[];
  readonly grids: readonly GridShape[];
  /** The image that is read: columns that are wanted, rows that are decoded together, and bytes of a pixel that is read and decoded. */
  readonly read: { readonly width: number; readonly rows: number; readonly bytes: number };
  /** Columns of the working image, where it is made of a larger one. */
  readonly resampledWidth: number | undefined;
  /** Bytes of a pixel of a window. */
  readonly pixelBytes: number;
  readonly workingWidth: number;
  readonly maskWidth: number;
  /** Bytes that a row of probabilities has in the file; 0 where there is none. */
  readonly probabilityRow: number;
}

/** Where the memory of a run goes, in bytes. */
export interface ForetoldMemory {
  /** Node, segtile itself and its libraries. */
  readonly program: number;
  readonly networks: number;
  /** Windows that wait or whose scores do. */
  readonly windows: number;
  readonly reading: number;
  readonly blending: number;
  readonly writing: number;
  readonly total: number;
}

const MB = 1e6;

/** What the program takes before it reads a slide: measured. */
const PROGRAM = 160 * MB;

/** How often pixels of a window, and its scores, are in memory for each window in hand: they wait before and behind the workers. */
const PIXELS = 2;
const SCORES = 1.75;

/** And how often where they are turned, resampled, or shown to several networks. */
const COPIES = 2;

/** Bands of rows that are in memory beside those that windows still need: what is decoded, and what is ahead. */
const BANDS = 3.5;

/** What V8 and the allocator take on top of large pieces of memory that come and go. */
const SLACK = 1.08;

/** A thread with onnxruntime in it. */
const THREAD = 13 * MB;

/** How often weights are in memory for each worker, and how often while all of them load; measured with 100 MB of them. */
const WEIGHTS_RUNNING = 2.4;
const WEIGHTS_LOADING = 3.5;

/** How often weights are in memory for all workers together. */
const WEIGHTS_ONCE = 2;

/** Rows of a tile of the mask; and of probabilities. Two rows of tiles are in memory. */
const MASK_TILE = 512;
const SCORE_TILE = 256;

/**
 * The most memory that a run is to be expected to take, and what for. It does not depend on the height of the slide. The constants were measured on
 * runs that differ in each part; `test/bench/foretold.ts` compares.
 */
export function foretellMemory(shape: MemoryShape): ForetoldMemory {
  const { networks, grids, read, resampledWidth, pixelBytes, workingWidth, maskWidth, probabilityRow } = shape;
  const loading = sum(networks.map(({ count, weightBytes }) => count * weightBytes * (WEIGHTS_LOADING - WEIGHTS_RUNNING)));
  const weights = sum(networks.map(({ count, weightBytes }) => weightBytes * (WEIGHTS_ONCE + count * WEIGHTS_RUNNING)));
  const threads = sum(networks.map(({ count }) => count * THREAD));
  const running = sum(networks.map(({ count, running }) => count * running));
  const tallest = Math.max(0, ...grids.map(({ window }) => window.height));

  const windows = sum(
    grids.map(({ window, own, channels, inHand, isCopied }) => {
      const pixels = area(window) * pixelBytes;
      const scores = area(window) * channels * 4;
      const copied = isCopied ? area(own) * pixelBytes + area(own) * channels * 4 + scores : 0;
      return inHand * (PIXELS * pixels + SCORES * scores + COPIES * copied);
    }),
  );
  const bands = BANDS * read.rows;
  const reading =
    resampledWidth === undefined
      ? read.width * read.bytes * (tallest + bands)
      : read.width * read.bytes * 2 * bands + resampledWidth * pixelBytes * (tallest + bands);
  const blending = sum(
    grids.map(({ window, ring, channels }) => {
      const block = BLOCK_WIDTH * channels * 4;
      return ring.blocks * block * (ring.height + CHUNK_HEIGHT) + (1 + channels) * area(window) * 4;
    }),
  );
  const merged = grids.length > 1 ? 2 * workingWidth * CHUNK_HEIGHT * Math.max(...grids.map((grid) => grid.channels)) * 4 : 0;
  const labels = (workingWidth + maskWidth) * CHUNK_HEIGHT * 2;
  const writing = labels + maskWidth * MASK_TILE * 3 + probabilityRow * (SCORE_TILE * 2.5 + CHUNK_HEIGHT);
  // While networks load, nothing else is there yet.
  const parts = {
    program: PROGRAM,
    networks: threads + weights + SLACK * running,
    windows,
    reading,
    blending: SLACK * (blending + merged),
    writing,
  };
  const whole = sum(Object.values(parts));
  return { ...parts, total: Math.max(whole, PROGRAM + threads + weights + loading) };
}

function area({ width, height }: Size): number {
  return width * height;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
