import type { Catalogue, OpenSlideCard } from '../messages.js';
import { ask } from './api.js';
import { fill, h, section } from './dom.js';
import { createDivider } from './drawing/divider.js';
import { classesOf, drawnLayers, otherRun, runOf } from './drawing/layers.js';
import { createOverlay } from './drawing/overlay.js';
import { createScaleBar } from './drawing/scale-bar.js';
import { snapshotPng } from './drawing/snapshot.js';
import { createStage } from './drawing/stage.js';
import { createTileStore } from './drawing/tile-store.js';
import { createLooked } from './drawing/windows.js';
import { createTools } from './drawn/tools.js';
import { type IconName, icon } from './icons.js';
import { createInspector } from './inspect.js';
import { listenToKeys } from './keys.js';
import { classesPanel, download, toggleClass } from './panels/classes.js';
import { factsPanel } from './panels/facts.js';
import { helpDialog } from './panels/help.js';
import { layersPanel, toggleLayer } from './panels/layers.js';
import { progressPanel } from './panels/progress.js';
import { createReadout } from './panels/readout.js';
import { runsDialog } from './panels/runs.js';
import { slidesPanel } from './panels/slides.js';
import { createStore, type Place, storeUntil, type ViewState } from './state.js';

/** Builds the page. `catalogue` lists what the server can show. */
export function startApp(catalogue: Catalogue): void {
  const store = createStore();
  const tiles = createTileStore();
  const help = helpDialog();
  const title = h('h1', {}, 'segtile');
  const canvas = h('canvas', { class: 'overlay', 'aria-hidden': true });
  const stageElement = h('div', { class: 'stage' });
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
  let pointer: { readonly x: number; readonly y: number } | undefined;

  const below = h('div', { class: 'below' }, status, scaleBar.element, readout.element);
  const divider = createDivider(store);
  const middle = h('main', { class: 'middle' }, stageElement, canvas, divider.element, map, below, message);
  const left = h(
    'nav',
    { class: 'left', 'aria-label': 'slides', tabindex: 0 },
    slidesPanel(catalogue, store),
    catalogue.live && progressPanel(),
  );
  const runs = runsDialog();
  const openRuns = h('button', { type: 'button', onclick: () => void runs.open().catch(complain) }, 'Runs');
  const version = h('span', { class: 'quiet' }, `segtile ${catalogue.version}`);
  const header = h('header', {}, title, catalogue.history && openRuns, version);
  document.body.replaceChildren(header, left, middle, right, help, runs.element);
  const stage = createStage(stageElement, map, {
    moved: () => {
      overlay.refresh();
      const to = stage.affine();
      scaleBar.show(to && Math.hypot(to.a, to.b), slide?.mpp?.x);
      tell();
    },
    settled: () => {
      reached = stage.place();
      if (reached) store.set({ place: reached });
    },
    clicked: (x, y) => {
      const at = stage.pointAt(x, y);
      if (!at || tools.click([at.x, at.y]) || !catalogue.live) return;
      inspector.choose(Math.floor(at.x), Math.floor(at.y)).catch(complain);
    },
    dragged: (x, y) => {
      const at = stage.pointAt(x, y);
      if (at) tools.along([at.x, at.y]);
    },
    lifted: () => tools.lifted(),
  });
  const overlay = createOverlay(
    canvas,
    () => (slide ? stage.affine() : undefined),
    (context, scale) => {
      if (slide) looked.draw(slide, context, scale);
      inspector.draw(context, scale);
      tools.draw(context, scale);
    },
  );
  const refresh = (): void => overlay.refresh();
  const looked = createLooked(
    store,
    () => slide && overlay.set(slide, drawnLayers(tiles, slide, store.state, looked.of(slide)), store.state.divider),
    say,
  );
  const tools = createTools(() => stage, stageElement, refresh, say);

  async function savePicture(): Promise<void> {
    if (!slide) return;
    const { width, height } = canvas;
    const { hidden, shown } = store.state;
    const coloured = shown.some((name) => ['mask', 'outlines', 'truth'].includes(name));
    const classes = coloured ? classesOf(slide, store.state).filter(({ label }) => !hidden.includes(label)) : [];
    const layers = [stage.canvas(), canvas];
    const form = {
      layers,
      width,
      height,
      scale: ((stage.place()?.zoom ?? 1) * width) / canvas.clientWidth,
      mpp: slide.mpp?.x,
      classes,
    };
    download(await snapshotPng(form), `${slide.name}.png`);
  }

  const inspector = createInspector(store, () => stage, refresh, say);

  function tell(): void {
    const at = pointer && stage.pointAt(pointer.x, pointer.y);
    if (slide) readout.tell(slide, store.state, at && { x: Math.floor(at.x), y: Math.floor(at.y) });
  }

  async function open(id: string, { place }: ViewState): Promise<void> {
    message.textContent = 'opening …';
    try {
      const card = await ask<OpenSlideCard>(`slides/${id}`);
      if (store.state.slide !== id) return;
      slide = card;
      message.textContent = '';
      title.textContent = card.name;
      document.title = `${card.name} – segtile`;
      tiles.forget();
      stage.open(card, place);
      fillPanels(card);
      tools.open(card, classesOf(card, store.state)).catch(complain);
      overlay.set(card, drawnLayers(tiles, card, store.state, looked.of(card)), store.state.divider);
    } catch (error) {
      message.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  function fillPanels(card: OpenSlideCard): void {
    panels.abort();
    panels = new AbortController();
    const own = storeUntil(store, panels.signal);
    divider.show(runOf(card, store.state)?.name, otherRun(card, store.state)?.name);
    inspector.show(card);
    status.textContent = '';
    fill(
      right,
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
  middle.addEventListener('pointermove', (event) => {
    const box = stageElement.getBoundingClientRect();
    pointer = { x: event.clientX - box.left, y: event.clientY - box.top };
    tell();
  });
  middle.addEventListener('pointerleave', () => {
    pointer = undefined;
    tell();
  });

  listenToKeys({
    ' ': () => toggleLayer(store, 'mask'),
    o: () => toggleLayer(store, 'outlines'),
    '[': () => fade(-0.1),
    ']': () => fade(0.1),
    n: () => neighbour(1),
    p: () => neighbour(-1),
    '0': () => stage.whole(),
    d: () => catalogue.live && tools.drawOrStop(),
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
    if (state.slide !== undefined && state.slide !== before?.slide) void open(state.slide, state);
    else if (slide && before) {
      if (state.run !== before.run || state.other !== before.other) fillPanels(slide);
      if (state.place && state.place !== before.place && state.place !== reached) stage.go(state.place);
      if (looksOther(state, before)) overlay.set(slide, drawnLayers(tiles, slide, state, looked.of(slide)), state.divider);
      tell();
    }
  });
  if (!catalogue.slides.some(({ id }) => id === store.state.slide)) {
    const first = catalogue.slides[0];
    if (first) store.set({ slide: first.id });
  }
  // For tests: whether everything in view has been drawn.
  Object.defineProperty(window, 'segtileDrawn', { get: () => slide !== undefined && stage.complete && overlay.complete });
}

/** Whether anything but the place has changed. */
function looksOther(state: ViewState, before: ViewState): boolean {
  return (Object.keys(state) as (keyof ViewState)[]).some((key) => key !== 'place' && state[key] !== before[key]);
}
