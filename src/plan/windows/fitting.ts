import type { Size } from '../../types.js';
import { type Border, windowCount } from './axis.js';
import { USUAL_SIDES, type WindowNeeds, widestStride } from './cheapest.js';
import type { Geometry } from './scale.js';

/** An image that windows are to fit. Lengths in px. */
export interface FittedImage {
  readonly size: Size;
  readonly border: Border;
}

/** What windows may be chosen. */
export interface FittingRules {
  readonly needs: WindowNeeds;
  /** The longest side of a window, in px. */
  readonly longest: number;
  /** Whether windows must be square. */
  readonly isSquare: boolean;
  /** What a window costs, in any unit; by default its area. */
  readonly costOf?: ((window: Size) => number) | undefined;
}

/** Sides are multiples of this, in px, and of the phase. */
const STEP = 32;

/** Windows other than the usual ones are taken only if they save this share: starting a network for them takes time. */
const WORTH = 0.1;

/** The number of windows, each a stride apart, that cover an image. */
export function windowsOver({ size, border }: FittedImage, { window, stride, margin }: Geometry): number {
  const along = (length: number, side: number, step: number): number =>
    windowCount({ length, window: side, stride: step, margin, border, placement: 'aligned' });
  return along(size.width, window.width, stride.width) * along(size.height, window.height, stride.height);
}

/**
 * The windows that cover an image at the least cost. Windows a stride apart reach over its right and lower border, by
 * nearly a stride at worst, which counts where the image is small.
 *
 * @param usual the windows for images of any size; they are returned unless others save a tenth of their cost
 */
export function fittingWindows(image: FittedImage, usual: Geometry, rules: FittingRules): Geometry {
  const { needs, longest, isSquare, costOf = ({ width, height }) => width * height } = rules;
  const total = (laid: Geometry): number => windowsOver(image, laid) * costOf(laid.window);
  const unit = STEP % needs.phase === 0 ? STEP : STEP * needs.phase;
  const sides: number[] = [];
  for (let side = Math.ceil(USUAL_SIDES[0]! / unit) * unit; side <= longest; side += unit) sides.push(side);
  const most = (1 - WORTH) * total(usual);
  let best: { readonly laid: Geometry; readonly cost: number; readonly windows: number } | undefined;
  for (const height of sides) {
    for (const width of isSquare ? [height] : sides) {
      const laid = widestStride({ width, height }, needs);
      if (laid === undefined) continue;
      const [cost, windows] = [total(laid), windowsOver(image, laid)];
      if (cost > most || (best && (cost > best.cost || (cost === best.cost && windows >= best.windows)))) continue;
      best = { laid, cost, windows };
    }
  }
  return best?.laid ?? usual;
}
