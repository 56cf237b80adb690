import { SegtileError } from '../../errors.js';
import type { Model } from '../../model/card/model.js';
import { strideOfOverlap } from '../../plan/windows/overlap.js';
import { type Geometry, LONGEST_WINDOW } from '../../plan/windows/scale.js';
import type { Size } from '../../types.js';

/** What the user says of windows, in px of the model. */
export interface WindowOptions {
  readonly window?: Size;
  readonly stride?: Size;
  readonly overlap?: string;
  readonly margin?: number;
}

/** Side of the window, in working pixels, where neither the model nor the user says one. */
const DEFAULT_WINDOW = 1024;

/**
 * Windows of a model, in its own px: the side from the user, the model's graph, its card, or 1,024; stride half a window; margin an eighth. What
 * nobody said gives way to what somebody did: the stride to the margin, the margin to the stride; and the margin of a card gives way to what the
 * user said.
 *
 * @param note hears that a card's margin was too large for the user's windows
 * @throws {SegtileError} `usage` for a window that the model does not take, or that does not fit in memory
 */
export function geometryOf(options: WindowOptions, model: Model, note: (sentence: string) => void): Geometry {
  const window = windowOf(options, model);
  const asked = askedStride(options, window, model);
  const margin = marginOf(options, model, window, asked, note);
  const stride = asked ?? defaultStrides(window, margin, model);
  return { window, stride, margin };
}

/** The margin, which of a network that leaves out the border of its window is at least what it leaves out; nothing more where nobody says so. */
function marginOf(
  options: WindowOptions,
  model: Model,
  window: Size,
  asked: Size | undefined,
  note: (sentence: string) => void,
): number {
  const { crop: least = 0, path } = model;
  if (least === 0) return options.margin ?? cardMargin(model, window, asked, note) ?? defaultMargin(window, asked);
  if (options.margin !== undefined && options.margin < least)
    throw new SegtileError(
      'usage',
      `--margin is ${options.margin} but ${path} gives no scores for ${least} px on a side of its window`,
      `give --margin ${least} or more, or leave it away`,
    );
  return options.margin ?? Math.max(least, model.margin ?? least);
}

function windowOf({ window }: WindowOptions, { fixedWindow, window: suggested, path }: Model): Size {
  if (window && fixedWindow && (window.width !== fixedWindow.width || window.height !== fixedWindow.height)) {
    const fixed = `${fixedWindow.width}x${fixedWindow.height}`;
    throw new SegtileError(
      'usage',
      `--window is ${window.width}x${window.height} but ${path} takes windows of ${fixed} px only`,
      'leave --window away, or export the model with free height and width',
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

/** The stride as it was said; that of an overlap keeps to the network's phase, where that is known. */
function askedStride({ stride, overlap }: WindowOptions, window: Size, { phase }: Model): Size | undefined {
  if (stride || overlap === undefined) return stride;
  const along = (length: number) => inPhase(strideOfOverlap(overlap, length), phase);
  return { width: along(window.width), height: along(window.height) };
}

/** The next smaller multiple of the phase; where there is none, the stride as it is. */
function inPhase(stride: number, phase = 1): number {
  return stride < phase ? stride : stride - (stride % phase);
}

/** The margin of the model's card; where windows of this stride leave no room for it, the largest that they do. */
function cardMargin(model: Model, window: Size, asked: Size | undefined, note: (sentence: string) => void): number | undefined {
  const { margin, name } = model;
  if (margin === undefined) return undefined;
  const stride = asked ?? defaultStrides(window, margin, model);
  if (margin <= mostMargin(window, stride)) return margin;
  const legal = mostMargin(window, asked ?? defaultStrides(window, 0, model));
  const possible = stride.width <= window.width && stride.height <= window.height;
  if (possible)
    note(`the card of ${name} wants a margin of ${margin} px, but these windows leave room for ${legal} px, which is taken`);
  return legal;
}

/** The largest margin whose cores leave no gaps. */
function mostMargin(window: Size, stride: Size): number {
  return Math.max(0, Math.floor(Math.min(window.width - stride.width, window.height - stride.height) / 2));
}

function defaultMargin(window: Size, stride: Size | undefined): number {
  const eighth = Math.floor(Math.min(window.width, window.height) / 8);
  return stride ? Math.min(eighth, mostMargin(window, stride)) : eighth;
}

/** The stride of the card, or half a window, which keeps to the phase; less where the margin needs it. */
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
