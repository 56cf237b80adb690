import { mppProblem } from '../../plan/resolution/mpp-range.js';
import type { Card } from '../card/card.js';
import { cardClasses, type Fields, namesIn, numberIn, numbersIn, type PackageCard, refused, textIn } from './package.js';

/** Keys that only Deepness and GeoDeep write into a network's metadata. */
const own = [
  'tiles_size',
  'tile_size',
  'tiles_overlap',
  'seg_thresh',
  'standardization_mean',
  'standardization_std',
  'resolution',
];

/** Whether a network's metadata was written by Deepness or GeoDeep. */
export function isDeepness(metadata: Readonly<Record<string, string>>): boolean {
  return 'model_type' in metadata && own.concat('class_names').some((key) => key in metadata);
}

/**
 * Reads the card that Deepness (a plugin of QGIS) and GeoDeep store in the metadata of an ONNX file, each value as JSON.
 * Samples are divided by 255 before they are standardised. The resolution is in cm per px.
 *
 * Of several channels the largest score wins, if it is not below `seg_thresh`; else the pixel is background. From 0.5 on
 * this is what thresholds of segtile do. If no largest share can be below it, the threshold does nothing.
 *
 * @param path of the network, for errors
 * @param channels of its output, if they are fixed
 * @throws {SegtileError} `model` if it is not a model of type Segmentor, if its class names cannot be read, or for a
 *   threshold between those two cases
 */
export function readDeepness(
  metadata: Readonly<Record<string, string>>,
  path: string,
  channels: number | undefined,
): PackageCard {
  const where = `metadata of ${path}`;
  const values: Fields = Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, parsedValue(text)]));
  const kind = textIn(values.model_type) ?? '';
  if (!/^segmentor$/i.test(kind))
    throw refused(
      where,
      `the model is of type ${kind || 'unknown'}`,
      'segtile runs models of type Segmentor: one score a class for each pixel',
    );
  const names = namesIn(values.class_names ?? values.names);
  if (values.class_names !== undefined && !names)
    throw refused(where, `class_names is ${metadata.class_names}`, 'it should be like {"0": "background", "1": "tree"}');
  const rivals = channels ?? (names && names.length > 2 ? names.length : 1);
  const stated = numberIn(values.seg_thresh);
  const threshold = rivals === 1 || (stated ?? 0) >= 0.5 ? stated : undefined;
  if (stated !== undefined && threshold === undefined && stated > 1 / rivals)
    throw refused(
      where,
      `seg_thresh is ${stated}: of ${rivals} channels the largest wins, and is background again below it`,
      'write a card of segtile beside the network: from 0.5 on, or with no threshold, both rules are the same',
    );
  const window = numberIn(values.tiles_size) ?? numberIn(values.tile_size);
  const overlap = numberIn(values.tiles_overlap);
  const cm = numberIn(values.resolution);
  // For aerial images the resolution is far beyond that of any slide, and is then ignored.
  const mpp = (cm ?? 0) * 10_000;
  const isKnown = cm !== undefined && mppProblem({ x: mpp, y: mpp }) === undefined;
  const named = names ?? (threshold === undefined ? undefined : unnamed(rivals));
  const classes = named && classesOfOutput(named, threshold);
  const small = numberIn(values.seg_small_segment);
  const mean = numbersIn(values.standardization_mean);
  const std = numbersIn(values.standardization_std);
  const card: Card = {
    scale: 1 / 255,
    ...(mean && { mean }),
    ...(std && { std }),
    ...(window !== undefined && { window }),
    ...(window !== undefined && overlap !== undefined && { stride: Math.max(1, Math.round(window * (1 - overlap / 100))) }),
    ...(isKnown && { mpp }),
    ...(classes && { classes }),
    ...(rivals > 1 && { exclusive: true }),
  };
  const notes = [
    ...(small ? [`seg_small_segment ${small} is not applied: see --min-object`] : []),
    ...(cm !== undefined && !isKnown ? [`resolution ${cm} cm/px is not used: give --mpp, --level or --downsample`] : []),
  ];
  return { from: `metadata inside ${path} (Deepness)`, card, notes };
}

/** Names for the classes of an output whose channels have none: background and at least one other. */
function unnamed(channels: number): readonly string[] {
  return ['background', ...Array.from({ length: Math.max(1, channels - 1) }, (_, at) => `class ${at + 1}`)];
}

/** The classes of the output. Class 0 is background. A network with one channel gives only the other class. */
function classesOfOutput(names: readonly string[], threshold: number | undefined): NonNullable<Card['classes']> {
  if (names.length <= 2) return cardClasses(names.slice(-1), threshold);
  return [{ name: 'background' }, ...cardClasses(names.slice(1), threshold)];
}

/** Parses JSON or a Python dict; any other text is returned as it is. */
function parsedValue(text: string): unknown {
  for (const form of [text, jsonOfPython(text)]) {
    try {
      return JSON.parse(form);
    } catch {
      // Try the next form, or return the text as it is.
    }
  }
  return text;
}

/**
 * Converts a Python dict such as `{0: 'a', 1: None}` to JSON. Texts with both kinds of quotes are not converted, and then
 * fail to parse.
 */
function jsonOfPython(text: string): string {
  return text
    .replace(/'([^'"]*)'/g, '"$1"')
    .replace(/([{,]\s*)(\d+)\s*:/g, '$1"$2":')
    .replace(/\bNone\b/g, 'null')
    .replace(/\bTrue\b/g, 'true')
    .replace(/\bFalse\b/g, 'false')
    .replace(/\(/g, '[')
    .replace(/\)/g, ']');
}
