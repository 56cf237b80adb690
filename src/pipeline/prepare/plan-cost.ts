import type { SlidePlan } from './plan-slide.js';

/** The amount of work of a plan. */
export interface PlanCost {
  /** Pixels that go through a model, in millions. */
  readonly megapixels: number;
  /** The same as a multiple of what the slide has at level 0. */
  readonly times: number;
}

/** More than this is usually a mistake, such as a wrong pixel size or a stride of a few pixels. */
const MOST_TIMES = 20;
const MOST_WINDOWS = 1e6;

/** @param perWindow how often networks are run for a window of each grid */
export function planCost(plan: SlidePlan, perWindow: readonly number[]): PlanCost {
  const pixels = [plan, ...plan.others].reduce(
    (sum, { grid: { window }, selection }, i) => sum + selection.keptCount * window.width * window.height * perWindow[i]!,
    0,
  );
  return { megapixels: pixels / 1e6, times: pixels / (plan.slide.width * plan.slide.height) };
}

/**
 * Whether a plan is far larger than a slide asks for. One window may be larger than a small image; that costs nothing.
 *
 * @param times its pixels as a multiple of the slide's
 */
export function isMuch(windows: number, times: number): boolean {
  return windows >= MOST_WINDOWS || (windows > 1 && times > MOST_TIMES);
}
