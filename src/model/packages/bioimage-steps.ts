import type { Card } from '../card/card.js';
import type { BioimageStep } from './bioimage-tensor.js';
import { type Fields, itemsIn, numberIn, numbersIn, refused, textIn } from './package.js';

/** `gain x + offset`, with one value for all channels or one per channel. */
interface GainAndOffset {
  readonly gain: readonly number[];
  readonly offset: readonly number[];
}

const CARD = 'write a card beside the model with what comes closest, for example "standardize": segtile help models';

/**
 * Translates the preprocessing steps to a card. Samples are those of 8 bits, from 0 to 255.
 *
 * @param where names the document in errors
 * @throws {SegtileError} `model` for a step that a card cannot express exactly
 */
export function inputSteps(steps: readonly BioimageStep[], channels: number | undefined, where: string): Card {
  let affine: GainAndOffset = { gain: [1], offset: [0] };
  let standardize: Card['standardize'];
  for (const { name, kwargs } of steps) {
    if (name === 'ensure_dtype') continue;
    if (name === 'clip' && percentiles(kwargs) === '' && isIdle(kwargs, affine)) continue;
    if (standardize !== undefined)
      throw refused(where, `${name} comes after zero_mean_unit_variance, which a card cannot say`, CARD);
    if (name === 'scale_linear') affine = then(affine, linear(kwargs));
    else if (isFixed(name, kwargs)) affine = then(affine, fixed(name, kwargs));
    else if (name === 'zero_mean_unit_variance') standardize = standardization(kwargs, affine, channels, where);
    else throw refused(where, `${name}${percentiles(kwargs)} is something that segtile cannot do exactly`, CARD);
  }
  if (standardize !== undefined) return { standardize };
  const { gain, offset } = affine;
  if (gain.some((value) => !(value > 0)))
    throw refused(where, `scale_linear inverts the samples: gain ${gain.join(', ')}`, CARD);
  const channel = (values: readonly number[], at: number) => values[values.length === 1 ? 0 : at]!;
  const count = Math.max(gain.length, offset.length);
  const mean = Array.from({ length: count }, (_, at) => negated(channel(offset, at) / channel(gain, at)));
  return { scale: 1, mean, std: gain.map((value) => 1 / value) };
}

/**
 * Translates the postprocessing steps, which turn the network's output into probabilities and labels.
 *
 * @param where names the document in errors
 * @throws {SegtileError} `model` for a step that a card cannot express exactly
 */
export function outputSteps(
  steps: readonly BioimageStep[],
  where: string,
): { readonly activation?: Card['activation']; readonly threshold?: number } {
  let activation: 'sigmoid' | 'softmax' | undefined;
  let threshold: number | undefined;
  for (const { name, kwargs } of steps) {
    if (name === 'ensure_dtype') continue;
    if ((name === 'sigmoid' || name === 'softmax') && activation === undefined && threshold === undefined) activation = name;
    else if (name === 'binarize' && threshold === undefined && isShare(kwargs.threshold))
      threshold = numberIn(kwargs.threshold);
    else throw refused(where, `${name}${percentiles(kwargs)} is something that segtile cannot do exactly`, CARD);
  }
  return { ...(activation && { activation }), ...(threshold !== undefined && { threshold }) };
}

function isShare(value: unknown): boolean {
  const number = numberIn(value);
  return number !== undefined && number >= 0 && number <= 1;
}

/** Whether a clip has no effect on samples from 0 to 255. */
function isIdle({ min, max }: Fields, { gain, offset }: GainAndOffset): boolean {
  const ends = gain.flatMap((value, at) => [offset[at] ?? offset[0]!, 255 * value + (offset[at] ?? offset[0]!)]);
  return ends.every((end) => end >= (numberIn(min) ?? -Infinity) && end <= (numberIn(max) ?? Infinity));
}

function linear({ gain, offset }: Fields): GainAndOffset {
  return { gain: numbersIn(gain) ?? [1], offset: numbersIn(offset) ?? [0] };
}

/** Whether mean and deviation are stated. In format 0.4 the default mode is `fixed`; format 0.5 has no modes. */
function isFixed(name: string, { mode, mean }: Fields): boolean {
  const isOld = name === 'zero_mean_unit_variance' && (mode === 'fixed' || (mode === undefined && mean !== undefined));
  return name === 'fixed_zero_mean_unit_variance' || isOld;
}

/** Standardises with the stated mean and deviation. Format 0.4 adds a small number to the deviation; format 0.5 does not. */
function fixed(name: string, { mean, std, eps }: Fields): GainAndOffset {
  const more = name === 'fixed_zero_mean_unit_variance' ? 0 : (numberIn(eps) ?? 1e-6);
  const [means, deviations] = [numbersIn(mean) ?? [0], numbersIn(std) ?? [1]];
  const gain = deviations.map((value) => 1 / (value + more));
  return { gain, offset: means.map((value, at) => negated(value * (gain.length === 1 ? gain[0]! : gain[at]!))) };
}

function then(first: GainAndOffset, next: GainAndOffset): GainAndOffset {
  const at = (values: readonly number[], channel: number) => values[values.length === 1 ? 0 : channel]!;
  const count = Math.max(first.gain.length, first.offset.length, next.gain.length, next.offset.length);
  const each = (of: (channel: number) => number) => Array.from({ length: count }, (_, channel) => of(channel));
  return {
    gain: each((channel) => at(first.gain, channel) * at(next.gain, channel)),
    offset: each((channel) => at(first.offset, channel) * at(next.gain, channel) + at(next.offset, channel)),
  };
}

/**
 * Over y and x, each channel is standardised by itself; if the channel axis is included, all are standardised together. If
 * the samples were scaled before, `eps` is scaled back.
 */
function standardization(
  kwargs: Fields,
  { gain }: GainAndOffset,
  channels: number | undefined,
  where: string,
): NonNullable<Card['standardize']> {
  const { axes, mode, eps } = kwargs;
  if (mode === 'per_dataset') throw refused(where, 'zero_mean_unit_variance is over the whole data set', CARD);
  const named = axes === undefined || axes === null ? undefined : axesOf(axes);
  const isAll = channels !== 1 && (named === undefined || named.includes('channel'));
  const isPlane = named === undefined || (named.includes('y') && named.includes('x'));
  const isSame = gain.every((value) => value === gain[0] && value > 0);
  if (!isPlane || !isSame)
    throw refused(
      where,
      `zero_mean_unit_variance over ${named?.join(', ') ?? 'all axes'} is something that segtile cannot do exactly`,
      CARD,
    );
  return { axes: isAll ? 'all' : 'channel', eps: (numberIn(eps) ?? 1e-6) / gain[0]! };
}

function axesOf(axes: unknown): readonly string[] {
  const old: Readonly<Record<string, string>> = { c: 'channel', y: 'y', x: 'x', b: 'batch' };
  const all = typeof axes === 'string' ? [...axes] : itemsIn(axes).map((axis) => textIn(axis) ?? '');
  return all.map((axis) => old[axis] ?? axis);
}

function percentiles({ min_percentile, max_percentile }: Fields): string {
  const [low, high] = [numberIn(min_percentile), numberIn(max_percentile)];
  return low === undefined && high === undefined ? '' : ` by percentiles ${low ?? 0} to ${high ?? 100}`;
}

/** The negative of a number, but 0 instead of -0. */
function negated(value: number): number {
  return value === 0 ? 0 : -value;
}
