import { BLOCK_WIDTH, CHUNK_HEIGHT } from '../plan/memory/ring.js';
import type { Box, Span } from '../types.js';
import { addWeights } from './sums.js';

/**
 * What a window contributes to the image: its columns (`across`) and rows (`down`) there, and the box of the whole
 * window.
 */
export interface CoveredPart {
  readonly across: Span;
  readonly down: Span;
  readonly box: Box;
}

/** The first column of a block, and the parts of windows that were added to it. */
export interface Covered {
  readonly x: number;
  readonly parts: readonly CoveredPart[];
}

/**
 * Whether two blocks are covered in the same way by the windows that were added to them. If so, their weights are the
 * same.
 */
export function coveredAlike(a: Covered, b: Covered): boolean {
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

/** Computes what sums of weighted scores are divided by: the sums of the weights. */
export interface Divisors {
  /** Writes the divisors of `rows` rows of a block, from row `y` on, into `weights`. */
  write(weights: Float32Array, covered: Covered, y: number, rows: number): void;
}

/**
 * How many divisors are kept, of 128 KiB each. Inside a slide, blocks are covered in a few ways, over and over. They take turns,
 * so if fewer are kept than there are, none is found again: with windows of 1,024 px at a stride of 512 px, 40 were too few, and
 * of 48 all were found.
 */
const KEPT = 64;

/** @param map the weights of the pixels of a window, row by row */
export function divisorsOf(map: Float32Array): Divisors {
  const kept = new Map<string, Float32Array>();
  return {
    write(weights, covered, y, rows) {
      const key = keyOf(covered, y, rows);
      const known = kept.get(key);
      if (known) {
        weights.set(known);
        return;
      }
      sumWeights(map, weights, covered, y, rows);
      if (kept.size === KEPT) kept.delete(kept.keys().next().value!);
      if (rows <= CHUNK_HEIGHT) kept.set(key, weights.slice(0, rows * BLOCK_WIDTH));
    },
  };
}

/** A text that is the same for blocks and rows that windows cover in the same way. */
function keyOf({ x, parts }: Covered, y: number, rows: number): string {
  const ways = parts.map(({ across, down, box }) =>
    [across.start - x, across.length, down.start - y, down.length, box.x - x, box.y - y, box.width].join(),
  );
  return [rows, ...ways].join(' ');
}

function sumWeights(map: Float32Array, weights: Float32Array, { x, parts }: Covered, y: number, rows: number): void {
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
