import type { LabelRule } from '../../../plan/labels/labels.js';
import type { MaskClass, Rgb } from '../../../types.js';
import type { LabelLayer, LookedMessage, OpenSlideCard, RunCard, ScoreLayer, TiledImage } from '../../messages.js';
import { halvedSize, type TilePlace, tileBox } from '../../pyramid.js';
import { LAYERS, type LayerName, type ViewState } from '../state.js';
import { fileLabels, gatherLabels, type LabelSource, ruledLabels } from '../tiles/label-source.js';
import type { TileStore } from '../tiles/tile-store.js';
import { type OutlineLines, outlinesOf, paintOutlines } from './outlines.js';
import type { DrawnLayer, TilePicture } from './overlay.js';
import { paintAmounts, paintErrors, paintLabels } from './paint.js';

/** The run that is shown: the one that the state names, else the first. */
export function runOf(slide: OpenSlideCard, { run }: ViewState): RunCard | undefined {
  return slide.runs.find(({ id }) => id === run) ?? slide.runs[0];
}

/** The run that the shown one is compared with, if there is one. */
export function otherRun(slide: OpenSlideCard, state: ViewState): RunCard | undefined {
  const found = slide.runs.find(({ id }) => id === state.other);
  return found === runOf(slide, state) ? undefined : found;
}

/** The classes of the run that is shown; those of the truth if the run has none. */
export function classesOf(slide: OpenSlideCard, state: ViewState): readonly MaskClass[] {
  const run = runOf(slide, state);
  return run?.mask?.classes ?? run?.scores?.classes ?? slide.truth?.classes ?? [];
}

/** The layers that exist for a slide and a run, and for its comparison with another run if there is one. */
export function layersThere(slide: OpenSlideCard, run: RunCard | undefined, other?: RunCard): readonly LayerName[] {
  const labels = (run?.mask ?? run?.scores) != null;
  const there: Readonly<Record<LayerName, boolean>> = {
    scores: run?.scores != null,
    disagreement: run?.disagreement != null,
    mask: labels,
    truth: slide.truth !== null,
    errors: labels && slide.truth !== null,
    windows: run?.looked === true && slide.picture !== null,
    tissue: run?.looked === true && slide.picture !== null,
    region: run?.region === true && slide.picture !== null,
    changes: labels && (other?.mask ?? other?.scores) != null,
    outlines: labels,
  };
  return LAYERS.filter((name) => there[name]);
}

/** The rule that makes labels from probabilities: the one of the model, or one with the thresholds that the user moved. */
export function ruleOf({ rule, classes }: ScoreLayer, thresholds: ViewState['thresholds']): LabelRule {
  if (thresholds === undefined) return rule;
  const own = rule.kind === 'thresholds' ? rule.thresholds : [];
  const of = (label: number, channel: number): number | undefined =>
    classes.some((each) => each.label === label) ? (thresholds[label] ?? own[channel] ?? 0.5) : undefined;
  return { kind: 'thresholds', labels: rule.labels, thresholds: rule.labels.map(of) };
}

/** The channel of probabilities that is drawn: the wanted one, else that of the first class. */
export function channelShown({ channels, rule }: ScoreLayer, wanted: number | undefined): number {
  return Math.min(
    wanted ??
      Math.max(
        0,
        rule.labels.findIndex((label) => label !== 0),
      ),
    channels.length - 1,
  );
}

/**
 * The labels that are shown: those of the mask or, if thresholds were moved or there is no mask, those from the
 * probabilities.
 */
export function labelsShown(store: TileStore, run: RunCard | undefined, { thresholds }: ViewState): LabelSource | undefined {
  if (run === undefined) return undefined;
  const { mask, scores } = run;
  if (scores !== null && (thresholds !== undefined || mask === null))
    return ruledLabels(store, scores, ruleOf(scores, thresholds));
  return mask === null ? undefined : fileLabels(store, mask);
}

/** Which of two runs a view shows: both, one on each side of a line, or only one of them. */
export type ViewPart = 'both' | 'own' | 'other';

/**
 * The layers to draw, from the lowest to the highest.
 *
 * @param looked where the run looked that the view shows
 * @param part of the two runs, if two are compared
 */
