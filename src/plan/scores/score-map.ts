import { SegtileError } from '../../errors.js';
import type { MaskClass, Mpp, Size } from '../../types.js';
import { parseJson } from '../text/json.js';
import { color, flag, keysOf, oneOf, shape, text } from '../text/shape.js';
import { isNumber, isObject, isText, isWhole } from '../text/values.js';
import type { ProbabilityType } from './score-planes.js';

/** A class, and the probability that a pixel of it must exceed, if a threshold was given. */
export interface ScoredClass extends MaskClass {
  readonly threshold?: number;
}

/** What the channels of an image of scores stand for. */
export interface ScoreMeaning {
  /** The classes that a mask can show. */
  readonly classes: readonly ScoredClass[];
  /** The label that each channel stands for; 0 is background. */
  readonly labels: readonly number[];
  /** Whether a pixel belongs to one class at most, so that the channels compete. */
  readonly exclusive: boolean;
}

/** The metadata in a file of probabilities: all that is needed besides its pixels to make the mask without the model. */
export interface ScoreMap extends ScoreMeaning {
  /** How the probabilities are stored. */
  readonly samples: ProbabilityType;
  /**
   * Size in px and pixel size in µm of the mask that is made from the probabilities. The probabilities themselves
   * have the working resolution.
   */
  readonly mask: Size & { readonly mpp: Mpp | null };
  /** How many pixels of the probabilities lie on the slide, if that differs from their number; see `SpanningSize`. */
  readonly spans?: Size | undefined;
}

/** The name of each channel: that of its class, or `background`. */
export function channelNames({ classes, labels }: ScoreMeaning): string[] {
  return labels.map((label) => classes.find((each) => each.label === label)?.name ?? 'background');
}

/** Writes a map as the JSON text that {@link parseScoreMap} reads. */
export function formatScoreMap({ classes, labels, exclusive, samples, mask, spans }: ScoreMap): string {
  const listed = classes.map(({ label, name, color: rgb, threshold }) => ({ label, name, color: rgb, threshold }));
  const { width, height, mpp } = mask;
  return JSON.stringify({ classes: listed, labels, exclusive, samples, mask: { width, height, mpp }, spans });
}

const isSide = (value: unknown): boolean => isWhole(value, 1, 2 ** 31 - 1);
const isLabel = (value: unknown): value is number => isWhole(value, 1, 255);

const mapShape = keysOf<ScoreMap>('map of scores', {
  classes: shape('a list of 1 to 255 classes', (value) => Array.isArray(value) && value.length >= 1 && value.length <= 255),
  labels: shape(
    'a list of labels',
    (value) => Array.isArray(value) && value.length >= 1 && value.every((label) => label === 0 || isLabel(label)),
  ),
  exclusive: flag,
  samples: oneOf('uint8', 'float32'),
  mask: shape(
    'the size of a mask',
    (value) => isObject(value) && isSide(value.width) && isSide(value.height) && isMpp(value.mpp),
  ),
  spans: shape(
    'how many pixels lie on the slide',
    (value) => isObject(value) && [value.width, value.height].every((side) => isNumber(side) && side > 0),
  ),
});

const classShape = keysOf<ScoredClass>('class', {
  label: shape('a label from 1 to 255', isLabel),
  name: text,
  color,
  threshold: shape('a number from 0 to 1', (value) => isNumber(value) && value >= 0 && value <= 1),
});

function isMpp(value: unknown): boolean {
  if (value === null) return true;
  return isObject(value) && [value.x, value.y].every((side) => isNumber(side) && side > 0);
}

/**
 * Reads the metadata of a file of probabilities.
 *
 * @param where names the file in errors
 * @throws {SegtileError} `input`, naming the key that is missing, unknown, or has an invalid value
 */
export function parseScoreMap(json: string, where: string): ScoreMap {
  const { classes, labels, exclusive, samples, mask, spans } = mapShape(parseJson(json, where, 'input'), { where });
  if (!classes || !labels || exclusive === undefined || !samples || !mask) {
    throw new SegtileError('input', `${where}: expected classes, labels, exclusive, samples and mask`);
  }
  for (const [index, entry] of classes.entries()) {
    classShape(entry, { where: `${where}: class ${index + 1}` });
    const twice = classes.findIndex(({ label, name }) => label === entry.label || name === entry.name) < index;
    if (!isText(entry.name) || entry.color === undefined || twice || !labels.includes(entry.label)) {
      throw new SegtileError('input', `${where}: class ${index + 1} lacks a name, a colour or a label of its own`);
    }
  }
  const unlisted = labels.find((label) => label !== 0 && classes.every((each) => each.label !== label));
  if (unlisted !== undefined) throw new SegtileError('input', `${where}: label ${unlisted} belongs to no class`);
  return { classes, labels, exclusive, samples, mask, ...(spans && { spans }) };
}
