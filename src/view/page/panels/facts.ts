import type { OpenSlideCard } from '../../messages.js';
import { h } from '../dom.js';
import { runOf } from '../drawing/layers.js';
import type { Store } from '../state.js';

/** The panel of facts about the slide and the run. */
export function factsPanel(slide: OpenSlideCard, store: Store): HTMLElement {
  const { width, height, mpp, notes } = slide;
  const run = runOf(slide, store.state);
  const own: readonly (readonly [string, string])[] = [
    ['size', `${grouped(width)} × ${grouped(height)} px`],
    ['pixel', mpp === null ? 'size unknown' : `${Number(mpp.x.toPrecision(4))} µm`],
    ...(run?.rows ? [['done', `${grouped(run.rows.done)} of ${grouped(run.rows.total)} rows`] as const] : []),
    ...(run?.facts ?? []),
  ];
  return h(
    'div',
    {},
    h('dl', { class: 'facts' }, ...own.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
    ...notes.map((note) => h('p', { class: 'note' }, note)),
  );
}

/** A whole number with commas between thousands. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