export function drawnLayers(
  store: TileStore,
  slide: OpenSlideCard,
  state: ViewState,
  looked: LookedMessage | undefined,
  part: ViewPart = 'both',
): DrawnLayer[] {
  const run = runOf(slide, state);
  const other = otherRun(slide, state);
  const there = layersThere(slide, run, other).filter((name) => state.shown.includes(name));
  const own = makersOf(store, slide, state, run);
  const theirs = makersOf(store, slide, { ...state, thresholds: undefined }, other);
  const changes = (): Made | undefined => {
    const [a, b] = [labelsShown(store, run, state), labelsShown(store, other, { ...state, thresholds: undefined })];
    return a && b && compared(a, b, state.hidden, false);
  };
  const layer = (name: LayerName, made: Made | undefined, side: DrawnLayer['side']): DrawnLayer[] =>
    made ? [{ name, opacity: state.opacity[name], side, ...made }] : [];
  return there.flatMap((name) => {
    if (name === 'windows') return [];
    if (name === 'tissue' || name === 'region') return layer(name, plain(store, looked?.[name] ?? undefined), 'both');
    if (name === 'changes') return layer(name, changes(), 'both');
    if (name === 'truth' || other === undefined || part === 'own') return layer(name, own[name](), 'both');
    if (part === 'other') return layer(name, theirs[name](), 'both');
    return [...layer(name, own[name](), 'left'), ...layer(name, theirs[name](), 'right')];
  });
}

/** Functions that make the layers of a run. */
function makersOf(
  store: TileStore,
  slide: OpenSlideCard,
  state: ViewState,
  run: RunCard | undefined,
): Readonly<Record<Exclude<LayerName, 'changes' | 'windows' | 'tissue' | 'region'>, () => Made | undefined>> {
  const labels = labelsShown(store, run, state);
  const classes = run?.mask?.classes ?? run?.scores?.classes ?? [];
  const { hidden, channel } = state;
  const truth = slide.truth === null ? undefined : fileLabels(store, slide.truth);
  const style = `${hidden.join(',')} ${classes.map(({ label, color }) => `${label}:${color}`).join()}`;
  const painted = (source: LabelSource | undefined, own: readonly MaskClass[]): Made | undefined =>
    source && {
      image: source.image,
      version: `${source.version} ${style}`,
      make: async (place) => pixels(source.image, place, paintLabels(await source.labels(place), own, hidden)),
    };
  return {
    scores: () => (run?.scores ? amounts(store, run.scores, channelShown(run.scores, channel)) : undefined),
    disagreement: () => amounts(store, run?.disagreement ?? undefined, 0),
    mask: () => painted(labels, classes),
    truth: () => painted(truth, slide.truth!.classes),
    errors: () => labels && truth && compared(labels, truth, hidden, true),
    outlines: () => labels && outlined(labels, classes, hidden, style),
  };
}

/** A layer of labels in the colours of their own classes, independent of the classes that are hidden. */
function plain(store: TileStore, image: LabelLayer | undefined): Made | undefined {
  const source = image && fileLabels(store, image);
  return (
    source && {
      image,
      version: source.version,
      make: async (place) => pixels(image, place, paintLabels(await source.labels(place), image.classes, [])),
    }
  );
}

type Made = Pick<DrawnLayer, 'image' | 'version' | 'make'>;

function pixels(image: TiledImage, place: TilePlace, data: Uint8ClampedArray<ArrayBuffer>): TilePicture {
  const { width, height } = tileBox(image, place)!;
  return { kind: 'pixels', canvas: canvasOf(data, width, height) };
}

