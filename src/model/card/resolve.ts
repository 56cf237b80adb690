import { SegtileError } from '../../errors.js';
import { defaultColor } from '../../plan/palette.js';
import type { MaskClass, SampleType, Size } from '../../types.js';
import { described, type ModelFile, stem } from '../graph/facts.js';
import { axes, type TensorLayout } from '../graph/layout.js';
import type { TensorFact } from '../graph/onnx.js';
import { type Card, checkCard } from './card.js';

/** A class and the probability that a pixel of it must exceed, where the card or a flag gives one. */
export interface ModelClass extends MaskClass {
  readonly threshold?: number;
}

/** `sample * gain + offset` for each channel of the network's image. */
export interface Normalization {
  readonly gain: readonly number[];
  readonly offset: readonly number[];
}

/** A network and all that is known about it. Plain data. */
export interface Model {
  readonly path: string;
  /** Hex digest of the network's bytes. */
  readonly sha256: string;
  readonly name: string;
  /** The classes that a mask can show: `classes[i].label` is `i + 1`. */
  readonly classes: readonly ModelClass[];
  /** The label that each channel of the scores stands for; 0 is background. */
  readonly labels: readonly number[];
  /** Whether a pixel belongs to one class at most, so that the channels compete. */
  readonly exclusive: boolean;
  /** How many channels the scores have. */
  readonly channels: number;
  /** What must still be applied to the network's own output to make probabilities. */
  readonly activation: 'sigmoid' | 'softmax' | 'none';
  /** What turns logits into probabilities. Absent where the network yields probabilities and nothing else. */
  readonly squash?: 'sigmoid' | 'softmax';
  /** The network's input and output as it declares them. */
  readonly image: TensorFact;
  readonly scores: TensorFact;
  /** Where the channels of the network's input stand. */
  readonly layout: TensorLayout;
  /** How many channels the network's input has, and what they are; see {@link modelPixels}. */
  readonly depth: number;
  readonly color: 'rgb' | 'bgr' | 'gray' | 'channels';
  /** What samples of a slide reach the network. */
  readonly samples: SampleType;
  /** What happens to the samples before the network sees them; `window` gives each channel of each window mean 0 and variance 1. */
  readonly normalize: Normalization | 'window' | 'none';
  /** The one window that the network takes, in px, where it was exported for one. */
  readonly fixedWindow?: Size;
  /** The window's side and the margin that the card suggests, in px. */
  readonly window?: number;
  readonly margin?: number;
  /** Microns per pixel that the network was trained at. */
  readonly mpp?: number;
  /** What was assumed, or read from the graph, and may be worth a look: a few words each. */
  readonly notes: readonly string[];
}

/** What a window holds for a network: RGB as the eye sees it, or as many channels of the slide as the network takes. */
export function modelPixels({ color, depth, samples }: Pick<Model, 'color' | 'depth' | 'samples'>): {
  readonly kind: 'picture' | 'channels';
  readonly channels: number;
} {
  const picture = samples === 'uint8' && color !== 'channels';
  return picture ? { kind: 'picture', channels: 3 } : { kind: 'channels', channels: depth };
}

/** Card and flags as one, which remembers who said what. */
interface Said {
  readonly card: Card;
  readonly by: (key: keyof Card) => string;
}

/**
 * Puts together what the file, its card and the user say. The user beats the card; what the file says beats assumptions, and nobody may
 * contradict it.
 *
 * Assumed where nobody says: RGB (gray for one channel) of 8 bits, the slide's own channels where they are others; float input scaled to 0..1; one channel of raw scores is for a sigmoid, several
 * are for a softmax. Labels: one channel is label 1; independent channels are labels 1, 2, …; of competing channels the first is
 * background, unless the card lists a class for each and the first is not named `background`.
 *
 * @throws {SegtileError} `model` naming both sides of a contradiction
 */
