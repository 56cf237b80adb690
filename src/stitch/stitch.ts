import { SegtileError } from '../errors.js';
import { BLOCK_WIDTH, CHUNK_HEIGHT, ringHeight as heightOfRing } from '../plan/memory/ring.js';
import { type Blend, weightMap } from '../plan/windows/blend.js';
import { columnAxis, type Grid } from '../plan/windows/grid.js';
import { type Piece, spanOf, wholePiece } from '../plan/windows/piece.js';
import type { Box, ScoreBlock, ScoreRows, Scores, Span } from '../types.js';
import { type Arena, type ArenaShape, createArena, kernelOrLoops } from './arena.js';
import type { Kernel } from './kernel.js';
import { addWeights } from './sums.js';

/**
 * Blends the scores of overlapping windows and yields rows as soon as no window can change them any more.
 *
 * The memory is a ring buffer of rows, as high as the part of a window that contributes to the image. It is cut into
 * blocks of columns that exist only while some window has added scores there, so empty glass takes no memory. Sums of
 * weights are not kept: they follow from which windows were added, and are computed for the rows that are yielded.
 * Scores must be added in plan order. Float32 sums depend on the order of their terms, and the result must be the
 * same bits whatever the order in which the windows were inferred.
 */
export interface Stitch {
  /**
   * Adds the scores of one window. All rows of windows above it must have been completed, but not its own row. Throws
   * `SegtileError` `usage` if the memory for its blocks cannot be had.
   */
  add(scores: Scores): void;
  /**
   * Declares that all windows of a row of windows were added or skipped, and yields the rows that are now final, in
   * chunks. The memory of a chunk is reused for the next one. Rows of windows are completed in order, each exactly
   * once; those above the piece may be left out. Throws `SegtileError` `model` if the model gave a score that is NaN.
   */
  complete(row: number): Generator<ScoreRows>;
}

/** Optional settings of a stitch. */
export interface StitchOptions {
  /**
   * The part of the image whose rows are yielded; the whole image if not given. Its columns begin and end at
   * multiples of `PIECE_COLUMNS`, or at the border.
   */
  readonly piece?: Piece | undefined;
  /** The most bytes of one memory. As many memories are made as are needed. */
  readonly arenaBytes?: number | undefined;
  /** Called with a sentence if the stitch has to work without WebAssembly. */
  readonly note?: ((sentence: string) => void) | undefined;
  /** Creates a memory and the loops that work in it. */
  readonly newKernel?: (() => Kernel) | undefined;
}

/** The default for the most bytes of an arena; beyond it, the next block goes to a new arena. */
const ARENA_BYTES = 2 ** 30;

/**
 * One block of columns of the ring: planes of `ringHeight * BLOCK_WIDTH` floats in an arena, starting at its float
 * `at`.
 */
interface RingBlock {
  readonly arena: Arena;
  readonly at: number;
  /** The parts of windows that were added and are not completely yielded, in the order in which they were added. */
  parts: readonly StitchPart[];
}

/**
 * What a window contributes to the image: its columns (`across`) and rows (`down`) there, and the box of the whole
 * window.
 */
interface StitchPart {
  readonly across: Span;
  readonly down: Span;
  readonly box: Box;
}

/** The first column of a block, and the parts of windows that were added to it. */
interface Covered {
  readonly x: number;
  readonly parts: readonly StitchPart[];
}

/**
 * Whether two blocks are covered in the same way by the windows that were added to them. If so, their weights are the
 * same.
 */
function coveredAlike(a: Covered, b: Covered): boolean {
  return (
    a.parts.length === b.parts.length &&
    a.parts.every(({ across, box }, index) => {
      const other = b.parts[index]!;
      return (
        across.start - a.x === other.across.start - b.x &&
        across.length === other.across.length &&
        box.x - a.x === other.box.x - b.x &&
        box.y === other.box.y
      );
    })
  );
}

