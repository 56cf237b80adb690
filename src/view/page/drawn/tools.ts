import type { MaskClass } from '../../../types.js';
import type { OpenSlideCard, ShownObject } from '../../messages.js';
import { css } from '../drawing/layers.js';
import type { DrawMore } from '../drawing/overlay.js';
import type { Views } from '../drawing/views.js';
import { createBrush } from './brush.js';
import { createEditor } from './editor.js';
import { createDrawnPanel, type DrawingTool } from './panel.js';
import { createPen } from './pen.js';
import { createRuler } from './ruler.js';
import type { Point } from './shapes.js';

/** The tools of the pointer, besides moving the slide: a pen, a brush and an eraser for corrections, and a ruler. */
export interface Tools {
  /** The panel of corrections. */
  readonly element: HTMLElement;
  /** Switches to another slide. */
  open(slide: OpenSlideCard, classes: readonly MaskClass[]): Promise<void>;
  /** Handles the press of the pointer. Returns whether its movement is for the tools and does not move the slide. */
  press(point: Point): boolean;
  /** Handles a click. Returns false if no tool had a use for it. */
  click(point: Point): boolean;
  along(point: Point): void;
  lifted(): void;
  /** Handles the pointer when it moves, pressed or not; undefined when it leaves the slide. */
  hover(point: Point | undefined): void;
  /** Starts or stops a tool for corrections; `measureOrStop` does the same for measuring. */
  takeOrStop(tool: DrawingTool): void;
  measureOrStop(): void;
  /** Makes the brush wider, or narrower, by a factor. */
  widen(factor: number): void;
  /** Adds an object of the mask to the corrections. */
  adopt(object: ShownObject | undefined): void;
  /**
   * `close` ends the polygon, `escape` stops the tool or drops the choice, and `remove` removes the chosen corner or
   * polygon. `close` and `remove` return false if there is nothing to do.
   */
  close(): boolean;
  escape(): void;
  remove(): boolean;
  undo(): void;
  redo(): void;
  readonly draw: DrawMore;
}

/**
 * Makes the tools.
 *
 * @param tell shows what to do, and measured lengths
 */
export function createTools(
  views: () => Pick<Views, 'stage' | 'drawing'>,
  refresh: () => void,
  tell: (words: string) => void,
): Tools {
  let slide: OpenSlideCard | undefined;
  let grabbed = false;
  const editor = createEditor(
    () => {
      panel.update();
      refresh();
    },
    (words) => {
      panel.saved.textContent = words;
    },
  );
  const ruler = createRuler(() => slide?.mpp, tell, refresh);
  /** Screen px per level-0 px. */
  const scale = (): number => views().stage.place()?.zoom ?? 1;
  const pen = createPen((corners, of, freely) => editor.drawn(corners, of, freely ? 1.5 / scale() : 0), refresh);
  let painted: MaskClass | undefined;
  const brush = createBrush(
    (path, radius) => {
      if (brush.mode === 'eraser') editor.erase(path, radius);
      else if (painted) editor.paint(path, radius, painted);
    },
    scale,
    refresh,
  );
  const panel = createDrawnPanel(editor, {
    used(tool, of) {
      if (pen.class && tool !== 'draw') pen.cancel();
      pen.class = tool === 'draw' ? of : undefined;
      brush.mode = tool === 'brush' || tool === 'eraser' ? tool : undefined;
      [painted, brush.color] = [of, css(of.color)];
      if (tool) ruler.active = false;
      views().drawing = tool !== undefined;
      refresh();
    },
    widened(width) {
      brush.width = width;
      refresh();
    },
  });

  function measureOrStop(): void {
    if (panel.tool) panel.toggle(undefined);
    ruler.active = !ruler.active;
    tell(ruler.active ? 'Click two places, or draw from one to the other.' : '');
    views().drawing = ruler.active;
    refresh();
  }

  return {
    element: panel.element,
    async open(next, classes) {
      slide = next;
      panel.show(classes);
      await editor.open(next);
    },
    press(point) {
      grabbed = !ruler.active && !panel.tool && editor.grab(point, 8 / scale(), scale());
      if (brush.mode) brush.press(point);
      return grabbed;
    },
    click(point) {
      if (grabbed || brush.mode) return true;
      if (ruler.active) ruler.corner(point);
      else if (pen.class) pen.corner(point, 8 / scale());
      else editor.choose(point);
      return ruler.active || pen.class !== undefined || editor.chosen !== undefined;
    },
    along(point) {
      if (grabbed) editor.pull(point);
      else if (brush.mode) brush.along(point);
      else (ruler.active ? ruler : pen).along(point);
    },
    lifted() {
      if (grabbed) editor.drop();
      else if (brush.mode) brush.lifted();
      else (ruler.active ? ruler : pen).lifted();
    },
    hover: (point) => brush.hover(point),
    takeOrStop: (tool) => panel.toggle(tool),
    measureOrStop,
    widen: (factor) => panel.widen(factor),
    adopt: (object) => panel.adopt(object),
    close() {
      if (pen.class) pen.close();
      return pen.class !== undefined;
    },
    escape() {
      if (ruler.active) measureOrStop();
      else if (panel.tool) panel.toggle(undefined);
      else editor.choose(undefined);
    },
    remove() {
      const some = editor.chosen !== undefined;
      if (some) editor.remove();
      return some;
    },
    undo: () => editor.undo(),
    redo: () => editor.redo(),
    draw(context, zoom) {
      editor.draw(context, zoom, panel.tool === undefined);
      pen.draw(context, zoom);
      brush.draw(context, zoom);
      ruler.draw(context, zoom);
    },
  };
}
