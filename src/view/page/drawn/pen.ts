import type { MaskClass } from '../../../types.js';
import type { DrawMore } from '../drawing/overlay.js';
import { strokeWithRim } from '../drawing/rim.js';
import type { Point } from './shapes.js';

/** Draws polygons: either with a click for each corner, or freehand along the path of the pointer. */
export interface Pen {
  /** The class of the polygons that are drawn; undefined if the pen is not in use. */
  class: MaskClass | undefined;
  /**
   * Handles a click: adds a corner. If the point is nearer to the first corner than `near` level-0 px, it ends the
   * polygon instead.
   */
  corner(point: Point, near: number): void;
  /** Handles a movement of the pressed pointer, which draws freehand. */
  along(point: Point): void;
  /** Handles the release of the pointer: ends a freehand polygon. */
  lifted(): void;
  /** Ends the polygon. */
  close(): void;
  /** Discards the polygon that is being drawn. */
  cancel(): void;
  readonly draw: DrawMore;
}

/** Makes a pen. `done` is called with the corners of each finished polygon; `freely` is true if it was drawn freehand. */
export function createPen(done: (corners: readonly Point[], of: MaskClass, freely: boolean) => void, refresh: () => void): Pen {
  let corners: Point[] = [];
  let free = false;
  const end = (): void => {
    const drawn = corners;
    const freely = free;
    corners = [];
    free = false;
    if (pen.class && drawn.length >= 3) done(drawn, pen.class, freely);
    refresh();
  };
  const pen: Pen = {
    class: undefined,
    corner(point, near) {
      const [first] = corners;
      if (first && corners.length >= 3 && Math.hypot(point[0] - first[0], point[1] - first[1]) < near) {
        end();
        return;
      }
      corners.push(point);
      refresh();
    },
    along(point) {
      free = true;
      corners.push(point);
      refresh();
    },
    lifted: () => free && end(),
    close: end,
    cancel() {
      corners = [];
      free = false;
      refresh();
    },
    draw(context, scale) {
      if (corners.length === 0) return;
      context.beginPath();
      for (const [i, [x, y]] of corners.entries()) {
        if (i === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
      strokeWithRim(context, scale);
      context.fillStyle = '#fff';
      const side = 7 / scale;
      if (!free) for (const [x, y] of corners) context.fillRect(x - side / 2, y - side / 2, side, side);
    },
  };
  return pen;
}
