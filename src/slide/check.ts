import { reason, SegtileError, throwIfAborted } from '../errors.js';
import { blocksAcross, blocksDown } from '../tiff/samples/block-bytes.js';
import type { Span } from '../types.js';
import type { BlockPlace, Level, Slide } from './slide.js';
import { between } from './view/spans.js';

/** A block of a slide that cannot be decoded. */
export interface BadBlock {
  readonly level: number;
  /** Number of the block, counted row by row from 0. */
  readonly block: number;
  readonly codec: string;
  /** Where the file stores the block; empty if that is not known. */
  readonly places: readonly BlockPlace[];
  readonly message: string;
}

/** The result of decoding a slide completely. */
export interface SlideCheck {
  /** Number of blocks in all levels. */
  readonly blocks: number;
  readonly badBlocks: number;
  /** The first few bad blocks, in the order of levels and blocks. */
  readonly bad: readonly BadBlock[];
}

/** Rows that are decoded at a time; always at least one row of blocks. */
const ROWS = 1024;

/** How many bad blocks are described. Further ones are only counted. */
const DESCRIBED = 10;

/**
 * Decodes every block of every level and keeps no pixels. If a stretch of rows fails, its blocks are tried one by one,
 * so that all bad blocks are counted.
 *
 * @param onBlocks called with the number of blocks that are done and the number of all blocks
 * @throws {SegtileError} `aborted` when the signal fires; `unsupported` if blocks are intact but segtile cannot decode
 *   them
 */
export async function checkSlide(
  slide: Slide,
  onBlocks: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<SlideCheck> {
  const blocks = slide.levels.reduce((sum, level) => sum + blocksAcross(level) * blocksDown(level), 0);
  const bad: BadBlock[] = [];
  let badBlocks = 0;
  let done = 0;
  for (const level of slide.levels) {
    const across = blocksAcross(level);
    const step = Math.max(1, Math.floor(ROWS / level.blockHeight));
    for (let row = 0; row < blocksDown(level); row += step) {
      const last = Math.min(row + step, blocksDown(level));
      if ((await decode(slide, level, row, last, between(0, level.width), signal)) !== undefined) {
        for (let block = row * across; block < last * across; block++) {
          const [down, column] = [Math.floor(block / across), block % across];
          const columns = {
            start: column * level.blockWidth,
            length: Math.min(level.blockWidth, level.width - column * level.blockWidth),
          };
          const failure = await decode(slide, level, down, down + 1, columns, signal);
          if (failure === undefined) continue;
          badBlocks++;
          if (bad.length < DESCRIBED) bad.push(describe(slide, level, block, failure));
        }
      }
      done += (last - row) * across;
      onBlocks(done, blocks);
    }
  }
  return { blocks, badBlocks, bad };
}

/** Decodes rows of blocks in some columns of pixels. Returns the error, or undefined if nothing failed. */
async function decode(
  slide: Slide,
  level: Level,
  first: number,
  last: number,
  columns: Span,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const rows = between(first * level.blockHeight, Math.min(last * level.blockHeight, level.height));
  try {
    for await (const _ of slide.readBands(level.index, rows, () => [columns], signal)) throwIfAborted(signal);
    return undefined;
  } catch (error) {
    // Any other error than damage would be the same for every block.
    if (error instanceof SegtileError && error.code !== 'input') throw error;
    return error;
  }
}

function describe(slide: Slide, level: Level, block: number, failure: unknown): BadBlock {
  const places = slide.blockPlaces?.(level.index, block) ?? [];
  return { level: level.index, block, codec: level.compression, places, message: reason(failure) };
}
