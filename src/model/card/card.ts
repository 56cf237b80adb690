import { reason, SegtileError } from '../../errors.js';
import { readRegularText } from '../../io/regular-file.js';
import { LARGEST_MPP, LEAST_MPP, mppProblem } from '../../plan/resolution/mpp-range.js';
import { parseJson } from '../../plan/text/json.js';
import { color, flag, keysOf, oneOf, shape, text } from '../../plan/text/shape.js';
import { isNumber } from '../../plan/text/values.js';
import type { Rgb, SampleType } from '../../types.js';

/** A class as a card lists it. */
export interface CardClass {
  readonly name: string;
  readonly color?: Rgb;
  /** A pixel belongs to the class if its probability is above this threshold, from 0 to 1. */
  readonly threshold?: number;
}

/** How a window is brought to mean 0 and variance 1. */
export interface Standardization {
  /** Whether mean and deviation are taken over each channel by itself or over all channels together. */
  readonly axes: 'channel' | 'all';
  /**
   * Added to the standard deviation, in units of a sample. Without it, a small number is added to the variance instead, so
   * that a blank window stays blank.
   */
  readonly eps?: number;
}

/**
 * What a network expects and what its scores mean, as far as the `.onnx` file does not tell. Every field is optional; see
 * {@link resolveModel} for the defaults. A card is a JSON file beside the model, or the metadata entry `segtile` inside
 * it.
 */
export interface Card {
  readonly name?: string;
  /**
   * Whether the network gives scores for the pixels of a window, or one vector of scores for the whole window. It is
   * measured; a card that says otherwise is an error.
   */
  readonly task?: 'segmentation' | 'classification';
  /** The order of the axes of the network's input. */
  readonly layout?: 'nchw' | 'nhwc';
  /**
   * What the channels are. `gray` is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). `channels` means the slide's own
   * channels, unchanged, such as the stains of fluorescence.
   */
  readonly color?: 'rgb' | 'bgr' | 'gray' | 'channels';
  /**
   * The type of the samples that the network is fed. With `uint8`, samples of other types are converted to bytes by the
   * rule of the slide; otherwise they are fed as they are in the file.
   */
  readonly samples?: SampleType;
  /** Multiplies the samples, before `mean` and `std`. */
  readonly scale?: number;
  /** Subtracted from each channel after `scale`. */
  readonly mean?: readonly number[];
  /** Divides each channel after `mean`. */
  readonly std?: readonly number[];
  /**
   * Replaces `scale`, `mean` and `std`: each channel of each window is brought to mean 0 and variance 1. With `axes: "all"`,
   * all channels of a window are standardised together.
   */
  readonly standardize?: 'window' | Standardization;
  /** The name of the output to use if the network has several. */
  readonly output?: string;
  /** Whether a classifier gives its class activation map in place of its score for the window. */
  readonly cam?: boolean;
  /** The function that turns the network's output into probabilities. */
  readonly activation?: 'sigmoid' | 'softmax' | 'none';
  /** Whether a pixel belongs to at most one class. */
  readonly exclusive?: boolean;
  readonly classes?: readonly CardClass[];
  /** The resolution that the network was trained at, in micrometres per pixel. */
  readonly mpp?: number;
  /** Side of the window, in px. */
  readonly window?: number;
  /** Step between windows, in px. */
  readonly stride?: number;
  /** How much of a window's prediction is dropped on each side, in px. */
  readonly margin?: number;
  /** The network gives the same scores for windows whose offsets differ by a multiple of this many px: its total stride. */
  readonly phase?: number;
  /**
   * How many px of the window have no score on each side; or, if the scores are not centred, how many to the left and
   * above. 0 if the scores cover the whole window, even if there are fewer scores than pixels.
   */
  readonly crop?: number | { readonly left: number; readonly top: number };
}

const perChannel = (value: unknown): value is number[] => Array.isArray(value) && value.length > 0 && value.every(isNumber);
const positive = shape<number>('a number above 0', (value) => isNumber(value) && value > 0);

const positivePx = shape<number>('a positive whole number of px', (value) => Number.isInteger(value) && (value as number) > 0);

function isStandardization(value: unknown): boolean {
  if (value === 'window') return true;
  if (typeof value !== 'object' || value === null) return false;
  const { axes, eps = 1, ...more } = value as Partial<Standardization>;
  return (axes === 'channel' || axes === 'all') && isNumber(eps) && eps > 0 && Object.keys(more).length === 0;
}

