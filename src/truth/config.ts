import { reason, SegtileError } from '../errors.js';
import { readRegularText } from '../io/regular-file.js';
import { IGNORED } from '../plan/labels/ignored.js';
import { defaultColor } from '../plan/palette.js';
import { parseJson } from '../plan/text/json.js';
import { meant } from '../plan/text/meant.js';
import { color, keysOf, oneOf, type Shape, shape, text } from '../plan/text/shape.js';
import { isColor, isText, isWhole } from '../plan/text/values.js';
import type { MaskClass, Rgb } from '../types.js';

/** Which names, values and colours in truth files mean a class. */
export interface Origin {
  /** Names of classes and categories; they must match exactly. */
  readonly names?: readonly string[];
  /** Values of label images, 0 to 65535. */
  readonly values?: readonly number[];
  /** Colours of RGB label images, and of annotations without a name. */
  readonly colors?: readonly Rgb[];
}

/**
 * A class as a file lists it. Its own name, label and colour also stand for it. The label counts as a value only if
 * `values` is not given. A label that comes from the place in the list counts as a value only if the file does not use
 * that value for something else.
 */
export interface ListedClass extends Origin {
  readonly name: string;
  /** 1 to 254; if not given, the place in the list, counted from 1. */
  readonly label?: number;
  readonly color?: Rgb;
}

/** How to read truth files, as given in a JSON file. */
export interface ClassesFile {
  readonly classes: readonly ListedClass[];
  /** What counts as background, label 0. */
  readonly background?: Origin;
  /** Annotations and values that are left out of training and scores, label 255. */
  readonly ignore?: Origin;
  /** Names of annotations to skip, as if they were not in the file. */
  readonly skip?: readonly string[];
  /** The class of annotations without a name, and of runs: the name of a class, `background` or `ignore`. */
  readonly default?: string;
  /** The label of a pixel without any annotation; `background` if not given. */
  readonly unlabelled?: 'background' | 'ignore';
  /**
   * Which of two annotations gets a pixel that lies in both: the one `later` in the file, or the one whose class is
   * later in `classes`.
   */
  readonly overlap?: 'later' | 'classes';
}

/** Decides which parts of a file lie inside a region. */
export interface RegionRule {
  /** The kind of file, for messages, such as `tissue mask`. */
  readonly what: string;
  /**
   * The label of an annotation with this name, or without a name: 1 if it lies inside, {@link IGNORED} if it is outside
   * whatever it lies on, undefined if it counts as neither.
   */
  ofName(name: string | undefined): number | undefined;
  /**
   * Gives a function that tells whether a value of a label image is inside.
   *
   * @param path names the image in errors
   * @throws {SegtileError} `input` if the image does not have a class that the user asked for
   */
  ofValues(path: string): (value: number) => boolean;
  /**
   * Whether an image may have colours; then each of the three samples counts as a value. Otherwise all three must be
   * equal.
   */
  readonly colours: boolean;
}

/** How truth files are read, with all defaults filled in. */
export interface TruthConfig {
  readonly classes: readonly MaskClass[];
  /** Label by name of an annotation; undefined for one to skip. */
  readonly names: ReadonlyMap<string, number | undefined>;
  /** Label by value of a label image. */
  readonly values: ReadonlyMap<number, number>;
  /** Label by colour, `red << 16 | green << 8 | blue`. */
  readonly colors: ReadonlyMap<number, number>;
  /** Label of annotations without a name and of runs. */
  readonly otherwise: number | undefined;
  /** Label of a pixel without any annotation. */
  readonly unlabelled: number;
  readonly overlap: 'later' | 'classes';
  /** True if no classes were listed: an annotation of any name is of the one class. */
  readonly anyName: boolean;
  /** For a file that only says what lies inside a region: this rule alone decides, whatever classes there are. */
  readonly region?: RegionRule | undefined;
  /**
   * True if nothing says what 255 means in a label image. Then 255 is the class of a black and white mask; if 1 occurs
   * as well, the image is refused.
   */
  readonly white: boolean;
}

const listed = <T>(expected: string, holds: (value: unknown) => value is T): Shape<readonly T[]> =>
  shape(`a list of ${expected}`, (value) => Array.isArray(value) && value.every(holds));

const origin = {
  names: listed('texts', isText),
  values: listed('whole numbers from 0 to 65535', (value) => isWhole(value, 0, 65535)),
  colors: listed('colours, each three whole numbers from 0 to 255', isColor),
};

const listedClass = keysOf<ListedClass>('class', {
  name: text,
  label: shape('a whole number from 1 to 254', (value) => isWhole(value, 1, IGNORED - 1)),
  color,
  ...origin,
});

const classesFile = keysOf<ClassesFile>('file of classes', {
  classes: shape('a list of 1 to 254 classes', (value) => Array.isArray(value) && isWhole(value.length, 1, IGNORED - 1)),
  background: (value, { where }) => keysOf<Origin>('background', origin)(value, { where: `${where}: background` }),
  ignore: (value, { where }) => keysOf<Origin>('ignore', origin)(value, { where: `${where}: ignore` }),
  skip: listed('texts', isText),
  default: text,
  unlabelled: oneOf('background', 'ignore'),
  overlap: oneOf('later', 'classes'),
});

/** The configuration used if no classes are listed: everything annotated is of one class, `object`, with label 1. */
export function defaultConfig(): TruthConfig {
  return { ...resolve({ classes: [{ name: 'object' }], default: 'object' }, 'default'), anyName: true };
}

