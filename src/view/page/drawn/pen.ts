import type { MaskClass } from '../../../types.js';
import type { DrawMore } from '../drawing/overlay.js';
import type { Point } from './features.js';

/** Draws a polygon: by corners, each a click, or along the way of the pointer. */
export interface Pen {
  /** The class of what is drawn; undefined while nothing is. */
  class: MaskClass | undefined;
  /** A click: another corner, or where the first one is nearer than `near` px of level 0 the end. */
  corner(point: Point, near: number): void;
  /** The pointer goes on while it is pressed. */
  along(point: Point): void;
  /** It was lifted after it had gone on: the polygon is done. */
  lifted(): void;
  /** Ends the polygon of corners. */
  close(): void;
  /** Forgets what is being drawn. */
  cancel(): void;
  readonly draw: DrawMore;
}

/** Makes a pen. `done` gets the corners of a polygon. */
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
      for (const [color, width] of [
        ['#000', 4],
        ['#fff', 2],
      ] as const) {
        context.strokeStyle = color;
        context.lineWidth = width / scale;
        context.stroke();
      }
      context.fillStyle = '#fff';
      const side = 7 / scale;
      if (!free) for (const [x, y] of corners) context.fillRect(x - side / 2, y - side / 2, side, side);
    },
  };
  return pen;
}
