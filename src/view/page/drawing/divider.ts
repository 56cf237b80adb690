import { fill, h } from '../dom.js';
import type { Store } from '../state.js';

/** The movable line between two results. */
export interface Divider {
  readonly element: HTMLElement;
  /** Sets the names of the results on the left and on the right. The divider is hidden if one of them is undefined. */
  show(left: string | undefined, right: string | undefined): void;
}

/** How far a key moves the divider, as a share of the view's width. */
const STEP = 0.02;

/** Makes a divider. */
export function createDivider(store: Store): Divider {
  const names = { left: h('span', { class: 'left-name' }), right: h('span', { class: 'right-name' }) };
  const handle = h('div', {
    class: 'handle',
    role: 'slider',
    tabindex: 0,
    'aria-label': 'divider between the two results',
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    onkeydown: (event: KeyboardEvent) => {
      const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      move(store.state.divider + step);
    },
    onpointerdown: (event: PointerEvent) => handle.setPointerCapture(event.pointerId),
    onpointermove: (event: PointerEvent) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const { left, width } = element.getBoundingClientRect();
      move((event.clientX - left) / width);
    },
  });
  const element = h('div', { class: 'divider', hidden: true }, names.left, names.right, handle);
  const move = (share: number): void => store.set({ divider: Number(Math.min(1, Math.max(0, share)).toFixed(3)) });
  store.watch(({ divider }) => {
    handle.style.left = `${100 * divider}%`;
    handle.setAttribute('aria-valuenow', String(Math.round(100 * divider)));
    names.left.style.right = `${100 * (1 - divider)}%`;
    names.right.style.left = `${100 * divider}%`;
  });
  return {
    element,
    show(left, right) {
      element.hidden = left === undefined || right === undefined;
      fill(names.left, left);
      fill(names.right, right);
    },
  };
}
