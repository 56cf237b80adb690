import type { MaskClass } from '../../../types.js';
import type { OpenSlideCard, ShownObject } from '../../messages.js';
import type { DrawMore } from '../drawing/overlay.js';
import type { Views } from '../drawing/views.js';
import { createEditor } from './editor.js';
import type { Point } from './features.js';
import { createDrawnPanel } from './panel.js';
import { createPen } from './pen.js';
import { createRuler } from './ruler.js';

/** The tools of the pointer, besides moving the slide: a pen for corrections, and a ruler. */
export interface Tools {
  /** The panel of corrections. */
  readonly element: HTMLElement;
  /** Switches to another slide. */
  open(slide: OpenSlideCard, classes: readonly MaskClass[]): Promise<void>;
  /** Handles a click. Returns false if no tool had a use for it. */
  click(point: Point): boolean;
  along(point: Point): void;
  lifted(): void;
  /** Starts or stops drawing; `measureOrStop` does the same for measuring. */
  drawOrStop(): void;
  measureOrStop(): void;
  /** Adds an object of the mask to the corrections. */
  adopt(object: ShownObject | undefined): void;
  /**
   * `close` ends the polygon, `escape` stops the tool or drops the choice, and `remove` removes the chosen polygon.
   * `close` and `remove` return false if there is nothing to do.
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
  const panel = createDrawnPanel(editor, pen, (on) => {
    if (on) ruler.active = false;
    use(on);
  });

  function use(on: boolean): void {
    views().drawing = on;
  }

  function measureOrStop(): void {
    if (pen.class) panel.toggle();
    ruler.active = !ruler.active;
    tell(ruler.active ? 'Click two places, or draw from one to the other.' : '');
    use(ruler.active);
    refresh();
  }

  return {
    element: panel.element,
    async open(next, classes) {
      slide = next;
      panel.show(classes);
      await editor.open(next);
    },
    click(point) {
      if (ruler.active) ruler.corner(point);
      else if (pen.class) pen.corner(point, 8 / scale());
      else editor.choose(point);
      return ruler.active || pen.class !== undefined || editor.chosen !== undefined;
    },
    along: (point) => (ruler.active ? ruler : pen).along(point),
    lifted: () => (ruler.active ? ruler : pen).lifted(),
    drawOrStop: () => panel.toggle(),
    measureOrStop,
    adopt: (object) => panel.adopt(object),
    close() {
      if (pen.class) pen.close();
      return pen.class !== undefined;
    },
    escape() {
      if (ruler.active) measureOrStop();
      else if (pen.class) panel.toggle();
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
      editor.draw(context, zoom);
      pen.draw(context, zoom);
      ruler.draw(context, zoom);
    },
  };
}
