import { SegtileError } from '../../errors.js';
import type { Model } from '../../model/card/model.js';
import { strideOfOverlap } from '../../plan/windows/overlap.js';
import { type Geometry, LONGEST_WINDOW } from '../../plan/windows/scale.js';
import type { Size } from '../../types.js';

/** The options for windows, in px of the model. */
export interface WindowOptions {
  readonly window?: Size;
  readonly stride?: Size;
  readonly overlap?: string;
  readonly margin?: number;
}

/** Default side of the window, in working pixels, if neither the model nor the user gives one. */
const DEFAULT_WINDOW = 1024;

/**
 * The windows of a model, in px of the model. The side comes from the user, or else the model's graph, its card, or is
 * 1,024. The default stride is half a window and the default margin an eighth, or 0 for a classifier, whose score is of
 * the whole window. Defaults are adjusted to given values:
 * the stride to the margin, and the margin to the stride. The margin of a card is adjusted to the user's values.
 *
 * @param note called with a sentence if a card's margin is too large for the user's windows
 * @throws {SegtileError} `usage` for a window that the model does not take, or that does not fit in memory; or if nothing
 *   says how large the windows of a classifier are, which decide what it sees
 */
export function geometryOf(options: WindowOptions, model: Model, note: (sentence: string) => void): Geometry {
  const window = windowOf(options, model);
  const asked = askedStride(options, window, model);
  const margin = marginOf(options, model, window, asked, note);
  const stride = asked ?? defaultStrides(window, margin, model);
  return { window, stride, margin, phase: model.phase };
}

/**
 * The margin. If a network leaves out the border of its window, the margin is at least as wide as that border, and
 * exactly as wide if neither user nor card gives a margin.
 */
function marginOf(
  options: WindowOptions,
  model: Model,
  window: Size,
  asked: Size | undefined,
  note: (sentence: string) => void,
): number {
  const { crop: least = 0, path, task } = model;
  if (task === 'classification') return options.margin ?? cardMargin(model, window, asked, note) ?? 0;
  if (least === 0) return options.margin ?? cardMargin(model, window, asked, note) ?? defaultMargin(window, asked);
  if (options.margin !== undefined && options.margin < least)
    throw new SegtileError(
      'usage',
      `--margin is ${options.margin} but ${path} gives no scores for ${least} px on a side of its window`,
      `give --margin ${least} or more, or leave it out`,
    );
  return options.margin ?? Math.max(least, model.margin ?? least);
}

function windowOf({ window }: WindowOptions, { fixedWindow, window: suggested, path, task, cam }: Model): Size {
  if ((task === 'classification' || cam) && (window ?? fixedWindow ?? suggested) === undefined)
    throw new SegtileError(
      'usage',
      `${path} classifies windows of any size, and nothing says how large those were that it was trained on`,
      'give --window, or window in its card',
    );
  if (window && fixedWindow && (window.width !== fixedWindow.width || window.height !== fixedWindow.height)) {
    const fixed = `${fixedWindow.width}x${fixedWindow.height}`;
    throw new SegtileError(
      'usage',
      `--window is ${window.width}x${window.height} but ${path} takes windows of ${fixed} px only`,
      'leave out --window, or export the model with free height and width',
    );
  }
  const { width, height } = window ?? fixedWindow ?? square(suggested ?? DEFAULT_WINDOW);
  if (Math.max(width, height) > LONGEST_WINDOW) {
    throw new SegtileError(
      'usage',
      `expected at most ${LONGEST_WINDOW} px for --window but got ${width}x${height}`,
      'a slide may be of any size, but a window must fit in memory',
    );
  }
  return { width, height };
}

function square(side: number): Size {
  return { width: side, height: side };
}

/** The stride that the user gave. If an overlap was given, the stride is rounded to the network's phase, if known. */
function askedStride({ stride, overlap }: WindowOptions, window: Size, { phase }: Model): Size | undefined {
  if (stride || overlap === undefined) return stride;
  const along = (length: number) => inPhase(strideOfOverlap(overlap, length), phase);
  return { width: along(window.width), height: along(window.height) };
}

/** The next smaller multiple of the phase; if the stride is smaller than the phase, the stride itself. */
function inPhase(stride: number, phase = 1): number {
  return stride < phase ? stride : stride - (stride % phase);
}

/** The margin of the model's card; if windows with this stride leave no room for it, the largest margin that fits. */
function cardMargin(model: Model, window: Size, asked: Size | undefined, note: (sentence: string) => void): number | undefined {
  const { margin, name } = model;
  if (margin === undefined) return undefined;
  const stride = asked ?? defaultStrides(window, margin, model);
  if (margin <= mostMargin(window, stride)) return margin;
  const legal = mostMargin(window, asked ?? defaultStrides(window, 0, model));
  const possible = stride.width <= window.width && stride.height <= window.height;
  if (possible)
    note(
      `the card of ${name} wants a margin of ${margin} px, but these windows leave room for ${legal} px only, which is used`,
    );
  return legal;
}

/** The largest margin with which cores leave no gaps. */
function mostMargin(window: Size, stride: Size): number {
  return Math.max(0, Math.floor(Math.min(window.width - stride.width, window.height - stride.height) / 2));
}

function defaultMargin(window: Size, stride: Size | undefined): number {
  const eighth = Math.floor(Math.min(window.width, window.height) / 8);
  return stride ? Math.min(eighth, mostMargin(window, stride)) : eighth;
}

/** The stride of the card, or half a window rounded to the phase; smaller if the margin needs it. */
function defaultStrides({ width, height }: Size, margin: number, { stride, phase }: Pick<Model, 'stride' | 'phase'>): Size {
  const along = (window: number) =>
    Math.max(
      1,
      stride === undefined
        ? inPhase(Math.min(Math.floor(window / 2), window - 2 * margin), phase)
        : Math.min(stride, window - 2 * margin),
    );
  return { width: along(width), height: along(height) };
}
