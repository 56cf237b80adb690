import type { Size } from '../../types.js';
import type { Geometry } from './scale.js';

/** What windows have to keep to, so that each pixel scores as if its window had no border. Lengths in px of the network. */
export interface WindowNeeds {
  /** What is dropped from each side of a prediction, at least. */
  readonly margin: number;
  /** Windows are a multiple of it apart. */
  readonly phase: number;
}

/** Sides of windows that are tried where a network takes any, in px. Larger ones gain little, and take memory. */
export const USUAL_SIDES: readonly number[] = [256, 384, 512, 768, 1024];

/** The largest of them. */
export const LARGEST_SIDE = 1024;

/** How often networks are run for a pixel of a large image. */
export function runsAPixel({ window, stride }: Pick<Geometry, 'window' | 'stride'>): number {
  return (window.width * window.height) / (stride.width * stride.height);
}

/** Windows of a size as far apart as they may be; undefined where the margin leaves too little of them. */
export function widestStride(window: Size, { margin, phase }: WindowNeeds): Geometry | undefined {
  const along = (length: number) => Math.floor((length - 2 * margin) / phase) * phase;
  const stride = { width: along(window.width), height: along(window.height) };
  return stride.width > 0 && stride.height > 0 ? { window, stride, margin } : undefined;
}
