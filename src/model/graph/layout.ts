import type { Size } from '../../types.js';
import type { Dim } from './format/onnx.js';

/** The order of the axes: `[batch, channels, height, width]` or `[batch, height, width, channels]`. */
export type TensorLayout = 'nchw' | 'nhwc';

/** The four sizes of a tensor, by name. */
export interface Axes<T extends Dim> {
  readonly batch: T;
  readonly channels: T;
  readonly height: T;
  readonly width: T;
}

/** Returns the four sizes of a tensor by name. */
export function axes<T extends Dim>(dims: readonly T[], layout: TensorLayout): Axes<T> {
  const [batch, a, b, c] = dims as readonly [T, T, T, T];
  return layout === 'nchw' ? { batch, channels: a, height: b, width: c } : { batch, channels: c, height: a, width: b };
}

/** Returns the four sizes of a tensor in the order of the layout. */
export function tensorShape(batch: number, channels: number, { width, height }: Size, layout: TensorLayout): number[] {
  return layout === 'nchw' ? [batch, channels, height, width] : [batch, height, width, channels];
}

/**
 * The layout of an image, if its sizes tell; otherwise undefined. The channels are the one axis, first or last, with size
 * 1 or 3, as in a picture. If that does not decide, they are the first or last axis that is fixed while the others are
 * free, or whose size differs from the other two, which are equal.
 */
export function imageLayout(dims: readonly Dim[]): TensorLayout | undefined {
  const [, a, b, c] = dims;
  const [first, last] = [a === 1 || a === 3, c === 1 || c === 3];
  if (first !== last) return first ? 'nchw' : 'nhwc';
  if (first) return undefined;
  if (typeof b !== 'number') {
    if ((typeof a === 'number') === (typeof c === 'number')) return undefined;
    return typeof a === 'number' ? 'nchw' : 'nhwc';
  }
  if (typeof a !== 'number' || typeof c !== 'number' || a === c) return undefined;
  return b === c ? 'nchw' : b === a ? 'nhwc' : undefined;
}

/** The shape of the map of scores that a network gives for one window. */
export interface ScoreShape extends Size {
  readonly layout: TensorLayout;
  readonly channels: number;
  /** How many pixels of the window one score stands for, along each axis. */
  readonly factor: number;
  /** Set if there is one score per channel for the whole window, as classifiers give it. */
  readonly whole?: true;
  /** Set if the scores cover only a part of the window: how many px of the window lie left of and above the first score. */
  readonly first?: { readonly left: number; readonly top: number };
}

/**
 * Interprets the sizes of a network's output for a window: a map as large as the window, or smaller by a whole factor, or
 * one score for the whole window. If a network that halves its image several times had to round up, the factor is a power
 * of two.
 *
 * @param likely the layout to take if both are possible
 * @returns undefined if no layout fits
 */
export function scoreShape(dims: readonly Dim[], window: Size, likely: TensorLayout): ScoreShape | undefined {
  if (!isFixed(dims)) return undefined;
  for (const layout of [likely, likely === 'nchw' ? 'nhwc' : 'nchw'] as const) {
    const { channels, height, width } = axes<number>([1, dims[1], dims[2], dims[3]], layout);
    if (isOnePerWindow({ width, height }, window))
      return { layout, channels, width, height, factor: Math.max(window.width, window.height), whole: true };
    const factor = [window.width / width, 2, 4, 8, 16, 32, 64].find(
      (by) =>
        Number.isInteger(by) && by <= 64 && width === Math.ceil(window.width / by) && height === Math.ceil(window.height / by),
    );
    if (factor) return { layout, channels, width, height, factor };
  }
  return undefined;
}

/** Whether scores of some size are one for a whole window. */
export function isOnePerWindow(scores: Size, window: Size): boolean {
  return scores.width === 1 && scores.height === 1 && Math.min(window.width, window.height) > 1;
}

/**
 * Interprets an output of known sizes as a map that fits into the window, whatever its size. Takes the layout in which it
 * fits, and tries the likely one first. Undefined if neither fits.
 */
export function looseMap(dims: readonly Dim[], window: Size, likely: TensorLayout): Omit<ScoreShape, 'factor'> | undefined {
  if (!isFixed(dims)) return undefined;
  const fit = scoreShape(dims, window, likely);
  if (fit) return fit;
  for (const layout of [likely, likely === 'nchw' ? 'nhwc' : 'nchw'] as const) {
    const { channels, height, width } = axes<number>([1, dims[1], dims[2], dims[3]], layout);
    if (width <= window.width && height <= window.height && Math.min(width, height) > 1)
      return { layout, channels, width, height };
  }
  return undefined;
}

/**
 * The number of channels of an output whose height and width vary: the size of the one axis, first or last, that is fixed.
 * Undefined if the sizes do not tell.
 */
export function channelsBesideFreeSides(dims: readonly Dim[]): number | undefined {
  const [, a, b, c] = dims;
  if (typeof b === 'number' || (typeof a === 'number') === (typeof c === 'number')) return undefined;
  return typeof a === 'number' ? a : (c as number);
}

/** Whether all sizes are fixed, except perhaps the batch. */
export function isFixed(dims: readonly Dim[]): dims is readonly [Dim, number, number, number] {
  return dims.length === 4 && dims.slice(1).every((dim) => typeof dim === 'number');
}
