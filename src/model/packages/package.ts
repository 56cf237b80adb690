import { SegtileError } from '../../errors.js';
import { isNumber, isObject, isText } from '../../plan/text/values.js';
import type { Card } from '../card/card.js';

/** A description in a foreign format, converted to a card. */
export interface PackageCard {
  /** Where it was read, in words: `rdf.yaml (bioimage.io 0.5.3)`. */
  readonly from: string;
  readonly card: Card;
  /** What had to be decided, each in a few words. */
  readonly notes: readonly string[];
  /** The path of the network below the package's folder, if the document names it, and the digest of its file. */
  readonly network?: { readonly path: string; readonly sha256?: string | undefined };
  /** Tensors to test it with. */
  readonly test?: PackageTest;
}

/**
 * An input before any preprocessing, and the expected output after all postprocessing. Both are paths of NumPy files below
 * the package's folder.
 */
export interface PackageTest {
  readonly input: string;
  readonly output: string;
}

/** Keys and values of a document. Their types are unchecked. */
export type Fields = Readonly<Record<string, unknown>>;

/** A document of a package. */
export interface PackageDocument {
  /** Its path below the folder of the package, such as `configs/metadata.json`. */
  readonly file: string;
  readonly fields: Fields;
  /** Reads another document of the package; undefined if there is none. */
  other(file: string): Promise<Fields | undefined>;
}

/** A format for describing networks in a document beside them. */
export interface PackageFormat {
  readonly name: string;
  /** File names of its documents, below the package's folder. */
  readonly files: readonly string[];
  /** Whether a document with such a name is in this format. */
  recognises(fields: Fields): boolean;
  /**
   * Converts a document to a card.
   *
   * @throws {SegtileError} `model` for what segtile cannot do exactly as the document says
   */
  read(document: PackageDocument): PackageCard | Promise<PackageCard>;
}

/** The error for a document that asks for what segtile cannot do exactly. */
export function refused(file: string, what: string, hint: string): SegtileError {
  return new SegtileError('model', `${file}: ${what}`, hint);
}

/** A value as keys and values; no keys if it is anything other than an object. */
export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

/** A value as a list; an empty list for anything else. */
export function itemsIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A value as a text; undefined for a blank text and for anything else. */
export function textIn(value: unknown): string | undefined {
  return isText(value) ? value : undefined;
}

/** A value as a finite number; undefined for anything else. */
export function numberIn(value: unknown): number | undefined {
  return isNumber(value) ? value : undefined;
}

/** One number, or a list of numbers, as a list; undefined for anything else. */
export function numbersIn(value: unknown): readonly number[] | undefined {
  if (isNumber(value)) return [value];
  return Array.isArray(value) && value.length > 0 && value.every(isNumber) ? value : undefined;
}

/** The names in `{"0": "background", "1": "tumour"}` or in a list, in order. Undefined if a number is missing. */
export function namesIn(value: unknown): readonly string[] | undefined {
  const names = Array.isArray(value) ? value : Object.keys(fieldsOf(value)).map((_, at) => fieldsOf(value)[String(at)]);
  return names.length > 0 && names.every(isText) ? (names as readonly string[]) : undefined;
}

/** The names as classes of a card. A name that occurs twice gets its index appended. */
export function cardClasses(names: readonly string[], threshold?: number): NonNullable<Card['classes']> {
  return names.map((name, at) => ({
    name: names.indexOf(name) < at ? `${name} ${at}` : name,
    ...(threshold !== undefined && { threshold }),
  }));
}

/** The longest side of a window up to 1,024 px that is `least` plus a multiple of `step`; `least` if that is longer. */
export function windowOf(least: number, step: number): number {
  return step > 0 ? least + step * Math.max(0, Math.floor((1024 - least) / step)) : least;
}