/**
 * The configuration for classes that are known from elsewhere, such as from a mask: their names, labels and colours. If
 * there is only one class, annotations without a name are of it.
 */
export function configOf(classes: readonly MaskClass[], where: string): TruthConfig {
  const [only, ...more] = classes;
  return resolve({ classes, ...(only && more.length === 0 ? { default: only.name } : {}) }, where);
}

/**
 * Reads a file of classes.
 *
 * @throws {SegtileError} `input` if it cannot be read; see {@link parseConfig}
 */
export async function readConfig(path: string): Promise<TruthConfig> {
  const json = await readRegularText(path).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? `there is no file ${path}` : `cannot read ${path}: ${reason(cause)}`;
    throw new SegtileError('input', what, 'check the path of the classes', cause);
  });
  return parseConfig(json, path);
}

/**
 * Reads a JSON text of classes. `where` names the text in errors.
 *
 * @throws {SegtileError} `input` with the line of a mistake in the JSON, the key that is unknown or has a wrong value,
 *   or the name, value or colour that stands for two classes
 */
export function parseConfig(json: string, where: string): TruthConfig {
  const file = classesFile(parseJson(json, where, 'input'), { where });
  if (file.classes === undefined)
    throw new SegtileError('input', `${where} lists no classes`, 'add "classes": [{ "name": … }]');
  for (const [index, entry] of file.classes.entries()) {
    const place = `${where}: class ${index + 1}`;
    const { name } = listedClass(entry, { where: place });
    if (name === undefined) throw new SegtileError('input', `${place} has no name`, 'add a "name"');
  }
  return resolve(file as ClassesFile, where);
}

function resolve(file: ClassesFile, where: string): TruthConfig {
  const listed = file.classes.map((entry, index) => ({ ...entry, label: entry.label ?? index + 1 }));
  const classes = listed.map(({ name, label, color }) => ({ name, label, color: color ?? defaultColor(label) }));
  const names = new Map<string, number | undefined>();
  const values = new Map<number, number>();
  const colors = new Map<number, number>();
  const called = (label: number | undefined) =>
    label === undefined
      ? 'skip'
      : (classes.find((each) => each.label === label)?.name ?? (label === 0 ? 'background' : 'ignore'));

  function claim<Key, Label extends number | undefined>(map: Map<Key, Label>, key: Key, label: Label, shown: string): void {
    const other = map.get(key);
    if (map.has(key) && other !== label)
      throw new SegtileError(
        'input',
        `${where}: ${shown} stands for ${called(other)} and for ${called(label)}`,
        'list it under one of them only',
      );
    map.set(key, label);
  }
  function claimAll(origin: Origin, label: number): void {
    for (const name of origin.names ?? []) claim(names, name, label, `the name ${JSON.stringify(name)}`);
    for (const value of origin.values ?? []) claim(values, value, label, `the value ${value}`);
    for (const each of origin.colors ?? []) claim(colors, packColor(each), label, `the colour ${each.join(', ')}`);
  }

  for (const [index, { name, label }] of listed.entries()) {
    if (listed.findIndex((other) => other.name === name) < index)
      throw new SegtileError(
        'input',
        `${where}: two classes are named ${JSON.stringify(name)}`,
        'give each class its own name',
      );
    if (listed.findIndex((other) => other.label === label) < index)
      throw new SegtileError('input', `${where}: two classes have the label ${label}`, 'give each class its own label');
  }
  for (const entry of listed) {
    claimAll(entry, entry.label);
    claimAll({ names: [entry.name], ...(entry.color ? { colors: [entry.color] } : {}) }, entry.label);
  }
  claimAll(file.background ?? {}, 0);
  claimAll(file.ignore ?? {}, IGNORED);
  for (const [index, { values: given, label }] of listed.entries()) {
    const counted = file.classes[index]!.label === undefined;
    if (given === undefined && !(counted && values.has(label))) claimAll({ values: [label] }, label);
  }
  for (const name of file.skip ?? []) claim(names, name, undefined, `the name ${JSON.stringify(name)}`);

  // Segtile calls label 0 `background` everywhere, and `segtile view` draws annotations of this name to remove labels.
  if (!names.has('background')) names.set('background', 0);

  const unlabelled = file.unlabelled === 'ignore' ? IGNORED : 0;
  if (!values.has(0)) values.set(0, unlabelled);
  if (!colors.has(0)) colors.set(0, unlabelled);
  const white = !values.has(255) && classes.length === 1;
  if (!values.has(255)) values.set(255, white ? classes[0]!.label : IGNORED);
  return {
    classes,
    names,
    values,
    colors,
    otherwise: otherwise(file, classes, where),
    unlabelled,
    overlap: file.overlap ?? 'later',
    anyName: false,
    white,
  };
}

function otherwise({ default: name }: ClassesFile, classes: readonly MaskClass[], where: string): number | undefined {
  if (name === undefined) return undefined;
  const known = [...classes, { name: 'background', label: 0 }, { name: 'ignore', label: IGNORED }];
  const found = known.find((each) => each.name === name);
  if (found) return found.label;
  const near = meant(
    name,
    known.map((each) => each.name),
  );
  throw new SegtileError(
    'input',
    `${where}: the default ${JSON.stringify(name)} is not one of the classes${near}`,
    'set "default" to the name of a listed class, "background" or "ignore"',
  );
}

/** A colour as one number. */
export function packColor([red, green, blue]: Rgb): number {
  return (red << 16) | (green << 8) | blue;
}
