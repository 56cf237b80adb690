import { SegtileError } from '../../errors.js';
import { isNumber, isText } from '../../plan/text/checked.js';
import type { Card } from '../card/card.js';

/** What others wrote down of a network, as a card of segtile. */
export interface PackageCard {
  /** Where it was read, in words: `rdf.yaml (bioimage.io 0.5.3)`. */
  readonly from: string;
  readonly card: Card;
  /** What had to be settled: a few words each. */
  readonly notes: readonly string[];
  /** The network, below the folder of the package, where the document names it; and the digest of its file. */
  readonly network?: { readonly path: string; readonly sha256?: string | undefined };
  /** Tensors to try it with. */
  readonly test?: PackageTest;
}

/** An input before all that is done to it, and what comes out after all that follows the network; files of NumPy below the folder of the package. */
export interface PackageTest {
  readonly input: string;
  readonly output: string;
}

/** Keys and values of a document. Nothing is known of them. */
export type Fields = Readonly<Record<string, unknown>>;

/** A document, and where it lies. */
export interface PackageDocument {
  /** Its path below the folder of the package, such as `configs/metadata.json`. */
  readonly file: string;
  readonly fields: Fields;
  /** Another document of the package, where it is there. */
  other(file: string): Promise<Fields | undefined>;
}

/** A way to describe networks in a document of its own. */
export interface PackageFormat {
  readonly name: string;
  /** What its documents are called, below the folder of a package. */
  readonly files: readonly string[];
  /** Whether a document of that name is one of this format. */
  recognises(fields: Fields): boolean;
  /** @throws {SegtileError} `model` for what segtile cannot do exactly as the document says */
  read(document: PackageDocument): PackageCard | Promise<PackageCard>;
}

/** What a document says that segtile cannot do exactly. */
export function refused(file: string, what: string, hint: string): SegtileError {
  return new SegtileError('model', `${file}: ${what}`, hint);
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function itemsIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textIn(value: unknown): string | undefined {
  return isText(value) ? value : undefined;
}

export function numberIn(value: unknown): number | undefined {
  return isNumber(value) ? value : undefined;
}

/** One number or a list of them. */
export function numbersIn(value: unknown): readonly number[] | undefined {
  if (isNumber(value)) return [value];
  return Array.isArray(value) && value.length > 0 && value.every(isNumber) ? value : undefined;
}

/** Names of `{"0": "background", "1": "tumour"}`, or of a list, in order. Undefined where a number is missing. */
export function namesIn(value: unknown): readonly string[] | undefined {
  const names = Array.isArray(value) ? value : Object.keys(fieldsOf(value)).map((_, at) => fieldsOf(value)[String(at)]);
  return names.length > 0 && names.every(isText) ? (names as readonly string[]) : undefined;
}

/** The names as classes of a card; one that is there twice gets its number. */
export function cardClasses(names: readonly string[], threshold?: number): NonNullable<Card['classes']> {
  return names.map((name, at) => ({
    name: names.indexOf(name) < at ? `${name} ${at}` : name,
    ...(threshold !== undefined && { threshold }),
  }));
}

/** The longest side of a window of at most 1,024 px that is `least` and some steps more; `least` where that is longer. */
export function windowOf(least: number, step: number): number {
  return step > 0 ? least + step * Math.max(0, Math.floor((1024 - least) / step)) : least;
}
