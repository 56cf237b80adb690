import type { MaskClass } from '../../../types.js';
import type { ShownObject } from '../../messages.js';
import { h } from '../dom.js';
import type { Editor } from './editor.js';
import { featureOfObject } from './features.js';
import type { Pen } from './pen.js';

/** The panel with the tools to draw corrections. */
export interface DrawnPanel {
  readonly element: HTMLElement;
  /** The element that says whether everything is saved. */
  readonly saved: HTMLElement;
  /** Switches to the classes of another slide. */
  show(classes: readonly MaskClass[]): void;
  /** Shows what has changed. */
  update(): void;
  /** Starts or stops drawing with the chosen class. */
  toggle(): void;
  /** Adds an object of the mask to the corrections, unchanged. */
  adopt(object: ShownObject | undefined): void;
}

/** The class of the background. A polygon of it turns everything below it into background. */
const BACKGROUND: MaskClass = { label: 0, name: 'background', color: [128, 128, 128] };

/** Makes the panel. `drawing` is called with whether the pointer draws from now on. */
export function createDrawnPanel(editor: Editor, pen: Pen, drawing: (on: boolean) => void): DrawnPanel {
  let classes: readonly MaskClass[] = [];
  const select = h('select', { onchange: () => chooseClass() });
  const button = (words: string, act: () => void): HTMLButtonElement => h('button', { type: 'button', onclick: act }, words);
  const draw = h(
    'button',
    { type: 'button', 'aria-pressed': 'false', onclick: () => toggle() },
    'draw',
    ' ',
    h('kbd', {}, 'd'),
  );
  const remove = button('delete', () => editor.remove());
  const undo = button('undo', () => editor.undo());
  const redo = button('redo', () => editor.redo());
  const count = h('p', { class: 'quiet' });
  const saved = h('p', { class: 'quiet saved', role: 'status' });
  const hint = h(
    'p',
    { class: 'quiet', hidden: true },
    'Click the corners, Enter or a click on the first ends it; or draw with the pointer pressed. Esc stops.',
  );
  const chosenClass = (): MaskClass =>
    [...classes, BACKGROUND].find(({ label }) => label === Number(select.value)) ?? BACKGROUND;

  function chooseClass(): void {
    if (pen.class) pen.class = chosenClass();
    if (editor.chosen) editor.reclass(chosenClass());
  }

  function toggle(): void {
    pen.cancel();
    pen.class = pen.class ? undefined : chosenClass();
    draw.setAttribute('aria-pressed', String(pen.class !== undefined));
    hint.hidden = pen.class === undefined;
    if (pen.class) editor.choose(undefined);
    drawing(pen.class !== undefined);
  }

  function update(): void {
    const { features, chosen } = editor;
    remove.disabled = chosen === undefined;
    undo.disabled = !editor.canUndo;
    redo.disabled = !editor.canRedo;
    count.textContent =
      features.length === 0
        ? 'nothing drawn'
        : `${features.length} polygon${features.length === 1 ? '' : 's'}${chosen ? ', one chosen' : ''}`;
    if (chosen) {
      const own = [...classes, BACKGROUND].find(({ name }) => name === chosen.properties.classification.name);
      if (own) select.value = String(own.label);
    }
  }

  return {
    element: h(
      'div',
      { class: 'stack' },
      h('label', {}, 'class', select),
      h('div', { class: 'row' }, draw, remove, undo, redo),
      hint,
      count,
      saved,
    ),
    saved,
    show(next) {
      classes = next;
      select.replaceChildren(...[...classes, BACKGROUND].map(({ label, name }) => h('option', { value: label }, name)));
      if (pen.class) toggle();
      update();
    },
    update,
    toggle,
    adopt(object) {
      const own = classes.find(({ label }) => label === object?.label);
      if (object && own && !editor.features.some(({ id }) => id === object.id)) editor.add(featureOfObject(object, own));
    },
  };
}