export function resolveModel(file: ModelFile, card: Card | undefined, flags: Card = {}): Model {
  checkCard(flags, 'the flags');
  const said: Said = {
    card: checkCard({ ...card, ...flags }, 'the card with the flags'),
    by: (key) => (flags[key] === undefined ? 'the card' : 'the flags'),
  };
  const notes: string[] = [];
  const image = resolveImage(file, said, notes);
  const scores = resolveScores(file, said, notes);
  const { mpp, window, margin } = said.card;
  return {
    path: file.path,
    sha256: file.sha256,
    name: said.card.name ?? stem(file.path),
    image: file.image,
    scores: file.scores,
    ...image,
    ...scores,
    ...resolveClasses(file, said, scores.channels, scores.exclusive),
    ...(mpp !== undefined && { mpp }),
    ...(window !== undefined && { window }),
    ...(margin !== undefined && { margin }),
    notes,
  };
}

function contradiction(file: ModelFile, { card, by }: Said, key: keyof Card, fact: string): SegtileError {
  const value = JSON.stringify(card[key]);
  return new SegtileError(
    'model',
    `${by(key)} ${by(key) === 'the card' ? 'says' : 'say'} ${key} ${value} but ${fact}`,
    `change ${key}, or export ${file.path} anew`,
  );
}

function resolveImage(
  file: ModelFile,
  said: Said,
  notes: string[],
): Pick<Model, 'layout' | 'depth' | 'color' | 'samples' | 'normalize' | 'fixedWindow'> {
  const { card } = said;
  const input = `${described(file.image, 'input')} of ${file.path}`;
  const layout = file.layout ?? card.layout;
  if (!layout)
    throw new SegtileError('model', `${input} does not tell where its channels stand`, 'say layout nchw or nhwc in the card');
  if (card.layout && card.layout !== layout) throw contradiction(file, said, 'layout', `${input} is ${layout}`);
  const { batch, channels, width, height } = axes(file.image.dims, layout);
  const { samples = 'uint8' } = card;
  const color = card.color ?? likelyColor(channels, samples);
  if (!card.color && color !== 'channels') notes.push(`color ${color} assumed`);
  if (color === 'gray' && samples !== 'uint8')
    throw contradiction(file, said, 'samples', 'gray is made of the 8-bit red, green and blue of a picture');
  const depth = color === 'channels' ? channels : color === 'gray' ? 1 : 3;
  if (typeof depth !== 'number')
    throw new SegtileError(
      'model',
      `${input} does not tell how many channels it takes`,
      'export it with a fixed number of them',
    );
  if (typeof channels === 'number' && channels !== depth)
    throw contradiction(file, said, 'color', `${input} has ${channels} channel${channels === 1 ? '' : 's'}`);
  if (typeof batch === 'number' && batch > 1) notes.push(`exported for batches of ${batch}: run with 1`);

  const normalize = resolveNormalization(file, said, depth, notes);
  if (typeof width !== 'number' && typeof height !== 'number') return { layout, depth, color, samples, normalize };
  if (typeof width !== 'number' || typeof height !== 'number')
    throw new SegtileError(
      'model',
      `${input} fixes one side of the window only`,
      'export it with both sides fixed, or both free',
    );
  if (card.window !== undefined && (card.window !== width || card.window !== height))
    throw contradiction(file, said, 'window', `${input} takes ${width}×${height} px`);
  return { layout, depth, color, samples, normalize, fixedWindow: { width, height } };
}

function likelyColor(channels: number | string, samples: SampleType): Model['color'] {
  if (samples !== 'uint8' || (typeof channels === 'number' && channels !== 1 && channels !== 3)) return 'channels';
  return channels === 1 ? 'gray' : 'rgb';
}

/** The largest value of samples that are scaled to 0..1 where nobody says how. Floating point is left as it is. */
const LARGEST: Readonly<Record<SampleType, number>> = { uint8: 255, uint16: 65_535, float32: 1 };

