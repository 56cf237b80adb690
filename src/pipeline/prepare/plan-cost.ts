import { count, figure } from '../../terminal/format.js';
import { windowCounts } from './models/passes.js';
import type { SlidePlan } from './plan-slide.js';

/** The amount of work of a plan. */
export interface PlanCost {
  /** Pixels that go through a model, in millions. */
  readonly megapixels: number;
  /** The same area as a multiple of the area of the slide at level 0. */
  readonly times: number;
}

/** A plan with more work than this is usually a mistake, such as a wrong pixel size or a stride of a few pixels. */
const MOST_TIMES = 20;
const MOST_WINDOWS = 1e6;

/**
 * The amount of work of a plan.
 *
 * @param perWindow for each grid: how often networks are run per window
 */
export function planCost(plan: SlidePlan, perWindow: readonly number[]): PlanCost {
  const pixels = [plan, ...plan.others].reduce((sum, { selection }, i) => sum + selection.seenPixels * perWindow[i]!, 0);
  return { megapixels: pixels / 1e6, times: pixels / (plan.slide.width * plan.slide.height) };
}

/**
 * A warning about a plan with far more work than usual; null for one of the usual size. A single window that is larger
 * than a small image is no problem, because it costs nothing.
 *
 * @param times its pixels as a multiple of the slide's
 */
export function muchText(windows: number, times: number): string | null {
  if (windows < MOST_WINDOWS && (windows <= 1 || times <= MOST_TIMES)) return null;
  return `this is a lot of work: ${count(windows)} windows, ${figure(times)} times the area of the slide; check --mpp, --slide-mpp and the stride`;
}

/**
 * Warnings about a plan before it is run: about the slide, the amount of work, or that there is no work.
 *
 * @param perWindow for each grid: how often networks are run per window
 */
export function planWarnings(plan: SlidePlan, perWindow: readonly number[]): readonly string[] {
  const { run } = windowCounts(plan);
  const much = muchText(run, planCost(plan, perWindow).times);
  const said = (plan.facts.method === 'auto' && plan.facts.tissueShare === 0) || plan.region?.facts.share === 0;
  const empty = run === 0 && !said;
  return [
    ...plan.warnings,
    ...(much === null ? [] : [much]),
    ...(empty ? ['no window holds tissue, so the mask will be empty; --tissue none looks everywhere'] : []),
  ];
}
