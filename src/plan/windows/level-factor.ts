import type { Size } from '../../types.js';

/** How many pixels of level 0 go on one of a level along a side: `of / by` of its pixels lie on the whole side. Whole numbers. */
export interface Factor {
  readonly of: number;
  readonly by: number;
}

/** How a level, or another image of a slide, lies on level 0. */
export interface LevelFactor {
  readonly x: Factor;
  readonly y: Factor;
  /** Pixels of the level that lie on the width and the height of level 0. */
  readonly spans: Size;
}

/**
 * Where a level lies on level 0. Pyramids are made by means of n × n pixels, and what is left over at the right and below is cut off or filled up: 741
 * rows of 2967 are shrunk by 4, not by 4.004, and lie where 4 puts them. Where no whole factor gives the size, less than a pixel excepted, the level is
 * taken to lie on level 0 from edge to edge.
 */
export function levelFactor(slide: Size, level: Size): LevelFactor {
  const x = factorOf(slide.width, level.width);
  const y = factorOf(slide.height, level.height);
  return { x, y, spans: { width: x.of / x.by, height: y.of / y.by } };
}

function factorOf(full: number, length: number): Factor {
  const ratio = full / length;
  // A power of two first: of the few pixels of a small level several whole numbers may be right.
  const whole = [2 ** Math.round(Math.log2(ratio)), Math.round(ratio)].find((by) => Math.abs(full / by - length) < 1);
  return whole === undefined ? { of: length, by: 1 } : { of: full, by: whole };
}

/** A level may be this much coarser or finer than what is wanted, to be taken for it. */
const TOLERANCE = 0.005;

/** Whether a level is shrunk along a side of `full` pixels by what is wanted. */
export function isNear({ of, by }: Factor, full: number, wanted: number): boolean {
  return Math.abs((full * by) / of / wanted - 1) <= TOLERANCE;
}
