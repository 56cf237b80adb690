import type { MaskClass } from '../../../types.js';
import type { ShownObject } from '../../messages.js';
import { h } from '../dom.js';
import { BRUSH_WIDTHS } from './brush.js';
import type { Editor } from './editor.js';
import { featureOfObject } from './features.js';

/** A tool for corrections. */
export type DrawingTool = 'draw' | 'brush' | 'eraser';

/** The panel with the tools to draw corrections. */
export interface DrawnPanel {
  readonly element: HTMLElement;
  /** The element that says whether everything is saved. */
  readonly saved: HTMLElement;
  /** Switches to the classes of another slide. */
  show(classes: readonly MaskClass[]): void;
  /** Shows what has changed. */
  update(): void;
  /** Starts a tool with the chosen class; stops it if it is in use. Undefined stops any. */
  toggle(tool: DrawingTool | undefined): void;
  readonly tool: DrawingTool | undefined;
  /** Makes the brush wider, or narrower, by a factor. */
  widen(factor: number): void;
  /** Adds an object of the mask to the corrections, unchanged. */
  adopt(object: ShownObject | undefined): void;
}

/** Functions that the panel calls. */
export interface DrawnPanelEvents {
  /** Called when a tool is taken or laid down, or another class is chosen. */
  used(tool: DrawingTool | undefined, of: MaskClass): void;
  /** Called with the width of the brush, in screen px. */
  widened(width: number): void;
}

/** The class of the background. A polygon of it turns everything below it into background. */
const BACKGROUND: MaskClass = { label: 0, name: 'background', color: [128, 128, 128] };

const TOOLS: Readonly<Record<DrawingTool, { readonly key: string; readonly told: string }>> = {
  draw: {
    key: 'd',
    told: 'Click the corners, Enter or a click on the first ends it; or draw with the pointer pressed. Esc stops.',
  },
  brush: { key: 'b', told: 'Paint with the pointer pressed: onto the chosen polygon, or one of the class that it touches.' },
  eraser: { key: 'x', told: 'Wipe with the pointer pressed: from the chosen polygon, or from all if none is chosen.' },
};

/** Makes the panel. */
export function createDrawnPanel(editor: Editor, events: DrawnPanelEvents): DrawnPanel {
  let classes: readonly MaskClass[] = [];
  let tool: DrawingTool | undefined;
  const select = h('select', { onchange: () => chooseClass() });
  const button = (words: string, act: () => void): HTMLButtonElement => h('button', { type: 'button', onclick: act }, words);
  const tools = (Object.keys(TOOLS) as DrawingTool[]).map((name) => ({
    name,
    button: h(
      'button',
      { type: 'button', 'aria-pressed': 'false', onclick: () => toggle(name) },
      name,
      ' ',
      h('kbd', {}, TOOLS[name].key),
    ),
  }));
  const width = h('input', {
    type: 'range',
    min: BRUSH_WIDTHS.least,
    max: BRUSH_WIDTHS.most,
    value: 30,
    oninput: () => events.widened(Number(width.value)),
  });
  const widthRow = h('label', { hidden: true }, 'width', width);
  const remove = button('delete', () => editor.remove());
  const undo = button('undo', () => editor.undo());
  const redo = button('redo', () => editor.redo());
  const count = h('p', { class: 'quiet' });
  const saved = h('p', { class: 'quiet saved', role: 'status' });
  const hint = h('p', { class: 'quiet', hidden: true });
  const chosenClass = (): MaskClass =>
    [...classes, BACKGROUND].find(({ label }) => label === Number(select.value)) ?? BACKGROUND;

  function chooseClass(): void {
    if (tool) events.used(tool, chosenClass());
    if (editor.chosen) editor.reclass(chosenClass());
  }

  function toggle(wanted: DrawingTool | undefined): void {
    tool = wanted === tool ? undefined : wanted;
    for (const each of tools) each.button.setAttribute('aria-pressed', String(each.name === tool));
    if (tool === 'draw') editor.choose(undefined);
    events.used(tool, chosenClass());
    update();
  }

  function update(): void {
    const { features, chosen } = editor;
    remove.disabled = chosen === undefined;
    undo.disabled = !editor.canUndo;
    redo.disabled = !editor.canRedo;
    hint.hidden = tool === undefined && chosen === undefined;
    hint.textContent = tool
      ? TOOLS[tool].told
      : 'Move its corners, or the middles of its sides to add one; delete takes a clicked corner, else all of it.';
    widthRow.hidden = tool !== 'brush' && tool !== 'eraser';
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
      h('div', { class: 'row' }, ...tools.map((each) => each.button)),
      widthRow,
      h('div', { class: 'row' }, remove, undo, redo),
      hint,
      count,
      saved,
    ),
    saved,
    show(next) {
      classes = next;
      select.replaceChildren(...[...classes, BACKGROUND].map(({ label, name }) => h('option', { value: label }, name)));
      if (tool) toggle(undefined);
      update();
    },
    update,
    toggle,
    get tool() {
      return tool;
    },
    widen(factor) {
      width.value = String(Math.round(Number(width.value) * factor));
      events.widened(Number(width.value));
    },
    adopt(object) {
      const own = classes.find(({ label }) => label === object?.label);
      if (object && own && !editor.features.some(({ id }) => id === object.id)) editor.add(featureOfObject(object, own));
    },
  };
}
