import type { Model } from '../../model/card/model.js';
import { runsAPixel, USUAL_SIDES, widestStride } from '../../plan/windows/cheapest.js';
import type { Geometry } from '../../plan/windows/scale.js';
import type { Size } from '../../types.js';
import type { Perception } from './perceive.js';

/** Windows that are laid as far apart as they may be, and what they cost. */
export interface LaidWindows extends Geometry {
  /** How often the network is run for a pixel. */
  readonly runs: number;
}

/**
 * The windows that a network can be given without its labels changing, the cheapest first; none where no margin is enough. Where its reach is seen,
 * the size of windows does not matter to it; else it keeps those that it was measured with.
 *
 * @param wanted the only size that they may have
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
