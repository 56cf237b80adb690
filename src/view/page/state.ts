/** The layers over a slide, in the order in which they are drawn. */
export const LAYERS = [
  'scores',
  'disagreement',
  'tissue',
  'region',
  'mask',
  'truth',
  'errors',
  'changes',
  'windows',
  'outlines',
] as const;

/** The name of a layer, see {@link LAYERS}. */
export type LayerName = (typeof LAYERS)[number];

/** The place of the view: its middle in level-0 px, the number of screen px per level-0 px, and its rotation in degrees. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly turn: number;
}

/** Everything that decides what the page shows. The address of the page contains it, so a link shows the same view. */
export interface ViewState {
  readonly slide: string | undefined;
  readonly run: string | undefined;
  /** The run that `run` is compared with. */
  readonly other: string | undefined;
  /** How the two runs are compared: in one view with a line between them, or in two views that move together. */
  readonly split: 'line' | 'views';
  /** The position of the line between the two runs, as a share of the view's width. */
  readonly divider: number;
  /** Undefined for the whole slide. */
  readonly place: Place | undefined;
  readonly shown: readonly LayerName[];
  readonly opacity: Readonly<Record<LayerName, number>>;
  /** Labels of classes that are not drawn. */
  readonly hidden: readonly number[];
  /** The channel of probabilities that is drawn, from 0; undefined for that of the first class. */
  readonly channel: number | undefined;
  /** Thresholds by label, if the user moved them. The labels are then made from the probabilities again. */
  readonly thresholds: Readonly<Record<number, number>> | undefined;
}

const OPACITY: ViewState['opacity'] = {
  scores: 0.7,
  disagreement: 0.7,
  tissue: 0.4,
  region: 0.4,
  mask: 0.5,
  truth: 0.5,
  errors: 0.7,
  changes: 0.8,
  windows: 0.8,
  outlines: 1,
};

/** The state of the page before the user has changed anything. */
export const FIRST: ViewState = {
  slide: undefined,
  run: undefined,
  other: undefined,
  split: 'line',
  divider: 0.5,
  place: undefined,
  shown: ['mask'],
  opacity: OPACITY,
  hidden: [],
  channel: undefined,
  thresholds: undefined,
};

/** Writes a state as the fragment of an address, including the `#`. */
function toHash(state: ViewState): string {
  const { slide, run, other, split, divider, place, shown, opacity, hidden, channel, thresholds } = state;
  const parts = new URLSearchParams();
  if (slide) parts.set('slide', slide);
  if (run) parts.set('run', run);
  if (other) parts.set('other', other);
  if (other && split !== FIRST.split) parts.set('split', split);
  if (other && divider !== FIRST.divider) parts.set('divider', String(divider));
  if (place) parts.set('at', [place.x, place.y, place.zoom, place.turn].map((n) => Number(n.toPrecision(7))).join(','));
  parts.set('show', shown.join(','));
  const faded = LAYERS.filter((name) => opacity[name] !== OPACITY[name]).map((name) => `${name}:${opacity[name]}`);
  if (faded.length > 0) parts.set('opacity', faded.join(','));
  if (hidden.length > 0) parts.set('hide', hidden.join(','));
  if (channel !== undefined) parts.set('channel', String(channel));
  if (thresholds)
    parts.set(
      'threshold',
      Object.entries(thresholds)
        .map(([label, p]) => `${label}:${p}`)
        .join(','),
    );
  return `#${parts.toString().replaceAll('%2C', ',').replaceAll('%3A', ':')}`;
}

/** Reads the state from the fragment of an address. Invalid parts are ignored. */
function fromHash(hash: string): ViewState {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const numbers = (name: string): number[] => list(parts.get(name)).map(Number).filter(Number.isFinite);
  const pairs = (name: string): [string, number][] =>
    list(parts.get(name)).flatMap((each): [string, number][] => {
      const [key = '', value] = each.split(':');
      return value !== undefined && Number.isFinite(Number(value)) ? [[key, Math.min(1, Math.max(0, Number(value)))]] : [];
    });
  const [x, y, zoom, turn] = numbers('at');
  const isLayer = (name: string): name is LayerName => LAYERS.some((each) => each === name);
  const thresholds = pairs('threshold').filter(([label]) => /^\d+$/.test(label));
  return {
    slide: parts.get('slide') ?? undefined,
    run: parts.get('run') ?? undefined,
    other: parts.get('other') ?? undefined,
    split: parts.get('split') === 'views' ? 'views' : FIRST.split,
    divider: Math.min(1, Math.max(0, numbers('divider')[0] ?? FIRST.divider)),
    place: x === undefined || y === undefined || !zoom || zoom <= 0 ? undefined : { x, y, zoom, turn: turn ?? 0 },
    shown: parts.has('show') ? list(parts.get('show')).filter(isLayer) : FIRST.shown,
    opacity: { ...OPACITY, ...Object.fromEntries(pairs('opacity').filter(([name]) => isLayer(name))) },
    hidden: numbers('hide'),
    channel: numbers('channel').map((each) => Math.max(0, Math.floor(each)))[0],
    thresholds: thresholds.length > 0 ? Object.fromEntries(thresholds.map(([label, p]) => [Number(label), p])) : undefined,
  };
}

function list(text: string | null): string[] {
  return (text ?? '').split(',').filter((each) => each !== '');
}

/** Holds the state, and calls watchers when it changes. */
export interface Store {
  readonly state: ViewState;
  set(change: Partial<ViewState>): void;
  /** Calls `seen` at once, and after each change until the signal fires. */
  watch(seen: Watcher, until?: AbortSignal): void;
}

type Watcher = (state: ViewState, before: ViewState | undefined) => void;

/** The same store, but its watchers are removed when a signal fires. */
export function storeUntil(store: Store, until: AbortSignal): Store {
  return {
    get state() {
      return store.state;
    },
    set: (change) => store.set(change),
    watch: (seen) => store.watch(seen, until),
  };
}

/** Makes a store that reads its state from the address of the page, and writes it there. */
export function createStore(): Store {
  let state = fromHash(location.hash);
  const watchers = new Set<Watcher>();
  const change = (next: ViewState): void => {
    const before = state;
    state = next;
    for (const seen of watchers) seen(state, before);
  };
  let writing = 0;
  addEventListener('hashchange', () => {
    if (location.hash === toHash(state)) return;
    const next = fromHash(location.hash);
    change({ ...next, slide: next.slide ?? state.slide });
  });
  return {
    get state() {
      return state;
    },
    set(part) {
      change({ ...state, ...part });
      // Browsers refuse to change the address too often in a short time.
      clearTimeout(writing);
      writing = window.setTimeout(() => history.replaceState(null, '', location.pathname + toHash(state)), 150);
    },
    watch(seen, until) {
      watchers.add(seen);
      until?.addEventListener('abort', () => watchers.delete(seen));
      seen(state, undefined);
    },
  };
}
