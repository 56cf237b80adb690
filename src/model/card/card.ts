import { reason, SegtileError } from '../../errors.js';
import { readRegularText } from '../../io/regular-file.js';
import { type Checks, check, checkKeys, colorCheck, isNumber, oneOf, parseJson, textCheck } from '../../plan/text/checked.js';
import { LARGEST_MPP, LEAST_MPP, mppProblem } from '../../plan/windows/mpp-range.js';
import type { Rgb, SampleType } from '../../types.js';

/** A class as a card lists it. */
export interface CardClass {
  readonly name: string;
  readonly color?: Rgb;
  /** A probability above it makes the class, 0 to 1. */
  readonly threshold?: number;
}

/** How a window gets mean 0 and variance 1. */
export interface Standardization {
  /** Over each channel, or over all of them together. */
  readonly axes: 'channel' | 'all';
  /** Added to the standard deviation, in units of a sample; without it a little is added to the variance, so that a blank window stays blank. */
  readonly eps?: number;
}

/**
 * What a network expects and what its scores mean, where the `.onnx` file alone does not tell. Everything may be left out; see
 * {@link resolveModel} for what is then taken. It stands in a JSON file beside the model, or inside it as the metadata `segtile`.
 */
export interface Card {
  readonly name?: string;
  /** Where the channels of the network's input stand. */
  readonly layout?: 'nchw' | 'nhwc';
  /**
   * What the channels are; `gray` is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). `channels` are those of the slide as they are, such as stains
   * of fluorescence.
   */
  readonly color?: 'rgb' | 'bgr' | 'gray' | 'channels';
  /** What samples of the slide reach the network: bytes, made from others by the rule of the slide; or those of the file as they are. */
  readonly samples?: SampleType;
  /** Multiplies the samples, before `mean` and `std`. */
  readonly scale?: number;
  /** Subtracted from each channel after `scale`. */
  readonly mean?: readonly number[];
  /** Divides each channel after `mean`. */
  readonly std?: readonly number[];
  /** Instead of `scale`, `mean` and `std`: each channel of each window gets mean 0 and variance 1; or, with `axes: "all"`, all its channels together. */
  readonly standardize?: 'window' | Standardization;
  /** The name of the output to take, where the network has several. */
  readonly output?: string;
  /** What turns the network's output into probabilities. */
  readonly activation?: 'sigmoid' | 'softmax' | 'none';
  /** Whether a pixel belongs to one class at most. */
  readonly exclusive?: boolean;
  readonly classes?: readonly CardClass[];
  /** Micrometres per pixel that the network was trained at. */
  readonly mpp?: number;
  /** Side of the window, in px. */
  readonly window?: number;
  /** Step between windows, in px. */
  readonly stride?: number;
  /** What to drop from each side of a window's prediction, in px. */
  readonly margin?: number;
  /** The step by which windows may be apart for the network to give the same scores, in px: its total stride. */
  readonly phase?: number;
  /** Px that the network's output lacks on each side of the window, or to the left and above where it is off its centre; 0 where its scores are all over it, be they fewer. */
  readonly crop?: number | { readonly left: number; readonly top: number };
}

const perChannel = (value: unknown): value is number[] => Array.isArray(value) && value.length > 0 && value.every(isNumber);
const positive = check('a number above 0', (value) => isNumber(value) && value > 0);

const positivePx = check('a positive whole number of px', (value) => Number.isInteger(value) && (value as number) > 0);

function isStandardization(value: unknown): boolean {
  if (value === 'window') return true;
  if (typeof value !== 'object' || value === null) return false;
  const { axes, eps = 1, ...more } = value as Partial<Standardization>;
  return (axes === 'channel' || axes === 'all') && isNumber(eps) && eps > 0 && Object.keys(more).length === 0;
}

const isWholePx = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const wholePx = check('a whole number of px from 0', isWholePx);

function isCrop(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isWholePx(value);
  const { left, top, ...more } = value as Readonly<Record<string, unknown>>;
  return isWholePx(left) && isWholePx(top) && Object.keys(more).length === 0;
}

const classChecks: Checks<CardClass> = {
  name: textCheck,
  color: colorCheck,
  threshold: check('a number from 0 to 1', (value) => isNumber(value) && value >= 0 && value <= 1),
};

const cardChecks: Checks<Card> = {
  name: textCheck,
  layout: oneOf('nchw', 'nhwc'),
  color: oneOf('rgb', 'bgr', 'gray', 'channels'),
  samples: oneOf('uint8', 'uint16', 'float32'),
  scale: positive,
  mean: check('a list of numbers (one, or one a channel)', perChannel),
  std: check(
    'a list of numbers above 0 (one, or one a channel)',
    (value) => perChannel(value) && value.every((part) => part > 0),
  ),
  standardize: check('"window" or { axes: "channel" or "all" }', isStandardization),
  stride: positivePx,
  output: textCheck,
  activation: oneOf('sigmoid', 'softmax', 'none'),
  exclusive: check('true or false', (value) => typeof value === 'boolean'),
  classes: check('a list of 1 to 256 classes', (value) => Array.isArray(value) && value.length >= 1 && value.length <= 256),
  mpp: check(`${LEAST_MPP} to ${LARGEST_MPP} µm per pixel`, (value) => isNumber(value) && !mppProblem({ x: value, y: value })),
  window: positivePx,
  margin: wholePx,
  phase: positivePx,
  crop: check('a whole number of px from 0, or {"left": px, "top": px}', isCrop),
};

/** Where the card of a model lies, if it has one: `m.onnx` has `m.segtile.json`. */
export function cardPath(model: string): string {
  return `${model.replace(/\.onnx$/i, '')}.segtile.json`;
}

/**
 * The card of a model: from `path` where one is given, else from the file beside the model, else from the model's own metadata.
 *
 * @throws {SegtileError} `model` where it says something that no card can say; `input` where it cannot be read
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
 * A card from its JSON. `where` names it in errors.
 *
 * @throws {SegtileError} `model` with the line of a mistake in the JSON, or the key that is unknown or holds what it cannot
 */
export function parseCard(json: string, where: string): Card {
  return checkCard(parseJson(json, where, 'model'), where);
}

/**
 * Makes sure that a value is a card.
 *
 * @throws {SegtileError} `model` with the key that is unknown or holds what it cannot
 */
export function checkCard(card: unknown, where: string): Card {
  checkKeys(card, cardChecks, { where, what: 'card', code: 'model' });
  const { classes = [], standardize, scale, mean, std }: Card = card;
  for (const [index, entry] of classes.entries()) {
    checkKeys(entry, classChecks, { where: `${where}: class ${index + 1}`, what: 'class', code: 'model' });
    if (entry.name === undefined) throw new SegtileError('model', `${where}: class ${index + 1} has no name`, 'add a "name"');
    if (classes.findIndex(({ name }) => name === entry.name) < index)
      throw new SegtileError(
        'model',
        `${where}: two classes are named ${JSON.stringify(entry.name)}`,
        'give each a name of its own',
      );
  }
  if (standardize !== undefined && (scale ?? mean ?? std) !== undefined)
    throw new SegtileError(
      'model',
      `${where}: standardize leaves nothing for ${scale !== undefined ? 'scale' : mean ? 'mean' : 'std'} to do`,
      'keep standardize, or scale, mean and std',
    );
  return card;
}
