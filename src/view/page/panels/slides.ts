import type { Catalogue, SlideCard } from '../../messages.js';
import { fill, h } from '../dom.js';
import type { Store } from '../state.js';

/** The most slides that are listed at once. Of more, the search finds the others. */
const MOST_LISTED = 300;

/** The panel with the list of slides, and a field to search it. */
export function slidesPanel(catalogue: Catalogue, store: Store): HTMLElement {
  const { slides } = catalogue;
  const list = h('ul', { class: 'slides', 'aria-label': 'slides' });
  const made = new Map<string, HTMLLIElement>();
  /** The entry of a slide, which is made when it is first listed. */
  const entryOf = (slide: SlideCard): HTMLLIElement => {
    const item = made.get(slide.id) ?? entry(slide, store);
    made.set(slide.id, item);
    mark(item, slide.id === store.state.slide);
    return item;
  };
  const search = h('input', {
    type: 'search',
    placeholder: `search ${slides.length} slides`,
    'aria-label': 'search slides',
    oninput: () => show(search.value),
  });
  function show(words: string): void {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = slides.filter(({ name, state }) => wanted.every((word) => `${name} ${state}`.toLowerCase().includes(word)));
    const more = found.length - MOST_LISTED;
    fill(
      list,
      ...found.slice(0, MOST_LISTED).map(entryOf),
      found.length === 0 && h('li', { class: 'quiet' }, 'none'),
      more > 0 && h('li', { class: 'quiet' }, `${more} more: search for them`),
    );
  }
  show('');
  store.watch(({ slide }) => {
    for (const [id, item] of made) mark(item, id === slide);
  });
  return h('div', { class: 'stack' }, h('h2', {}, 'Slides'), slides.length > 5 && search, list);
}

function mark(item: HTMLLIElement, current: boolean): void {
  if (current) item.firstElementChild!.setAttribute('aria-current', 'true');
  else item.firstElementChild!.removeAttribute('aria-current');
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
