import type { OpenSlideCard } from '../../messages.js';
import { h } from '../dom.js';
import { otherRun, runOf } from '../drawing/layers.js';
import type { Store, ViewState } from '../state.js';

const WAYS: Readonly<Record<ViewState['split'], string>> = {
  line: 'in one view, with a line between them',
  views: 'in two views that move together',
};

/** The panel in which the user chooses the result that is shown, and the one to compare it with. */
export function comparePanel(slide: OpenSlideCard, store: Store): HTMLElement {
  const { runs } = slide;
  const run = runOf(slide, store.state);
  const other = otherRun(slide, store.state);
  const choice = h(
    'select',
    { onchange: () => store.set({ run: choice.value, thresholds: undefined }) },
    ...runs.map(({ id, name }) => h('option', { value: id }, name)),
  );
  if (run) choice.value = run.id;
  const beside = h(
    'select',
    { onchange: () => store.set({ other: beside.value || undefined }) },
    h('option', { value: '' }, 'nothing'),
    ...runs.filter(({ id }) => id !== run?.id).map(({ id, name }) => h('option', { value: id }, name)),
  );
  beside.value = other?.id ?? '';
  const way = h(
    'select',
    { 'aria-label': 'how both are shown', onchange: () => store.set({ split: way.value === 'views' ? 'views' : 'line' }) },
    ...Object.entries(WAYS).map(([value, words]) => h('option', { value }, words)),
  );
  way.value = store.state.split;
  return h('div', { class: 'stack' }, h('label', {}, 'result', choice), h('label', {}, 'beside', beside), other && way);
}

/** Changes between one view with a line and two views. Without a second result, it takes the next one. */
export function otherWay(store: Store, slide: OpenSlideCard): void {
  const { state } = store;
  const run = runOf(slide, state);
  const other = otherRun(slide, state) ?? slide.runs.find(({ id }) => id !== run?.id);
  if (other === undefined) return;
  const wasTwo = state.split === 'views' && otherRun(slide, state) !== undefined;
  store.set({ other: other.id, split: wasTwo ? 'line' : 'views' });
}
