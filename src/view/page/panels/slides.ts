import type { Catalogue, SlideCard } from '../../messages.js';
import { fill, h } from '../dom.js';
import type { Store } from '../state.js';

/** The panel with the list of slides, and a field to search it. */
export function slidesPanel(catalogue: Catalogue, store: Store): HTMLElement {
  const { slides } = catalogue;
  const list = h('ul', { class: 'slides', 'aria-label': 'slides' });
  const entries = slides.map((slide) => ({ slide, item: entry(slide, store) }));
  const search = h('input', {
    type: 'search',
    placeholder: `search ${slides.length} slides`,
    'aria-label': 'search slides',
    oninput: () => show(search.value),
  });
  function show(words: string): void {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = entries.filter(({ slide }) =>
      wanted.every((word) => `${slide.name} ${slide.state}`.toLowerCase().includes(word)),
    );
    fill(list, ...(found.length > 0 ? found.map(({ item }) => item) : [h('li', { class: 'quiet' }, 'none')]));
  }
  show('');
  store.watch(({ slide }) => {
    for (const each of entries) {
      const button = each.item.firstElementChild!;
      const current = each.slide.id === slide;
      button.toggleAttribute('aria-current', current);
      if (current) button.setAttribute('aria-current', 'true');
    }
  });
  return h('div', { class: 'stack' }, h('h2', {}, 'Slides'), slides.length > 5 && search, list);
}

function entry({ id, name, state, runs, score }: SlideCard, store: Store): HTMLLIElement {
  const told = [
    state === 'done' ? `${runs} result${runs === 1 ? '' : 's'}` : state,
    score && `${score.name} ${score.value.toFixed(3)}`,
  ];
  const picture = h('img', { src: `thumbnails/${id}`, alt: '', loading: 'lazy', width: 64, height: 64 });
  picture.addEventListener('error', () => picture.classList.add('absent'));
  return h(
    'li',
    {},
    h(
      'button',
      {
        type: 'button',
        onclick: () => store.set({ slide: id, run: undefined, other: undefined, place: undefined, thresholds: undefined }),
      },
      picture,
      h('span', { class: 'name' }, name),
      h('span', { class: 'quiet' }, told.filter(Boolean).join(', ')),
    ),
  );
}
