import { h } from '../dom.js';

const KEYS: readonly (readonly [string, string])[] = [
  ['space', 'show or hide the mask'],
  ['o', 'show or hide the outlines'],
  ['1 … 9', 'show or hide a class'],
  ['[  ]', 'less or more opacity of the mask'],
  ['n  p', 'next or previous slide'],
  ['v', 'two results: two views, or one with a line'],
  ['e', 'next error against the truth'],
  ['m', 'measure a length'],
  ['s', 'save what is seen as PNG'],
  ['d', 'draw polygons, or stop'],
  ['b  x', 'brush, eraser'],
  [',  .', 'narrower or wider brush'],
  ['a', 'take the chosen object into the corrections'],
  ['delete', 'delete the chosen corner or polygon'],
  ['u', 'undo; ctrl+y does it again'],
  ['arrows', 'move'],
  ['+  −', 'nearer or farther'],
  ['0', 'the whole slide'],
  ['r', 'turn by 90°'],
  ['f', 'full screen'],
  ['?', 'this help'],
];

/** Makes a dialog that explains all keys. */
export function helpDialog(): HTMLDialogElement {
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'help-title' },
    h('h2', { id: 'help-title' }, 'Keys'),
    h('dl', { class: 'keys' }, ...KEYS.flatMap(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)])),
    h('form', { method: 'dialog' }, h('button', {}, 'Close')),
  );
  return dialog;
}
