import type { Catalogue, OpenSlideCard, RunCard } from '../messages.js';
import { ask } from './api.js';
import { fill, h, section } from './dom.js';
import { mppAcross } from './drawing/affine.js';
import { createDivider } from './drawing/divider.js';
import { classesOf, drawnLayers, otherRun, runOf, type ViewPart } from './drawing/layers.js';
import type { DrawnLayer } from './drawing/overlay.js';
import { createScaleBar } from './drawing/scale-bar.js';
import { snapshotPng } from './drawing/snapshot.js';
import { createViews } from './drawing/views.js';
import { createLooked } from './drawing/windows.js';
import { createTools } from './drawn/tools.js';
import { type IconName, icon } from './icons.js';
import { createInspector } from './inspect.js';
import { listenToKeys } from './keys.js';
import { classesPanel, download, toggleClass } from './panels/classes.js';
import { comparePanel, otherWay } from './panels/compare.js';
import { factsPanel } from './panels/facts.js';
import { helpDialog } from './panels/help.js';
import { layersPanel, toggleLayer } from './panels/layers.js';
import { progressPanel } from './panels/progress.js';
import { createReadout } from './panels/readout.js';
import { runsDialog } from './panels/runs.js';
import { slidesPanel } from './panels/slides.js';
import { createStore, type Place, storeUntil, type ViewState } from './state.js';
import { createTileStore } from './tiles/tile-store.js';

