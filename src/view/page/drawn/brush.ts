import type { DrawMore } from '../drawing/overlay.js';
import type { Point } from './shapes.js';

/** Paints areas, or takes them away, along the path of the pressed pointer. */
export interface Brush {
  /** Whether it adds or takes away; undefined if it is not in use. */
  mode: 'brush' | 'eraser' | undefined;
  /** Its width, in screen px. */
  width: number;
  /** The colour in which a path is shown while the pointer is pressed. */
  color: string;
  /** Begins a path. */
  press(point: Point): void;
  along(point: Point): void;
  /** Ends the path. */
  lifted(): void;
  /** Tells where the pointer is, around which the width is shown. */
  hover(point: Point | undefined): void;
  readonly draw: DrawMore;
}

/** The least and the greatest width, in screen px. */
export const BRUSH_WIDTHS = { least: 4, most: 160 } as const;

/**
 * Makes a brush.
 *
 * @param done called with each finished path and the radius, in level-0 px
 * @param scale gives screen px per level-0 px
 */
export function createBrush(
  done: (path: readonly Point[], radius: number) => void,
  scale: () => number,
  refresh: () => void,
): Brush {
  let path: Point[] = [];
  let pointer: Point | undefined;
  const brush: Brush = {
    mode: undefined,
    width: 30,
    color: '#fff',
    press(point) {
      path = [point];
      refresh();
    },
    along(point) {
      if (path.length === 0) return;
      const [x, y] = path.at(-1)!;
      pointer = point;
      // Points closer together than a screen px or two would only add corners.
      if (Math.hypot(point[0] - x, point[1] - y) * scale() >= 2) path.push(point);
      refresh();
    },
    lifted() {
      const drawn = path;
      path = [];
      if (brush.mode && drawn.length > 0) done(drawn, brush.width / 2 / scale());
      refresh();
    },
    hover(point) {
      pointer = point;
      if (brush.mode) refresh();
    },
    draw(context, zoom) {
      if (brush.mode === undefined) return;
      const radius = brush.width / 2 / zoom;
      if (path.length > 0) {
        context.beginPath();
        for (const [x, y] of [path[0]!, ...path]) context.lineTo(x, y);
        context.lineWidth = 2 * radius;
        context.lineCap = 'round';
        context.lineJoin = 'round';
        context.globalAlpha = 0.5;
        context.strokeStyle = brush.mode === 'brush' ? brush.color : '#fff';
        context.stroke();
        context.globalAlpha = 1;
      }
      if (pointer === undefined) return;
      context.beginPath();
      context.arc(...pointer, radius, 0, 2 * Math.PI);
      for (const [color, width] of [
        ['#000', 3],
        ['#fff', 1.5],
      ] as const) {
        context.strokeStyle = color;
        context.lineWidth = width / zoom;
        context.stroke();
      }
    },
  };
  return brush;
}