const isWholePx = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const wholePx = shape<number>('a whole number of px from 0', isWholePx);

function isCrop(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isWholePx(value);
  const { left, top, ...more } = value as Readonly<Record<string, unknown>>;
  return isWholePx(left) && isWholePx(top) && Object.keys(more).length === 0;
}

const cardClass = keysOf<CardClass>('class', {
  name: text,
  color,
  threshold: shape('a number from 0 to 1', (value) => isNumber(value) && value >= 0 && value <= 1),
});

const cardShape = keysOf<Card>('card', {
  name: text,
  task: oneOf('segmentation', 'classification'),
  layout: oneOf('nchw', 'nhwc'),
  color: oneOf('rgb', 'bgr', 'gray', 'channels'),
  samples: oneOf('uint8', 'uint16', 'float32'),
  scale: positive,
  mean: shape('a list of numbers (one, or one a channel)', perChannel),
  std: shape(
    'a list of numbers above 0 (one, or one a channel)',
    (value) => perChannel(value) && value.every((part) => part > 0),
  ),
  standardize: shape('"window" or { axes: "channel" or "all" }', isStandardization),
  stride: positivePx,
  output: text,
  cam: flag,
  activation: oneOf('sigmoid', 'softmax', 'none'),
  exclusive: flag,
  classes: shape('a list of 1 to 256 classes', (value) => Array.isArray(value) && value.length >= 1 && value.length <= 256),
  mpp: shape(`${LEAST_MPP} to ${LARGEST_MPP} µm per pixel`, (value) => isNumber(value) && !mppProblem({ x: value, y: value })),
  window: positivePx,
  margin: wholePx,
  phase: positivePx,
  crop: shape('a whole number of px from 0, or {"left": px, "top": px}', isCrop),
});

/** The path where the card of a model is looked for: `m.segtile.json` for `m.onnx`. */
export function cardPath(model: string): string {
  return `${model.replace(/\.onnx$/i, '')}.segtile.json`;
}

/**
 * Reads the card of a model: from `path` if one is given, otherwise from the file beside the model, otherwise from the
 * model's own metadata. Undefined if there is none.
 *
 * @throws {SegtileError} `model` if a key or value is not allowed in a card; `input` if the file cannot be read
 */
export async function readCard(
  file: { readonly path: string; readonly metadata: Readonly<Record<string, string>> },
  path?: string,
): Promise<Card | undefined> {
  const from = path ?? cardPath(file.path);
  const written = await readRegularText(from).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && path === undefined) return undefined;
    if (cause.code === 'ENOENT') throw new SegtileError('input', `there is no card ${from}`, 'check the path', cause);
    throw new SegtileError('input', `cannot read the card ${from}: ${reason(cause)}`, 'check what the path leads to', cause);
  });
  if (written !== undefined) return parseCard(written, from);
  const { segtile } = file.metadata;
  return segtile === undefined ? undefined : parseCard(segtile, `metadata "segtile" of ${file.path}`);
}

/**
 * Parses and checks a card.
 *
 * @param where names the card in errors
 * @throws {SegtileError} `model` with the line of a mistake in the JSON, or with the key that is unknown or has an invalid
 *   value
 */
export function parseCard(json: string, where: string): Card {
  return checkCard(parseJson(json, where, 'model'), where);
}

/**
 * Checks that a value is a valid card, and returns it.
 *
 * @param where names the card in errors
 * @throws {SegtileError} `model` with the key that is unknown or has an invalid value
 */
export function checkCard(value: unknown, where: string): Card {
  const card: Card = cardShape(value, { where, code: 'model' });
  const { classes = [], standardize, scale, mean, std } = card;
  for (const [index, entry] of classes.entries()) {
    const { name } = cardClass(entry, { where: `${where}: class ${index + 1}`, code: 'model' });
    if (name === undefined) throw new SegtileError('model', `${where}: class ${index + 1} has no name`, 'add a "name"');
    if (classes.findIndex((other) => other.name === name) < index)
      throw new SegtileError('model', `${where}: two classes are named ${JSON.stringify(name)}`, 'give each a name of its own');
  }
  if (standardize !== undefined && (scale ?? mean ?? std) !== undefined)
    throw new SegtileError(
      'model',
      `${where}: standardize leaves nothing for ${scale !== undefined ? 'scale' : mean ? 'mean' : 'std'} to do`,
      'keep standardize, or scale, mean and std',
    );
  return card;
}
