import type { Span } from '../../types.js';

/**
 * How the slide's own border is treated. `keep`: the outermost windows end at the border and keep their outer margin.
 * `mirror`: the image is continued by reflection for one margin, so that border pixels get context, and every margin
 * is removed.
 */
export type Border = (typeof borders)[number];

/** The names of the ways to treat the border. */
export const borders = ['keep', 'mirror'] as const;

/**
 * Where windows start. `stride`: one stride apart, except that the last one ends at the border. `even`: as many
 * windows, spaced evenly up to rounding, as nnU-Net places them. `aligned`: all one stride apart, including the last,
 * which may reach over the border, so that the network sees all windows in the same phase. `tissue`: a stride apart within
 * a run of tissue, which is covered from its own edge.
 */
export type WindowPlacement = (typeof placements)[number];

/** The names of the placements. */
export const placements = ['stride', 'even', 'aligned', 'tissue'] as const;

/** The placements by which windows are laid if it is not known where tissue is. */
export type FixedPlacement = Exclude<WindowPlacement, 'tissue'>;

/** Window placement along one axis. All lengths in working pixels; the values are legal (see `createGrid`). */
export interface WindowAxis {
  readonly length: number;
  readonly window: number;
  readonly stride: number;
  readonly margin: number;
  readonly border: Border;
  /** `stride` if left out. */
  readonly placement?: FixedPlacement;
  /**
   * Where windows start, ascending, if they follow tissue; there may be gaps between windows then. The starts are legal, as
   * `layTissue` gives them.
   */
  readonly starts?: readonly number[];
}

/** How many pixels the windows may reach outside the image on each side. */
function reach(axis: WindowAxis): number {
  return axis.border === 'mirror' ? axis.margin : 0;
}

/** Number of windows: 1 if one window covers the length, else `ceil((L - T) / S) + 1`. */
export function windowCount(axis: WindowAxis): number {
  if (axis.starts) return axis.starts.length;
  const length = axis.length + 2 * reach(axis);
  return length <= axis.window ? 1 : Math.ceil((length - axis.window) / axis.stride) + 1;
}

/**
 * Start of window `i`. With `stride` it is `min(i * S, L - T)`, so that the last window ends at the border instead of
 * reaching past it. With `even` it is `i (L - T) / (n - 1)`, rounded, halves to the even side as numpy does. With
 * `aligned` it is `i * S`. With a mirrored border, the image is one margin longer on both sides and all starts are
 * one margin lower: the first is `-margin`.
 */
export function windowStart(axis: WindowAxis, i: number): number {
  if (axis.starts) return axis.starts[i]!;
  const room = axis.length + 2 * reach(axis) - axis.window;
  const first = 0 - reach(axis);
  if (room <= 0) return first;
  if (axis.placement === 'even') return roundHalfEven((room / (windowCount(axis) - 1)) * i) + first;
  if (axis.placement === 'aligned') return i * axis.stride + first;
  return Math.min(i * axis.stride, room) + first;
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * The core of window `i`, the part of the image for which its scores are used: the window without its margins. A side
 * that lies on the slide's border keeps its margin, unless the border is mirrored.
 */
export function windowCore(axis: WindowAxis, i: number): Span {
  const start = windowStart(axis, i);
  if (axis.starts) return coreFrom(axis, start);
  const first = i === 0 ? 0 : start + axis.margin;
  const end = i === windowCount(axis) - 1 ? axis.length : start + axis.window - axis.margin;
  return { start: first, length: end - first };
}

/** The core of a window that starts at `start` px. A side beyond the slide's border keeps its margin, unless it is mirrored. */
export function coreFrom({ length, window, margin, border }: Omit<WindowAxis, 'starts'>, start: number): Span {
  const keeps = border === 'keep';
  const first = keeps && start <= 0 ? 0 : start + margin;
  const end = keeps && start + window >= length ? length : Math.min(length, start + window - margin);
  return { start: first, length: end - first };
}

/**
 * The pixels that window `i` owns if windows are not blended. The boundaries are the midpoints of the overlaps of
 * neighbouring windows, `b_i = floor((start_{i-1} + start_i + T) / 2)`. The spans of all windows partition the axis. If
 * windows follow tissue, those that have no neighbour on a side own all of their core there.
 */
export function windowOwned(axis: WindowAxis, i: number): Span {
  if (axis.starts) return ownedInCore(axis, i);
  const boundary = (k: number): number => {
    if (k === 0) return 0;
    if (k === windowCount(axis)) return axis.length;
    return Math.floor((windowStart(axis, k - 1) + windowStart(axis, k) + axis.window) / 2);
  };
  const start = boundary(i);
  return { start, length: boundary(i + 1) - start };
}

function ownedInCore(axis: WindowAxis, i: number): Span {
  const { start, length } = windowCore(axis, i);
  const isMet = (k: number): boolean =>
    k > 0 && k < windowCount(axis) && windowStart(axis, k) - windowStart(axis, k - 1) <= axis.window - 2 * axis.margin;
  const middle = (k: number): number => Math.floor((windowStart(axis, k - 1) + windowStart(axis, k) + axis.window) / 2);
  const first = isMet(i) ? Math.max(start, middle(i)) : start;
  const end = isMet(i + 1) ? Math.min(start + length, middle(i + 1)) : start + length;
  return { start: first, length: end - first };
}
