import type { OpenSlideCard } from '../../messages.js';
import { h } from '../dom.js';
import { channelShown, css, layersThere, otherRun, runOf } from '../drawing/layers.js';
import { ERROR_COLORS, scaleColor } from '../drawing/paint.js';
import { WINDOW_COLORS } from '../drawing/windows.js';
import type { LayerName, Store } from '../state.js';

/** The names of the layers, for people. */
const LAYER_NAMES: Readonly<Record<LayerName, string>> = {
  mask: 'mask',
  outlines: 'outlines',
  scores: 'probabilities',
  disagreement: 'disagreement of windows',
  truth: 'truth',
  errors: 'errors against the truth',
  changes: 'differences of both results',
  windows: 'windows run and skipped',
  tissue: 'tissue',
  region: 'region of interest',
};

/** The panel that shows and hides layers, and sets their opacity. */
export function layersPanel(slide: OpenSlideCard, store: Store): HTMLElement {
  const run = runOf(slide, store.state);
  const there = [...layersThere(slide, run, otherRun(slide, store.state))].reverse();
  const rows = there.map((name) => layerRow(name, slide, store));
  return h(
    'div',
    { class: 'layers' },
    ...(rows.length > 0 ? rows : [h('p', { class: 'quiet' }, 'There is no result of this slide.')]),
  );
}

function layerRow(name: LayerName, slide: OpenSlideCard, store: Store): HTMLElement {
  const box = h('input', { type: 'checkbox', onchange: () => toggleLayer(store, name) });
  const opacity = h('input', {
    type: 'range',
    min: 0,
    max: 1,
    step: 0.05,
    'aria-label': `opacity of ${LAYER_NAMES[name]}`,
    oninput: () => store.set({ opacity: { ...store.state.opacity, [name]: Number(opacity.value) } }),
  });
  const more = h('div', { class: 'more' }, ...extras(name, slide, store));
  store.watch((state) => {
    const shown = state.shown.includes(name);
    box.checked = shown;
    opacity.disabled = !shown;
    opacity.value = String(state.opacity[name]);
    more.hidden = !shown;
  });
  return h('div', { class: 'layer' }, h('label', {}, box, LAYER_NAMES[name]), opacity, more);
}

/** Shows a layer if it is hidden, else hides it. */
export function toggleLayer(store: Store, name: LayerName): void {
  const { shown } = store.state;
  store.set({ shown: shown.includes(name) ? shown.filter((each) => each !== name) : [...shown, name] });
}

const ERRORS = { right: 'right', missed: 'missed', extra: 'too much', other: 'another class' } as const;
const CHANGES = { missed: 'only in the one beside', extra: 'only in the first', other: 'another class' } as const;

function extras(name: LayerName, slide: OpenSlideCard, store: Store): HTMLElement[] {
  if (name === 'errors' || name === 'changes') {
    const words = name === 'errors' ? ERRORS : CHANGES;
    return [
      h(
        'ul',
        { class: 'legend' },
        ...Object.entries(words).map(([kind, told]) => key(css(ERROR_COLORS[kind as keyof typeof ERRORS]), told)),
      ),
    ];
  }
  if (name === 'windows')
    return [h('ul', { class: 'legend' }, key(WINDOW_COLORS.run, 'run'), key(WINDOW_COLORS.skipped, 'skipped'))];
  if (name === 'disagreement') return [colorScale()];
  if (name !== 'scores') return [];
  const scores = runOf(slide, store.state)?.scores;
  if (!scores) return [];
  const select = h(
    'select',
    { 'aria-label': 'class whose probability is shown', onchange: () => store.set({ channel: Number(select.value) }) },
    ...scores.channels.map((each, i) => h('option', { value: i }, each)),
  );
  store.watch(({ channel }) => {
    select.value = String(channelShown(scores, channel));
  });
  return [select, colorScale()];
}

function key(color: string, words: string): HTMLElement {
  const patch = h('span', { class: 'patch' });
  patch.style.background = color;
  return h('li', {}, patch, words);
}

function colorScale(): HTMLElement {
  const bar = h('div', { class: 'scale-colors' });
  const stops = Array.from({ length: 11 }, (_, i) => css(scaleColor(i / 10)));
  bar.style.background = `linear-gradient(to right, ${stops.join(', ')})`;
  return h('div', { class: 'color-scale' }, h('span', {}, '0'), bar, h('span', {}, '1'));
}
