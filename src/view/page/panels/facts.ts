import type { OpenSlideCard } from '../../messages.js';
import { h } from '../dom.js';
import { otherRun, runOf } from '../drawing/layers.js';
import type { Store } from '../state.js';

/** The panel of facts about the slide and the run, in which the user also chooses the run and the one to compare it with. */
export function factsPanel(slide: OpenSlideCard, store: Store): HTMLElement {
  const { width, height, mpp, notes, runs } = slide;
  const run = runOf(slide, store.state);
  const choice = h(
    'select',
    { 'aria-label': 'result', onchange: () => store.set({ run: choice.value, thresholds: undefined }) },
    ...runs.map(({ id, name }) => h('option', { value: id }, name)),
  );
  if (run) choice.value = run.id;
  const others = runs.filter(({ id }) => id !== run?.id);
  const other = h(
    'select',
    { onchange: () => store.set({ other: other.value || undefined }) },
    h('option', { value: '' }, 'nothing'),
    ...others.map(({ id, name }) => h('option', { value: id }, name)),
  );
  other.value = otherRun(slide, store.state)?.id ?? '';
  const own: readonly (readonly [string, string])[] = [
    ['size', `${grouped(width)} × ${grouped(height)} px`],
    ['pixel', mpp === null ? 'size unknown' : `${Number(mpp.x.toPrecision(4))} µm`],
    ...(run?.facts ?? []),
  ];
  return h(
    'div',
    {},
    runs.length > 1 && choice,
    runs.length > 1 && h('label', { class: 'compare' }, 'beside', other),
    h('dl', { class: 'facts' }, ...own.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
    ...notes.map((note) => h('p', { class: 'note' }, note)),
  );
}

/** A whole number with commas between thousands. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
