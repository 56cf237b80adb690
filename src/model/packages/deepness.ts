import { mppProblem } from '../../plan/windows/mpp-range.js';
import type { Card } from '../card/card.js';
import { cardClasses, type Fields, namesIn, numberIn, numbersIn, type PackageCard, refused, textIn } from './package.js';

/** What only Deepness and GeoDeep write into a network's metadata. */
const own = [
  'tiles_size',
  'tile_size',
  'tiles_overlap',
  'seg_thresh',
  'standardization_mean',
  'standardization_std',
  'resolution',
];

/** Whether a network's metadata is that of Deepness. */
export function isDeepness(metadata: Readonly<Record<string, string>>): boolean {
  return 'model_type' in metadata && own.concat('class_names').some((key) => key in metadata);
}

/**
 * The card that Deepness (a plugin of QGIS) and GeoDeep keep in the metadata of an ONNX file, each value as JSON. Samples are divided by 255 before
 * they are standardised; the resolution is in cm.
 */
export function readDeepness(metadata: Readonly<Record<string, string>>, path: string): PackageCard {
  const where = `metadata of ${path}`;
  const values: Fields = Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, parsedValue(text)]));
  const kind = textIn(values.model_type) ?? '';
  if (!/^segmentor$/i.test(kind))
    throw refused(
      where,
      `the model is of type ${kind || 'unknown'}`,
      'segtile runs models of type Segmentor: one score a class for each pixel',
    );
  const names = namesIn(values.class_names);
  if (values.class_names !== undefined && !names)
    throw refused(where, `class_names is ${metadata.class_names}`, 'it should be like {"0": "background", "1": "tree"}');
  const threshold = numberIn(values.seg_thresh);
  const window = numberIn(values.tiles_size) ?? numberIn(values.tile_size);
  const overlap = numberIn(values.tiles_overlap);
  const cm = numberIn(values.resolution);
  // Of pictures from the air; slides have no such pixels.
  const mpp = (cm ?? 0) * 10_000;
  const isKnown = cm !== undefined && mppProblem({ x: mpp, y: mpp }) === undefined;
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
    ...(names && { classes: classesOfOutput(names, threshold) }),
    ...(names && names.length > 2 && { exclusive: true }),
  };
  const notes = [
    ...(small ? [`seg_small_segment ${small} is not applied: see --min-object`] : []),
    ...(cm !== undefined && !isKnown ? [`resolution ${cm} cm/px is not looked at: give --mpp, --level or --downsample`] : []),
  ];
  return { from: `metadata inside ${path} (Deepness)`, card, notes };
}

/** Class 0 is background; a network with one channel gives the other. */
function classesOfOutput(names: readonly string[], threshold: number | undefined): NonNullable<Card['classes']> {
  if (names.length <= 2) return cardClasses(names.slice(-1), threshold);
  return [{ name: 'background' }, ...cardClasses(names.slice(1), threshold)];
}

/** JSON, a dict of Python, or a plain text. */
function parsedValue(text: string): unknown {
  for (const form of [text, jsonOfPython(text)]) {
    try {
      return JSON.parse(form);
    } catch {
      // The next form, or the text as it is.
    }
  }
  return text;
}

/** `{0: 'a', 1: None}` as JSON would have it. Texts with both kinds of quotes are left to fail. */
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