/**
 * Creates the stitch of one image. `classes` is the number of channels of scores.
 *
 * `P(x) = sum w_i(x) p_i(x) / sum w_i(x)` over the windows whose core contains `x`, with sums in float32. A pixel
 * without weight is NaN. With blend `none` the only term is the score of the window that owns the pixel, with weight
 * 1, so the result is exactly that score.
 *
 * @param options see {@link StitchOptions}
 */
export function createStitch(grid: Grid, classes: number, blend: Blend, options: StitchOptions = {}): Stitch {
  const { arenaBytes = ARENA_BYTES, note = () => undefined } = options;
  const { newKernel = () => kernelOrLoops(note) } = options;
  const { width } = grid.size;
  const { piece = wholePiece(grid.size) } = options;
  const blockCount = Math.ceil(width / BLOCK_WIDTH);
  const ring: (RingBlock | undefined)[] = new Array(blockCount).fill(undefined);
  const free: RingBlock[] = [];
  const { width: windowWidth, height: windowHeight } = grid.window;
  const map = blend === 'none' ? new Float32Array(windowWidth * windowHeight).fill(1) : weightMap(blend, grid.window);
  const span = spanOf(blend);
  const ringHeight = heightOfRing(grid, blend);
  const planeSize = ringHeight * BLOCK_WIDTH;
  const arenas: Arena[] = [];
  const shape: ArenaShape = {
    width: windowWidth,
    planes: classes,
    sumStride: BLOCK_WIDTH,
    blockSize: classes * planeSize,
    dividedRows: CHUNK_HEIGHT,
  };
  const chunks = new Map<number, Float32Array>();
  let finalRow = piece.y;

  function blockAt(index: number): RingBlock {
    const existing = ring[index];
    if (existing) return existing;
    const block = free.pop() ?? newBlock();
    ring[index] = block;
    return block;
  }

  function newBlock(): RingBlock {
    for (;;) {
      const arena = arenas.at(-1);
      const at = arena?.take();
      if (arena && at !== undefined) return { arena, at, parts: [] };
      arenas.push(createArena(map, shape, arenaBytes, newKernel()));
    }
  }

  function add({ window, data }: Scores): void {
    const { box } = window;
    // Pixels outside the piece belong to another piece. Their sums would never leave the ring.
    const across = within(span(columnAxis(grid, window.row), window.column), piece.x, piece.width);
    const down = within(span(grid.y, window.row), piece.y, piece.height);
    const [right, bottom] = [across.start + across.length, down.start + down.length];
    const loaded = new Set<Arena>();
    for (let index = Math.floor(across.start / BLOCK_WIDTH); index * BLOCK_WIDTH < right; index++) {
      const left = index * BLOCK_WIDTH;
      const x = Math.max(across.start, left);
      const count = Math.min(right, left + BLOCK_WIDTH) - x;
      const block = blockAt(index);
      const { arena } = block;
      if (!loaded.has(arena)) arena.load(data);
      loaded.add(arena);
      block.parts = [...block.parts, { across, down, box }];
      for (let y = down.start, rows = 0; y < bottom; y += rows) {
        const ringRow = y % ringHeight;
        rows = Math.min(bottom - y, ringHeight - ringRow);
        const pixel = (y - box.y) * box.width + (x - box.x);
        const sums = block.at + ringRow * BLOCK_WIDTH + (x - left);
        for (let plane = 0; plane < classes; plane++) arena.add({ sums: sums + plane * planeSize, pixel, plane, count, rows });
      }
    }
  }

  function* complete(row: number): Generator<ScoreRows> {
    const bottom = piece.y + piece.height;
    const end = row === grid.rows - 1 ? bottom : Math.min(bottom, span(grid.y, row + 1).start);
    // Above windows that follow tissue there may be rows without any. The ring holds sums of the rows below them already.
    for (const above = Math.min(end, span(grid.y, row).start); finalRow < above; ) {
      const height = Math.min(CHUNK_HEIGHT, above - finalRow);
      const y = finalRow;
      finalRow += height;
      yield { y, height, blocks: [] };
    }
    while (finalRow < end) {
      const y = finalRow;
      const rows = Math.min(CHUNK_HEIGHT, end - y);
      const blocks: ScoreBlock[] = [];
      let weighed: (Covered & { readonly arena: Arena }) | undefined;
      for (let index = 0; index < blockCount; index++) {
        const block = ring[index];
        if (!block) continue;
        const { arena } = block;
        const covered = { x: index * BLOCK_WIDTH, parts: block.parts, arena };
        // Inside a slide, most blocks are covered by windows in the same way as the block before.
        if (weighed?.arena !== arena || !coveredAlike(covered, weighed)) sumWeights(arena.divisors, covered, y, rows);
        weighed = covered;
        blocks.push(drain(index, block, y, rows));
        block.parts = block.parts.filter(({ down }) => down.start + down.length > y + rows);
        if (block.parts.length === 0) {
          ring[index] = undefined;
          free.push(block);
        }
      }
      finalRow = y + rows;
      yield { y, height: rows, blocks };
    }
  }

  /** Takes rows out of a ring block: divides them by their weights and sets the sums to zero. */
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
    const { arena } = block;
    let whole = true;
    for (let row = 0, run = 0; row < rows; row += run) {
      const ringRow = (y + row) % ringHeight;
      run = Math.min(rows - row, ringHeight - ringRow);
      for (let c = 0; c < classes; c++) {
        const sums = block.at + c * planeSize + ringRow * BLOCK_WIDTH;
        const quotients = data.subarray(c * plane + row * blockWidth, c * plane + (row + run) * blockWidth);
        if (!arena.divide({ sums, row, count: blockWidth, rows: run }, quotients)) continue;
        whole = false;
        refuseMissing(arena.divisors, { x, y: y + row, row, blockWidth, channel: c }, quotients);
      }
    }
    return { x, y, width: blockWidth, height: rows, classes, whole, data };
  }

  /** Writes the sums of weights of `rows` rows of a block, from row `y` on, into `weights`. */
  function sumWeights(weights: Float32Array, { x, parts }: Covered, y: number, rows: number): void {
    weights.fill(0, 0, rows * BLOCK_WIDTH);
    for (const { across, down, box } of parts) {
      const start = Math.max(across.start, x);
      const count = Math.min(across.start + across.length, x + BLOCK_WIDTH) - start;
      const end = Math.min(down.start + down.length, y + rows);
      for (let row = Math.max(down.start, y); row < end; row++) {
        const to = (row - y) * BLOCK_WIDTH + start - x;
        addWeights(weights, to, map, (row - box.y) * box.width + (start - box.x), count);
      }
    }
  }

  return { add, complete };
}