function canvasOf(data: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  canvas.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

/** Lines as a path that a canvas strokes. */
function pathOf(lines: OutlineLines): Path2D {
  const path = new Path2D();
  for (let i = 0; i < lines.length; i += 4) {
    path.moveTo(lines[i]!, lines[i + 1]!);
    path.lineTo(lines[i + 2]!, lines[i + 3]!);
  }
  return path;
}

/** A function that works out its result when it is first called, and then remembers it. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function amounts(store: TileStore, image: TiledImage | undefined, channel: number): Made | undefined {
  return (
    image && {
      image,
      version: `${image.id} ${channel}`,
      make: async (place) => {
        const { width, height, planes, data } = await store.get(image, place);
        const from = Math.min(channel, planes - 1) * width * height;
        return pixels(image, place, paintAmounts(data.subarray(from, from + width * height)));
      },
    }
  );
}

function outlined(source: LabelSource, classes: readonly MaskClass[], hidden: readonly number[], style: string): Made {
  const shown = classes.filter(({ label }) => !hidden.includes(label));
  return {
    image: source.image,
    version: `${source.version} ${style}`,
    make: async (place) => {
      const { x, y, width, height } = tileBox(source.image, place)!;
      const around = { x: x - 1, y: y - 1, width: width + 2, height: height + 2 };
      const labels = await gatherLabels(source, place.halvings, around);
      // Objects that were shrunk can be so small and many that rims would hide the slide.
      const rim = place.halvings === 0;
      const found = outlinesOf(labels, width, height);
      const lines = shown.flatMap(({ label, color }) => ({ color: css(color), own: found.get(label) ?? [] }));
      return {
        kind: 'outlines',
        lines: lines.reduce((sum, { own }) => sum + own.length / 4, 0),
        paths: once(() => lines.map(({ color, own }) => [color, pathOf(own)])),
        canvas: once(() => canvasOf(paintOutlines(labels, width, height, shown, rim), width, height)),
      };
    },
  };
}

/**
 * A layer that compares the labels of a mask with those of the truth or of another mask, which can have another
 * resolution.
 *
 * @param same whether pixels on which both agree are painted, too
 */
function compared(labels: LabelSource, truth: LabelSource, hidden: readonly number[], same: boolean): Made {
  return {
    image: labels.image,
    version: `${labels.version} ${truth.version} ${hidden.join(',')}`,
    make: async (place) => {
      const [own, wanted] = await Promise.all([labels.labels(place), sampled(truth, labels.image, place)]);
      return pixels(labels.image, place, paintErrors(own, wanted, hidden, same));
    },
  };
}

/** The labels of the image of `source` at the centres of the pixels of a tile of another image, `like`. */
async function sampled(source: LabelSource, like: TiledImage, place: TilePlace): Promise<Uint8Array> {
  const box = tileBox(like, place)!;
  // How many pixels of `source` there are for each pixel of `like`, before halvings.
  const across = source.image.spans.width / like.spans.width;
  const down = source.image.spans.height / like.spans.height;
  const halvings = Math.max(0, Math.round(place.halvings + Math.log2(across)));
  const step = 2 ** (place.halvings - halvings);
  const size = halvedSize(source.image, halvings);
  const xs = Int32Array.from({ length: box.width }, (_, i) => at(box.x + i, across * step, size.width));
  const ys = Int32Array.from({ length: box.height }, (_, i) => at(box.y + i, down * step, size.height));
  const part = { x: xs[0]!, y: ys[0]!, width: xs.at(-1)! - xs[0]! + 1, height: ys.at(-1)! - ys[0]! + 1 };
  const labels = await gatherLabels(source, halvings, part);
  const out = new Uint8Array(box.width * box.height);
  for (let row = 0; row < box.height; row++) {
    const from = (ys[row]! - part.y) * part.width - part.x;
    for (let column = 0; column < box.width; column++) out[row * box.width + column] = labels[from + xs[column]!]!;
  }
  return out;
}

function at(pixel: number, scale: number, length: number): number {
  return Math.min(length - 1, Math.floor((pixel + 0.5) * scale));
}

/**
 * Finds a level-0 pixel of the slide in an image: the tile, without halvings, and the index of the pixel in its values;
 * undefined outside the image.
 */
export function pixelPlace(
  image: TiledImage,
  slide: { readonly width: number; readonly height: number },
  x: number,
  y: number,
) {
  const column = Math.floor(((x + 0.5) * image.spans.width) / slide.width);
  const row = Math.floor(((y + 0.5) * image.spans.height) / slide.height);
  if (!(column >= 0 && row >= 0 && column < image.width && row < image.height)) return undefined;
  const { side } = image;
  const place: TilePlace = { halvings: 0, column: Math.floor(column / side), row: Math.floor(row / side) };
  const { width } = tileBox(image, place)!;
  return { place, index: (row - place.row * side) * width + column - place.column * side };
}

/** A colour in CSS. */
export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}
