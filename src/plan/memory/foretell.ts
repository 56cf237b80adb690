import type { Size } from '../../types.js';
import { BLOCK_WIDTH, type BlendRing, CHUNK_HEIGHT } from './ring.js';

/** The workers of one network on the processor. Memory is in bytes. */
export interface WorkersShape {
  readonly count: number;
  /** Windows that are run together. */
  readonly batch: number;
  /** Size of the weights on disk. */
  readonly weightBytes: number;
  /** Memory of each worker while it runs windows, without its weights; measured. */
  readonly running: number;
}

/** A grid of windows that are run and blended. */
export interface GridShape {
  /** Size of a window in working pixels; `own` is its size as the networks see it. */
  readonly window: Size;
  readonly own: Size;
  readonly ring: BlendRing;
  /** Channels of scores. */
  readonly channels: number;
  /** The most windows that are being processed at once. */
  readonly inHand: number;
  /** Whether a window is turned, resampled or shown to several networks, which needs copies of it. */
  readonly isCopied: boolean;
}

/** Everything that the memory of a run depends on. Lengths are in pixels. */
export interface MemoryShape {
  readonly networks: readonly WorkersShape[];
  readonly grids: readonly GridShape[];
  /**
   * The image that is read: the number of wanted columns, the rows that are decoded together, and the bytes per pixel
   * of the decoded image.
   */
  readonly read: { readonly width: number; readonly rows: number; readonly bytes: number };
  /** Columns of the working image, if it is resampled from a larger one. */
  readonly resampledWidth: number | undefined;
  /** Bytes of a pixel of a window. */
  readonly pixelBytes: number;
  readonly workingWidth: number;
  readonly maskWidth: number;
  /** Bytes of a row of probabilities in the file; 0 if no such file is written. */
  readonly probabilityRow: number;
  /** Bytes of the whole image that is read, and of the whole mask: everything that passes through memory once. */
  readonly passing: number;
  /** Threads that stitch. */
  readonly stitchers: number;
  /** The small view of the slide: its pixels, and what looks at it. 0 pixels if nothing does. */
  readonly view: { readonly pixels: number; readonly findsTissue: boolean; readonly isShown: boolean };
}

/** Where the memory of a run goes, in bytes. */
export interface ForetoldMemory {
  /** Node, segtile itself and its libraries. */
  readonly program: number;
  /** Buffers that are no longer used, until the garbage collector runs. */
  readonly garbage: number;
  /** The small view of the slide, in which tissue is found and over which the preview is drawn. */
  readonly view: number;
  readonly networks: number;
  /** Windows that wait for a worker, and scores that wait to be blended. */
  readonly windows: number;
  readonly reading: number;
  readonly blending: number;
  readonly writing: number;
  readonly total: number;
}

const MB = 1e6;

/** Memory of the program on a slide of a single window, without its worker; measured. */
const PROGRAM = 120 * MB;

/** Memory of the threads that read and stitch, with the code that they load, if one stitches; of each further one; measured. */
const PIPELINE = 24 * MB;
const STITCHER = 30 * MB;

/**
 * V8 collects garbage only after tens of megabytes of buffers, in each thread that reads, stitches or writes. Until then those
 * that passed through stay: about four times the bytes of image and mask, up to a limit. Both are measured.
 */
const GARBAGE = { most: 100 * MB, times: 4 };

/** Bytes per pixel of the small view: the picture itself, the maps to find tissue in it, and the preview; measured. */
const VIEW = { picture: 3, tissue: 2, preview: 10 };

/**
 * How many copies of the pixels and of the scores of a window are in memory for each window being processed: they
 * wait before and after the workers.
 */
const PIXELS = 2;
const SCORES = 2;

/** Strips of labels, and of scores if they are needed, that wait between the stitch and the files. */
const STRIPS = { labels: 6, scores: 2 };

/** How many more copies there are if windows are turned, resampled or shown to several networks. */
const COPIES = 2;

/** Bands of rows in memory besides those that windows still need: bands being decoded and bands read ahead. */
const BANDS = 3.5;

/** The overhead factor of V8 and the allocator for large pieces of memory that come and go. */
const SLACK = 1.08;

/** Memory of a thread with onnxruntime in it. */
const THREAD = 13 * MB;

/**
 * How many copies of the weights each worker has in memory while it runs, and while all workers load; measured with
 * 100 MB of weights.
 */
const WEIGHTS_RUNNING = 2.4;
const WEIGHTS_LOADING = 3.5;

/** How many more copies of the weights all workers together have in memory. */
const WEIGHTS_ONCE = 2;

/** Rows of a tile of the mask, and of a tile of probabilities. Two rows of tiles are in memory. */
const MASK_TILE = 512;
const SCORE_TILE = 256;

/**
 * Predicts the peak memory of a run, and what takes it. It does not depend on the height of the slide. The constants
 * were measured on runs that differ in each part; `test/bench/foretold.ts` compares predictions with real runs.
 */
export function foretellMemory(shape: MemoryShape): ForetoldMemory {
  const { networks, grids, read, resampledWidth, pixelBytes, workingWidth, maskWidth, probabilityRow, passing } = shape;
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
  const labels = (STRIPS.labels * workingWidth + 2 * maskWidth) * CHUNK_HEIGHT;
  const widest = Math.max(0, ...grids.map((grid) => grid.channels));
  const scores = probabilityRow > 0 ? STRIPS.scores * workingWidth * CHUNK_HEIGHT * widest * 4 : 0;
  const writing = labels + scores + maskWidth * MASK_TILE * 3 + probabilityRow * (SCORE_TILE * 2.5 + CHUNK_HEIGHT);
  const program = PROGRAM + PIPELINE + STITCHER * (shape.stitchers - 1);
  // While networks load, nothing else is in memory yet.
  const parts = {
    program,
    garbage: Math.min(GARBAGE.most, GARBAGE.times * passing),
    view: viewBytes(shape.view),
    networks: threads + weights + SLACK * running,
    windows,
    reading,
    blending: SLACK * (blending + merged),
    writing,
  };
  const whole = sum(Object.values(parts));
  return { ...parts, total: Math.max(whole, program + threads + weights + loading) };
}

function viewBytes({ pixels, findsTissue, isShown }: MemoryShape['view']): number {
  if (!findsTissue && !isShown) return 0;
  return pixels * (VIEW.picture + (findsTissue ? VIEW.tissue : 0) + (isShown ? VIEW.preview : 0));
}

function area({ width, height }: Size): number {
  return width * height;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
