import type { Size } from '../../types.js';

/**
 * The downsampling factor along one side, as two whole numbers: `of / by` pixels of the level lie on the whole side
 * of level 0.
 */
export interface Factor {
  readonly of: number;
  readonly by: number;
}

/** How a level, or another image of a slide, is placed on level 0. */
export interface LevelFactor {
  readonly x: Factor;
  readonly y: Factor;
  /** How many pixels of the level lie on the width and the height of level 0; they may have fractions. */
  readonly spans: Size;
}

/**
 * Finds how a level is placed on level 0. Pyramids are made from means of n × n pixels, and what is left over at the
 * right and at the bottom is cut off or padded. For example, a level of 741 rows made from 2967 rows is shrunk by 4,
 * not by 4.004, and is placed accordingly. If no whole factor gives the size of the level to within a pixel, the
 * level is assumed to cover level 0 from edge to edge.
 */
export function levelFactor(slide: Size, level: Size): LevelFactor {
  const x = factorOf(slide.width, level.width);
  const y = factorOf(slide.height, level.height);
  return { x, y, spans: { width: x.of / x.by, height: y.of / y.by } };
}

function factorOf(full: number, length: number): Factor {
  const ratio = full / length;
  // Powers of two are tried first: for a small level of few pixels, several whole factors may fit.
  const whole = [2 ** Math.round(Math.log2(ratio)), Math.round(ratio)].find((by) => Math.abs(full / by - length) < 1);
  return whole === undefined ? { of: length, by: 1 } : { of: full, by: whole };
}

/** The largest relative difference between the factor of a level and the wanted factor. */
const TOLERANCE = 0.005;

/** Whether the downsampling factor of a level along a side of `full` pixels is the wanted one, within 0.5 %. */
export function isNear({ of, by }: Factor, full: number, wanted: number): boolean {
  return Math.abs((full * by) / of / wanted - 1) <= TOLERANCE;
}
