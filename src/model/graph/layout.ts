import type { Size } from '../../types.js';
import type { Dim } from './onnx.js';

/** Where the channels stand: `[batch, channels, height, width]` or `[batch, height, width, channels]`. */
export type TensorLayout = 'nchw' | 'nhwc';

/** The four sizes of a tensor by what they mean. */
export interface Axes<T extends Dim> {
  readonly batch: T;
  readonly channels: T;
  readonly height: T;
  readonly width: T;
}

/** Names the four sizes of a tensor. */
export function axes<T extends Dim>(dims: readonly T[], layout: TensorLayout): Axes<T> {
  const [batch, a, b, c] = dims as readonly [T, T, T, T];
  return layout === 'nchw' ? { batch, channels: a, height: b, width: c } : { batch, channels: c, height: a, width: b };
}

/** The four sizes of a tensor in the order of the layout. */
export function tensorShape(batch: number, channels: number, { width, height }: Size, layout: TensorLayout): number[] {
  return layout === 'nchw' ? [batch, channels, height, width] : [batch, height, width, channels];
}

/**
 * The layout of an image, where the sizes tell: the one axis, first or last, that has the 1 or 3 channels of a picture. Else the channels are
 * the first or last axis that is fixed beside free ones, or is unlike two sides that are equal.
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

/** The map of scores that a network gives for one window. */
export interface ScoreShape extends Size {
  readonly layout: TensorLayout;
  readonly channels: number;
  /** How many pixels of the window, along each axis, one score stands for. */
  readonly factor: number;
  /** Px of the window left of and above the first score, where the scores are only of a part of it. */
  readonly first?: { readonly left: number; readonly top: number };
}

/**
 * Makes sense of the sizes of a network's output: a map as large as the window, or one that a whole factor makes as large, or, where a
 * network that halves its image some times had to round up, a power of two. Where both layouts are possible, it is `likely`.
 * Undefined where neither is.
 */
export function scoreShape(dims: readonly Dim[], window: Size, likely: TensorLayout): ScoreShape | undefined {
  if (!isFixed(dims)) return undefined;
  for (const layout of [likely, likely === 'nchw' ? 'nhwc' : 'nchw'] as const) {
    const { channels, height, width } = axes<number>([1, dims[1], dims[2], dims[3]], layout);
    const factor = [window.width / width, 2, 4, 8, 16, 32, 64].find(
      (by) =>
        Number.isInteger(by) && by <= 64 && width === Math.ceil(window.width / by) && height === Math.ceil(window.height / by),
    );
    if (factor) return { layout, channels, width, height, factor };
  }
  return undefined;
}

/**
 * The map in an output of known sizes, however large it is beside the window: the layout in which it fits into it, the likely one first.
 * Undefined where neither does.
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
 * The number of channels of an output whose height and width vary: that of the one axis, first or last, that says a number.
 * Undefined where that does not tell.
 */
export function channelsBesideFreeSides(dims: readonly Dim[]): number | undefined {
  const [, a, b, c] = dims;
  if (typeof b === 'number' || (typeof a === 'number') === (typeof c === 'number')) return undefined;
  return typeof a === 'number' ? a : (c as number);
}

/** Whether nothing but perhaps the batch is left open. */
export function isFixed(dims: readonly Dim[]): dims is readonly [Dim, number, number, number] {
  return dims.length === 4 && dims.slice(1).every((dim) => typeof dim === 'number');
}