/** Builds the page. `catalogue` lists what the server can show. */
export function startApp(catalogue: Catalogue): void {
  const store = createStore();
  const tiles = createTileStore();
  const help = helpDialog();
  const title = h('h1', {}, 'segtile');
  const map = h('div', { class: 'map', id: 'map' });
  const message = h('p', { class: 'message', role: 'status' });
  const status = h('p', { class: 'status', role: 'status' });
  const say = (words: string): void => {
    status.textContent = words;
  };
  const complain = (error: unknown): void => say(error instanceof Error ? error.message : String(error));
  const right = h('aside', { class: 'right', 'aria-label': 'layers and classes', tabindex: 0 });
  const readout = createReadout(tiles);
  const scaleBar = createScaleBar();
  let slide: OpenSlideCard | undefined;
  let panels = new AbortController();
  let reached: Place | undefined;
  let pointer: readonly [x: number, y: number] | undefined;

  const below = h('div', { class: 'below' }, status, scaleBar.element, readout.element);
  const divider = createDivider(store);
  const left = h(
    'nav',
    { class: 'left', 'aria-label': 'slides', tabindex: 0 },
    slidesPanel(catalogue, store),
    catalogue.live && progressPanel(() => lookAgain().catch(complain)),
  );
  const runs = runsDialog();
  const openRuns = h('button', { type: 'button', onclick: () => void runs.open().catch(complain) }, 'Runs');
  const version = h('span', { class: 'quiet' }, `segtile ${catalogue.version}`);
  const header = h('header', {}, title, catalogue.history && openRuns, version);
  const panes = h('div', { class: 'panes' });
  const middle = h('main', { class: 'middle' }, panes, divider.element, map, below, message);
  document.body.replaceChildren(header, left, middle, right, help, runs.element);
  const views = createViews(panes, map, {
    moved: () => {
      const to = stage.affine();
      scaleBar.show(to && Math.hypot(to.a, to.b), mppShown());
    },
    settled: (place) => {
      reached = place;
      store.set({ place });
    },
    clicked: (at, part) => {
      if (!slide || tools.click(at) || !catalogue.live) return;
      const own = part === 'other' ? otherRun(slide, store.state) : undefined;
      inspector.choose(Math.floor(at[0]), Math.floor(at[1]), own).catch(complain);
    },
    pressed: (at) => catalogue.live && tools.press(at),
    dragged: (at) => tools.along(at),
    lifted: () => tools.lifted(),
    pointed: (at) => {
      pointer = at;
      tools.hover(at);
      tell();
    },
    draw: (context, scale, part) => {
      if (slide) looked.draw(slide, runIn(slide, part), context, scale);
      inspector.draw(context, scale);
      tools.draw(context, scale);
    },
  });
  const { stage } = views;
  const refresh = (): void => views.refresh();
  const mppShown = (): number | undefined => {
    const to = stage.affine();
    return to && slide?.mpp ? mppAcross(to, slide.mpp) : undefined;
  };
  const runIn = (card: OpenSlideCard, part: ViewPart): RunCard | undefined =>
    part === 'other' ? otherRun(card, store.state) : runOf(card, store.state);
  const layersIn =
    (card: OpenSlideCard) =>
    (part: ViewPart): readonly DrawnLayer[] =>
      drawnLayers(tiles, card, store.state, looked.of(card, runIn(card, part)), part);
  const show = (): void => slide && views.show(slide, store.state, layersIn(slide));
  const looked = createLooked(store, show, say);
  const tools = createTools(() => views, refresh, say);
  async function savePicture(): Promise<void> {
    if (!slide) return;
    const { views: seen, width, height } = views.snapshot();
    const { hidden, shown } = store.state;
    const coloured = shown.some((name) => ['mask', 'outlines', 'truth'].includes(name));
    const classes = coloured ? classesOf(slide, store.state).filter(({ label }) => !hidden.includes(label)) : [];
    const form = {
      views: seen,
      width,
      height,
      scale: ((stage.place()?.zoom ?? 1) * width) / panes.clientWidth,
      mpp: mppShown(),
      classes,
    };
    download(await snapshotPng(form), `${slide.name}.png`);
  }

  const inspector = createInspector(store, () => stage, refresh, say);

  function tell(): void {
    if (slide) readout.tell(slide, store.state, pointer && { x: Math.floor(pointer[0]), y: Math.floor(pointer[1]) });
  }

  async function open(id: string): Promise<void> {
    message.textContent = 'opening …';
    try {
      const card = await ask<OpenSlideCard>(`slides/${id}`);
      if (store.state.slide !== id) return;
      slide = card;
      message.textContent = '';
      title.textContent = card.name;
      document.title = `${card.name} – segtile`;
      tiles.forget();
      compareAtFirst(card);
      views.open(card, store.state);
      fillPanels(card);
      tools.open(card, classesOf(card, store.state)).catch(complain);
      show();
    } catch (error) {
      message.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  /** Shows the rows that a run has finished meanwhile, or its mask when it is done, at the same place. */
  async function lookAgain(): Promise<void> {
    const before = slide;
    if (!before?.runs.some(({ rows }) => rows)) return;
    // The server looks for files when it is asked for its catalogue.
    await ask<Catalogue>('catalogue');
    const card = await ask<OpenSlideCard>(`slides/${before.id}`);
    if (slide !== before) return;
    slide = card;
    const isLive = card.runs.some(({ rows }) => rows);
    if (!isLive || card.runs.length !== before.runs.length) fillPanels(card);
    show();
  }

  /** Variants of a comparison are shown in two views at first, unless the address says otherwise. */
  function compareAtFirst({ compared }: OpenSlideCard): void {
    const { run, other } = store.state;
    if (compared === null || run !== undefined || other !== undefined) return;
    store.set({ ...compared, split: 'views', shown: ['mask', 'changes'] });
  }

  function fillPanels(card: OpenSlideCard): void {
    panels.abort();
    panels = new AbortController();
    const own = storeUntil(store, panels.signal);
    if (store.state.split === 'line') divider.show(runOf(card, store.state)?.name, otherRun(card, store.state)?.name);
    else divider.show(undefined, undefined);
    inspector.show(card);
    status.textContent = '';
    fill(
      right,
      card.runs.length > 1 && section('Results', comparePanel(card, own)),
      section('Layers', layersPanel(card, own)),
      section('Classes', classesPanel(card, own)),
      catalogue.live && section('Object', inspector.chosen),
      section('All objects', inspector.objects),
      catalogue.live && section('Corrections', tools.element),
      section('Facts', factsPanel(card, own)),
    );
  }

  function neighbour(step: number): void {
    const all = catalogue.slides;
    const at = all.findIndex(({ id }) => id === store.state.slide);
    const next = all[(at + step + all.length) % all.length];
    if (next) store.set({ slide: next.id, run: undefined, other: undefined, place: undefined, thresholds: undefined });
  }

  function fade(step: number): void {
    const { opacity } = store.state;
    const mask = Math.min(1, Math.max(0, Number((opacity.mask + step).toFixed(2))));
    store.set({ opacity: { ...opacity, mask } });
  }

  const button = (name: IconName, words: string, act: () => void): HTMLButtonElement =>
    h('button', { type: 'button', 'aria-label': words, title: words, onclick: act }, icon(name));
  const fullScreen = (): void => void (document.fullscreenElement ? document.exitFullscreen() : middle.requestFullscreen());
  const toolbar = h(
    'div',
    { class: 'tools', role: 'toolbar', 'aria-label': 'view' },
    button('plus', 'nearer', () => stage.zoomBy(1.5)),
    button('minus', 'farther', () => stage.zoomBy(1 / 1.5)),
    button('whole', 'the whole slide', () => stage.whole()),
    button('turn', 'turn by 90 degrees', () => stage.turnBy(90)),
    button('full', 'full screen', fullScreen),
    button('ruler', 'measure a length', () => tools.measureOrStop()),
    button('save', 'save what is seen as PNG', () => savePicture().catch(complain)),
    button('help', 'help on keys', () => help.showModal()),
  );
  middle.append(toolbar);
  listenToKeys({
    ' ': () => toggleLayer(store, 'mask'),
    o: () => toggleLayer(store, 'outlines'),
    '[': () => fade(-0.1),
    ']': () => fade(0.1),
    n: () => neighbour(1),
    p: () => neighbour(-1),
    '0': () => stage.whole(),
    d: () => catalogue.live && tools.takeOrStop('draw'),
    b: () => catalogue.live && tools.takeOrStop('brush'),
    x: () => catalogue.live && tools.takeOrStop('eraser'),
    ',': () => tools.widen(1 / 1.25),
    '.': () => tools.widen(1.25),
    a: () => tools.adopt(inspector.object),
    u: () => tools.undo(),
    'ctrl+z': () => tools.undo(),
    'ctrl+y': () => tools.redo(),
    Enter: () => tools.close(),
    Escape: () => tools.escape(),
    Delete: () => tools.remove(),
    Backspace: () => tools.remove(),
    m: () => tools.measureOrStop(),
    s: () => savePicture().catch(complain),
    e: () => inspector.nextError().catch(complain),
    r: () => stage.turnBy(90),
    f: fullScreen,
    v: () => slide && otherWay(store, slide),
    '?': () => help.showModal(),
    ...Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [
        String(i + 1),
        () => {
          const label = slide && classesOf(slide, store.state)[i]?.label;
          if (label !== undefined) toggleClass(store, label);
        },
      ]),
    ),
  });
  store.watch((state, before) => {
    if (state.slide !== undefined && state.slide !== before?.slide) void open(state.slide);
    else if (slide && before) {
      if (state.run !== before.run || state.other !== before.other || state.split !== before.split) fillPanels(slide);
      if (state.place && state.place !== before.place && state.place !== reached) stage.go(state.place);
      if (looksOther(state, before)) show();
      tell();
    }
  });
  if (!catalogue.slides.some(({ id }) => id === store.state.slide)) {
    const first = catalogue.slides[0];
    if (first) store.set({ slide: first.id });
  }
  // For tests: whether everything in view has been drawn.
  Object.defineProperty(window, 'segtileDrawn', { get: () => slide !== undefined && views.complete });
}

/** Whether anything but the place has changed. */
function looksOther(state: ViewState, before: ViewState): boolean {
  return (Object.keys(state) as (keyof ViewState)[]).some((key) => key !== 'place' && state[key] !== before[key]);
}