function resolveNormalization(file: ModelFile, said: Said, channels: number, notes: string[]): Model['normalize'] {
  const { card } = said;
  const { standardize, mean, std } = card;
  if (file.image.element === 'uint8') {
    const wide = card.samples !== 'uint8' ? (['samples'] as const) : [];
    const given = ([...wide, 'standardize', 'scale', 'mean', 'std'] as const).find(
      (key) => card[key] !== undefined && card[key] !== 1,
    );
    if (given) throw contradiction(file, said, given, `${described(file.image, 'input')} of ${file.path} is uint8`);
    return 'none';
  }
  if (standardize) return 'window';
  for (const key of ['mean', 'std'] as const)
    if (card[key] && card[key].length !== 1 && card[key].length !== channels)
      throw contradiction(file, said, key, `the image has ${channels} channel${channels === 1 ? '' : 's'}`);
  const most = LARGEST[card.samples ?? 'uint8'];
  const scale = card.scale ?? 1 / most;
  if (card.scale === undefined && most !== 1) notes.push(`samples scaled from 0..${most} to 0..1`);
  const each = (values: readonly number[] | undefined, otherwise: number) =>
    Array.from({ length: channels }, (_, channel) => values?.[values.length === 1 ? 0 : channel] ?? otherwise);
  const deviation = each(std, 1);
  return {
    gain: deviation.map((value) => scale / value),
    offset: each(mean, 0).map((value, channel) => (value === 0 ? 0 : -value / deviation[channel]!)),
  };
}

function resolveScores(
  file: ModelFile,
  said: Said,
  notes: string[],
): Pick<Model, 'channels' | 'activation' | 'exclusive' | 'squash'> {
  const { card } = said;
  const { channels, ending } = file;
  if (channels === undefined)
    throw new SegtileError(
      'model',
      `${described(file.scores, 'output')} of ${file.path} does not tell how many channels it has`,
      'export the model with the channels of its input and output fixed',
    );
  if (ending && card.activation && card.activation !== 'none')
    throw contradiction(file, said, 'activation', `the graph of ${file.path} ends in ${ending.activation} already`);

  if (ending?.activation === 'softmax' && channels === 1 && ending.removable)
    throw new SegtileError(
      'model',
      `${file.path} ends in a softmax over 1 channel, which is 1 for every pixel`,
      'export the model without its last activation, and say activation sigmoid',
    );
  const activation = ending ? 'none' : (card.activation ?? (channels === 1 ? 'sigmoid' : 'softmax'));
  if (ending) notes.push(`the graph ends in ${ending.activation}: activation none`);
  else if (!card.activation) notes.push(`activation ${activation} assumed`);
  if (activation === 'softmax' && channels === 1)
    throw contradiction(file, said, 'activation', `${described(file.scores, 'output')} of ${file.path} has 1 channel`);

  const kind = ending?.activation ?? activation;
  const exclusive = channels > 1 && (card.exclusive ?? kind !== 'sigmoid');
  const squash = ending ? (ending.removable ? ending.activation : 'none') : activation;
  return { channels, activation, exclusive, ...(squash !== 'none' && { squash }) };
}

function resolveClasses(file: ModelFile, said: Said, channels: number, exclusive: boolean): Pick<Model, 'classes' | 'labels'> {
  const listed = said.card.classes;
  const named = listed?.[0]?.name.toLowerCase() === 'background';
  const background = exclusive && (!listed || named || listed.length === channels - 1);
  const wanted = background && !named ? channels - 1 : channels;
  if (listed && listed.length !== wanted)
    throw contradiction(
      file,
      said,
      'classes',
      `${described(file.scores, 'output')} of ${file.path} has ${channels} channel${channels === 1 ? '' : 's'}`,
    );
  const first = background ? 1 : 0;
  if (channels - first > 255)
    throw new SegtileError('model', `${file.path} has ${channels - first} classes, a mask holds 255 at most`);
  const shown = named && background ? listed!.slice(1) : listed;
  return {
    labels: Array.from({ length: channels }, (_, channel) => channel + 1 - first),
    classes: Array.from({ length: channels - first }, (_, index) => ({
      label: index + 1,
      name: shown?.[index]?.name ?? `class ${index + 1}`,
      color: shown?.[index]?.color ?? defaultColor(index + 1),
      ...(shown?.[index]?.threshold !== undefined && { threshold: shown[index].threshold }),
    })),
  };
}
