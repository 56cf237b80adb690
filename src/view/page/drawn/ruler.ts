import type { Mpp } from '../../../types.js';
import type { DrawMore } from '../drawing/overlay.js';
import { lengthWords } from '../drawing/scale-bar.js';
import type { Point } from './shapes.js';

/** Measures the distance between two points. */
export interface Ruler {
  /** Whether the pointer measures. */
  active: boolean;
  /** Handles a click, which sets the first or the second point. */
  corner(point: Point): void;
  /** Handles a movement of the pressed pointer: measures from the start of the movement to the pointer. */
  along(point: Point): void;
  lifted(): void;
  readonly draw: DrawMore;
}

/**
 * Makes a ruler.
 *
 * @param mpp micrometres per level-0 px, if known
 * @param tell shows the length
 */
export function createRuler(mpp: () => Mpp | null | undefined, tell: (words: string) => void, refresh: () => void): Ruler {
  let from: Point | undefined;
  let to: Point | undefined;
  let pulling = false;

  function show(): void {
    if (from && to) {
      const size = mpp();
      const length = Math.hypot((to[0] - from[0]) * (size?.x ?? 1), (to[1] - from[1]) * (size?.y ?? 1));
      tell(lengthWords(length, size ? 'µm' : 'px'));
    }
    refresh();
  }

  return {
    active: false,
    corner(point) {
      if (from === undefined || to !== undefined) [from, to] = [point, undefined];
      else to = point;
      show();
    },
    along(point) {
      if (!pulling) [from, pulling] = [point, true];
      to = point;
      show();
    },
    lifted() {
      pulling = false;
    },
    draw(context, scale) {
      if (!this.active || from === undefined) return;
      const end = to ?? from;
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...end);
      for (const [color, width] of [
        ['#000', 5],
        ['#ffe14d', 2.5],
      ] as const) {
        context.strokeStyle = color;
        context.fillStyle = color;
        context.lineWidth = width / scale;
        context.stroke();
        const side = (width + 5) / scale;
        for (const [x, y] of [from, end]) context.fillRect(x - side / 2, y - side / 2, side, side);
      }
    },
  };
}
