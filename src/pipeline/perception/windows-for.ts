import type { Model } from '../../model/card/model.js';
import { runsAPixel, USUAL_SIDES, widestStride } from '../../plan/windows/cheapest.js';
import type { Geometry } from '../../plan/windows/scale.js';
import type { Size } from '../../types.js';
import type { Perception } from './perceive.js';

/** Windows that are as far apart as allowed, and their cost. */
export interface LaidWindows extends Geometry {
  /** How often the network is run for each pixel. */
  readonly runs: number;
}

/**
 * The windows with which a network gives the same labels, the cheapest first; none if no margin is enough. If the reach
 * of the network is known, it may have windows of any size; otherwise it keeps the size that it was measured with.
 *
 * @param wanted the only allowed size of the windows
 */
export function windowsFor(model: Model, { window, margin, phase, flips }: Perception, wanted?: Size): readonly LaidWindows[] {
  if (margin === null || phase === null) return [];
  const free = model.fixedWindow === undefined && flips.length === 0;
  const usual = USUAL_SIDES.map((side) => ({ width: side, height: side }));
  const sizes = (free ? (wanted ? [wanted] : usual) : [window]).filter(
    ({ width, height }) => !wanted || (wanted.width === width && wanted.height === height),
  );
  const least = Math.max(margin, model.crop ?? 0);
  return sizes
    .flatMap((size) => widestStride(size, { margin: least, phase }) ?? [])
    .map((laid) => ({ ...laid, runs: Number(runsAPixel(laid).toFixed(3)) }))
    .sort((a, b) => a.runs - b.runs);
}
