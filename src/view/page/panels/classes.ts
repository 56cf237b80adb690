import type { OpenSlideCard } from '../../messages.js';
import { h } from '../dom.js';
import { classesOf, css, ruleOf, runOf } from '../drawing/layers.js';
import type { Store } from '../state.js';

/**
 * The panel of classes and their colours. Classes can be hidden and, if there are probabilities, have a slider for
 * their threshold.
 */
export function classesPanel(slide: OpenSlideCard, store: Store): HTMLElement {
  const classes = classesOf(slide, store.state);
  const scores = runOf(slide, store.state)?.scores ?? undefined;
  const rows = classes.map(({ label, name, color }, i) => {
    const box = h('input', { type: 'checkbox', onchange: () => toggleClass(store, label) });
    const patch = h('span', { class: 'patch' });
    patch.style.background = css(color);
    const slider = h('input', {
      type: 'range',
      min: 0,
      max: 1,
      step: 0.01,
      'aria-label': `threshold of ${name}`,
      oninput: () => store.set({ thresholds: { ...store.state.thresholds, [label]: Number(slider.value) } }),
    });
    const shown = h('output', {});
    store.watch(({ hidden, thresholds }) => {
      box.checked = !hidden.includes(label);
      if (scores === undefined) return;
      const rule = ruleOf(scores, thresholds);
      const value = rule.kind === 'thresholds' ? rule.thresholds[rule.labels.indexOf(label)] : undefined;
      slider.value = String(value ?? 0.5);
      slider.setAttribute('aria-valuetext', value === undefined ? 'the largest probability' : String(value));
      shown.textContent = value === undefined ? 'largest' : value.toFixed(2);
    });
    const keyed = i < 9 && h('kbd', {}, String(i + 1));
    return h(
      'li',
      {},
      h('label', {}, box, patch, h('span', { class: 'name' }, name), keyed),
      scores && h('div', { class: 'threshold' }, slider, shown),
    );
  });
  const back = h('button', { type: 'button', onclick: () => store.set({ thresholds: undefined }) }, 'back to the mask');
  const save = h('button', { type: 'button', onclick: () => saveThresholds(slide, store) }, 'save thresholds');
  const note = h(
    'p',
    { class: 'quiet' },
    'Computed from the probabilities, as segtile threshold does it, but without clean-up.',
  );
  const moved = h('div', { class: 'moved' }, note, h('div', { class: 'row' }, back, save));
  store.watch(({ thresholds }) => {
    moved.hidden = thresholds === undefined;
  });
  return h('div', {}, h('ul', { class: 'classes' }, ...rows), moved);
}

/** Shows a class if it is hidden, else hides it. */
export function toggleClass(store: Store, label: number): void {
  const { hidden } = store.state;
  store.set({ hidden: hidden.includes(label) ? hidden.filter((each) => each !== label) : [...hidden, label] });
}

/** Saves the thresholds as a file that `segtile infer --threshold` and `segtile threshold --threshold` can read. */
function saveThresholds(slide: OpenSlideCard, { state }: Store): void {
  const scores = runOf(slide, state)?.scores;
  if (!scores) return;
  const rule = ruleOf(scores, state.thresholds);
  if (rule.kind !== 'thresholds') return;
  const named = scores.classes.map(({ label, name }) => [name, rule.thresholds[rule.labels.indexOf(label)] ?? 0.5] as const);
  const text = `${JSON.stringify({ thresholds: Object.fromEntries(named) }, null, 2)}\n`;
  download(new Blob([text], { type: 'application/json' }), 'thresholds.json');
}

/** Lets the user download a file. */
export function download(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = h('a', { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