/** The part of a span that lies within the span of `room` px from `from` on. */
function within({ start, length }: Span, from: number, room: number): Span {
  const first = Math.max(start, from);
  return { start: first, length: Math.max(0, Math.min(start + length, from + room) - first) };
}

/**
 * Makes sure that every pixel with weight has a score that is a number. If it is NaN, the network gave NaN. A pixel
 * without weight was covered by no window and may be NaN.
 *
 * @param place the place of the scores in the image, their channel, and the index of their first row in the weights
 * @throws {SegtileError} `model` with the channel and the pixel of a NaN
 */
function refuseMissing(
  weights: Float32Array,
  { x, y, row, blockWidth, channel }: { x: number; y: number; row: number; blockWidth: number; channel: number },
  scores: Float32Array,
): void {
  for (let i = 0; i < scores.length; i++) {
    const [down, across] = [Math.floor(i / blockWidth), i % blockWidth];
    if (Number.isNaN(scores[i]!) && weights[(row + down) * BLOCK_WIDTH + across]! > 0)
      throw new SegtileError(
        'model',
        `the model's score of channel ${channel} at working pixel (${x + across}, ${y + down}) is not a number`,
        'half-precision models overflow on unexpected input: check scale, mean and std of the model card; --nan skip leaves such windows out',
      );
  }
}
