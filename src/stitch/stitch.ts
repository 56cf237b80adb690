import { SegtileError } from '../errors.js';
import type { LabelLoops } from '../plan/labels/label-loops.js';
import { BLOCK_WIDTH, CHUNK_HEIGHT, ringHeight as heightOfRing } from '../plan/memory/ring.js';
import { type Blend, weightMap } from '../plan/windows/blend.js';
import type { Grid } from '../plan/windows/grid.js';
import { type Piece, spanOf, wholePiece } from '../plan/windows/piece.js';
import { usedSpans } from '../plan/windows/used.js';
import type { ScoreBlock, ScoreRows, Scores } from '../types.js';
import { type Arena, type ArenaShape, createArena, kernelOrLoops } from './arena.js';
import { type Covered, type CoveredPart, coveredAlike, divisorsOf } from './divisors.js';
import type { Kernel } from './kernel.js';

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
  /**
   * The next rows, as {@link complete} yields them. The caller knows that they are final.
   *
   * @param rows how many, at most {@link CHUNK_HEIGHT}
   * @param isUntouched whether no window touches them, see {@link untouchedAbove}
   * @param use gets the blocks one after the other, all in the same memory, with loops that can label them, and the rows
   *   are yielded without any
   */
  take(rows: number, isUntouched?: boolean, use?: BlockUse): ScoreRows;
}

/** Uses a block in memory that holds another one afterwards, and that these loops can work in. */
export type BlockUse = (block: ScoreBlock, loops: LabelLoops) => void;

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
  parts: readonly CoveredPart[];
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
  const divisors = divisorsOf(map);
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
    const { across, down } = usedSpans(grid, blend, piece, window);
    if (across.length === 0 || down.length === 0) return;
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
    const end = finalAfter(grid, blend, piece, row);
    const above = untouchedAbove(grid, blend, piece, row);
    while (finalRow < above) yield take(Math.min(CHUNK_HEIGHT, above - finalRow), true);
    while (finalRow < end) yield take(Math.min(CHUNK_HEIGHT, end - finalRow));
  }

  function take(rows: number, isUntouched: boolean = false, use?: BlockUse): ScoreRows {
    const y = finalRow;
    finalRow = y + rows;
    // The ring holds sums of the rows below already.
    if (isUntouched) return { y, height: rows, blocks: [] };
    const blocks: ScoreBlock[] = [];
    let weighed: (Covered & { readonly arena: Arena }) | undefined;
    for (let index = 0; index < blockCount; index++) {
      const block = ring[index];
      if (!block) continue;
      const { arena } = block;
      const covered = { x: index * BLOCK_WIDTH, parts: block.parts, arena };
      // Inside a slide, most blocks are covered by windows in the same way as the block before.
      if (weighed?.arena !== arena || !coveredAlike(covered, weighed)) divisors.write(arena.divisors, covered, y, rows);
      weighed = covered;
      const drained = drain(index, block, y, rows);
      if (use) use(drained, arena.labelLoops);
      else blocks.push(kept(index, drained));
      block.parts = block.parts.filter(({ down }) => down.start + down.length > y + rows);
      if (block.parts.length === 0) {
        ring[index] = undefined;
        free.push(block);
      }
    }
    return { y, height: rows, blocks };
  }

  /**
   * Takes rows out of a ring block, into the memory for quotients of its arena: divides them by their weights and sets the
   * sums to zero.
   */
  function drain(index: number, { arena, at }: RingBlock, y: number, rows: number): ScoreBlock {
    const x = index * BLOCK_WIDTH;
    const blockWidth = Math.min(BLOCK_WIDTH, width - x);
    const plane = blockWidth * rows;
    const data = arena.quotients.subarray(0, classes * plane);
    let whole = true;
    for (let row = 0, run = 0; row < rows; row += run) {
      const ringRow = (y + row) % ringHeight;
      run = Math.min(rows - row, ringHeight - ringRow);
      for (let c = 0; c < classes; c++) {
        const to = c * plane + row * blockWidth;
        const sums = at + c * planeSize + ringRow * BLOCK_WIDTH;
        const { hasGaps, isDoubtful } = arena.divide({ sums, row, count: blockWidth, rows: run, to });
        if (hasGaps) whole = false;
        if (!isDoubtful) continue;
        const quotients = data.subarray(to, to + run * blockWidth);
        refuseMissing(arena.divisors, { x, y: y + row, row, blockWidth, channel: c }, quotients);
      }
    }
    return { x, y, width: blockWidth, height: rows, classes, whole, data };
  }

  /** A block in memory of its own, until the next rows are taken. */
  function kept(index: number, block: ScoreBlock): ScoreBlock {
    const chunk = chunks.get(index) ?? new Float32Array(classes * block.width * CHUNK_HEIGHT);
    chunks.set(index, chunk);
    const data = chunk.subarray(0, block.data.length);
    data.set(block.data);
    return { ...block, data };
  }

  return { add, complete, take };
}

/** The row of the image up to which all rows of a piece are final once a row of windows is complete. */
export function finalAfter(grid: Grid, blend: Blend, piece: Piece, row: number): number {
  const bottom = piece.y + piece.height;
  return row === grid.rows - 1 ? bottom : Math.min(bottom, spanOf(blend)(grid.y, row + 1).start);
}

/** The row up to which no window touches the rows above a row of windows that follows tissue. */
export function untouchedAbove(grid: Grid, blend: Blend, piece: Piece, row: number): number {
  return Math.min(finalAfter(grid, blend, piece, row), spanOf(blend)(grid.y, row).start);
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
