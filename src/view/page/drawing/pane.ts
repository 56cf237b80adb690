import { h } from '../dom.js';
import { createOverlay, type DrawMore, type Overlay } from './overlay.js';
import { createStage, type Stage, type StageEvents } from './stage.js';

/** A view of the slide with everything that is drawn over it. */
export interface Pane {
  readonly element: HTMLElement;
  readonly stage: Stage;
  /** The element of the stage. */
  readonly ground: HTMLElement;
  readonly overlay: Overlay;
  readonly canvas: HTMLCanvasElement;
  /** Sets the name of what it shows; undefined hides it. */
  call(name: string | undefined): void;
}

/**
 * Makes a view.
 *
 * @param parent where it is added; it must be in the document
 * @param map the element for a small map of the whole slide, if there is to be one
 * @param isOpen whether a slide is open, without which nothing is drawn
 * @param more draws over the layers
 */
export function createPane(
  parent: HTMLElement,
  map: HTMLElement | undefined,
  events: StageEvents,
  isOpen: () => boolean,
  more: DrawMore,
): Pane {
  const ground = h('div', { class: 'stage' });
  const canvas = h('canvas', { class: 'overlay', 'aria-hidden': true });
  const name = h('span', { class: 'pane-name', hidden: true });
  const element = h('div', { class: 'pane' }, ground, canvas, name);
  parent.append(element);
  const stage = createStage(ground, map, events);
  return {
    element,
    stage,
    ground,
    overlay: createOverlay(canvas, () => (isOpen() ? stage.affine() : undefined), more),
    canvas,
    call(words) {
      name.textContent = words ?? '';
      name.hidden = words === undefined;
    },
  };
}
