import type { Model } from '../../model/card/model.js';
import { LARGEST_SIDE, runsAPixel, USUAL_SIDES, widestStride } from '../../plan/windows/cheapest.js';
import type { Geometry } from '../../plan/windows/scale.js';
import type { Size } from '../../types.js';
import type { Perception } from './perceive.js';
import type { WindowCost } from './window-costs.js';

/** Windows that are as far apart as allowed, and their cost. */
export interface LaidWindows extends Geometry {
  /** How often the network is run for each pixel. */
  readonly runs: number;
  /** Milliseconds for a megapixel of which the scores are kept, where that was measured. */
  readonly milliseconds?: number;
}

/** Of windows whose costs differ by less than this share, which may be chance, the smallest are taken: they need less memory. */
const ALIKE = 0.03;

/**
 * The windows with which a network gives the same labels, the cheapest first; none if no margin is enough. If the
 * network sees near, it may have windows of any size; otherwise it keeps the size that it was measured with.
 *
 * @param wanted the only allowed size of the windows
 * @param costs what windows cost on a device; if they were not measured, the cheapest are those with the fewest runs of the
 *   network for each pixel
 */
export function windowsFor(
  model: Model,
  { window, margin, phase, seesNear }: Perception,
  wanted?: Size,
  costs: readonly WindowCost[] = [],
): readonly LaidWindows[] {
  if (margin === null || phase === null) return [];
  const free = model.fixedWindow === undefined && seesNear;
  const sides = costs.length > 0 ? costs.map(({ side }) => side) : USUAL_SIDES;
  const usual = sides.map((side) => ({ width: side, height: side }));
  const sizes = (free ? (wanted ? [wanted] : usual) : [window]).filter(
    ({ width, height }) => !wanted || (wanted.width === width && wanted.height === height),
  );
  const least = Math.max(margin, model.crop ?? 0);
  const laid = sizes
    .flatMap((size) => widestStride(size, { margin: least, phase }) ?? [])
    .map((each): LaidWindows => ({ ...each, runs: Number(runsAPixel(each).toFixed(3)), ...costFor(each, costs) }));
  const costOf = ({ milliseconds, runs }: LaidWindows): number => milliseconds ?? runs;
  const sorted = laid.sort((a, b) => costOf(a) - costOf(b));
  const [cheapest] = sorted;
  if (cheapest?.milliseconds === undefined) return sorted;
  const alike = sorted.filter((each) => costOf(each) <= (1 + ALIKE) * costOf(cheapest));
  const smallest = alike.reduce((a, b) => (b.window.width < a.window.width ? b : a));
  return [smallest, ...sorted.filter((each) => each !== smallest)];
}

/** The longest side of a window whose cost is known, in px; the largest usual side if none was measured. */
export function longestSide(costs: readonly WindowCost[] = []): number {
  return costs.at(-1)?.side ?? LARGEST_SIDE;
}

/** What a window of any size costs, in ms: a pixel of it costs what one of the next measured squares does, in proportion. */
export function costOfWindow(costs: readonly WindowCost[]): (window: Size) => number {
  const rate = ({ side, milliseconds }: WindowCost): number => milliseconds / side ** 2;
  return ({ width, height }) => {
    const area = width * height;
    const above = costs.find(({ side }) => side ** 2 >= area) ?? costs.at(-1)!;
    const below = costs.findLast(({ side }) => side ** 2 < area) ?? above;
    const span = above.side ** 2 - below.side ** 2;
    const part = span <= 0 ? 1 : Math.min(1, (area - below.side ** 2) / span);
    return area * (rate(below) + part * (rate(above) - rate(below)));
  };
}

function costFor({ window, stride }: Geometry, costs: readonly WindowCost[]): Pick<LaidWindows, 'milliseconds'> {
  const cost = costs.find(({ side }) => side === window.width && side === window.height);
  if (cost === undefined) return {};
  return { milliseconds: Number((cost.milliseconds / ((stride.width * stride.height) / 1e6)).toPrecision(4)) };
}
