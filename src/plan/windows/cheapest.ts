import type { Size } from '../../types.js';
import type { Geometry } from './scale.js';

/**
 * The rules for windows with which each pixel gets the score that it would get in a window without borders. Lengths
 * are in px of the network.
 */
export interface WindowNeeds {
  /** The least margin that is dropped from each side of a prediction. */
  readonly margin: number;
  /** The stride must be a multiple of this. */
  readonly phase: number;
}

/**
 * The sides of windows, in px, that are tried if a network takes any size. Larger windows gain little and take more
 * memory.
 */
export const USUAL_SIDES: readonly number[] = [256, 384, 512, 768, 1024];

/** The largest of them. */
export const LARGEST_SIDE = 1024;

/** How many windows cover each pixel of a large image, on average. */
export function runsAPixel({ window, stride }: Pick<Geometry, 'window' | 'stride'>): number {
  return (window.width * window.height) / (stride.width * stride.height);
}

/**
 * Windows of this size with the largest stride that is allowed; undefined if the margin leaves too little of the
 * windows.
 */
export function widestStride(window: Size, { margin, phase }: WindowNeeds): Geometry | undefined {
  const along = (length: number) => Math.floor((length - 2 * margin) / phase) * phase;
  const stride = { width: along(window.width), height: along(window.height) };
  return stride.width > 0 && stride.height > 0 ? { window, stride, margin, phase } : undefined;
}

/**
 * The windows of the same size that overlap by half, or more where their margin needs it: what other windows are compared
 * with. Their stride is rounded down to the phase, where it is known.
 */
export function denseGeometry({ window, stride, margin, phase = 1 }: Geometry): Geometry {
  const along = (length: number, given: number): number => {
    const half = Math.min(Math.max(1, Math.floor(length / 2)), length - 2 * margin);
    return Math.min(given, half < phase ? half : half - (half % phase));
  };
  return {
    window,
    margin,
    phase,
    stride: { width: along(window.width, stride.width), height: along(window.height, stride.height) },
  };
}
