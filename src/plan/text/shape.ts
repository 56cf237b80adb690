import { type ErrorCode, SegtileError } from '../../errors.js';
import { isTooDeep, parseJson } from './json.js';
import { meant } from './meant.js';
import { isColor, isNumber, isObject, isText, isWhole } from './values.js';

/**
 * Describes a value that is read from a file: a record of segtile's own ({@link objectOf}), or a file that users write
 * ({@link keysOf}). Returns the value with its type if it has the right shape.
 *
 * @throws {SegtileError} with the code of the place, naming the place of the value, what was expected, and what was found
 */
export type Shape<T> = (value: unknown, at: ValuePlace) => T;

/** Where a value stands, for errors. */
export interface ValuePlace {
  /** The name of the file, or of the part of it, such as `classes.json: class 2`. */
  readonly where: string;
  /** The keys that lead from there to the value. */
  readonly keys?: readonly string[];
  /** The code of an error; `input` if it is left out. */
  readonly code?: ErrorCode;
}

const under = ({ where, keys = [], code = 'input' }: ValuePlace, key: string): ValuePlace => ({
  where,
  keys: [...keys, key],
  code,
});

/** Makes the shape of one value from what it expects, in words, and a test. */
export function shape<T>(expected: string, holds: (value: unknown) => boolean): Shape<T> {
  return (value, at) => (holds(value) ? (value as T) : misshapen(expected, value, at));
}

function misshapen(expected: string, value: unknown, { where, keys = [], code = 'input' }: ValuePlace): never {
  const got = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  const shown = got.length > 60 ? `${got.slice(0, 60)}…` : got;
  throw new SegtileError(
    code,
    `${where}: expected ${expected}${keys.length > 0 ? ` for ${keys.join('.')}` : ''} but got ${shown}`,
  );
}

/** A text that says something. */
export const text: Shape<string> = shape('a text', isText);
/** One of these words. */
export const oneOf = <const Word extends string>(...all: readonly Word[]): Shape<Word> =>
  shape(`one of ${all.join(', ')}`, (value) => all.includes(value as Word));
/** True or false. */
export const flag: Shape<boolean> = shape('true or false', (value) => typeof value === 'boolean');
/** A text that may be empty. */
export const words: Shape<string> = shape('a text', (value) => typeof value === 'string');
/** A finite number. */
export const number: Shape<number> = shape('a number', isNumber);
/** A finite number, 0 or more. */
export const amount: Shape<number> = shape('a number from 0 on', (value) => isNumber(value) && value >= 0);
/** A count: a whole number, 0 or more. */
export const whole: Shape<number> = shape('a whole number from 0 on', (value) => isWhole(value, 0, Number.MAX_SAFE_INTEGER));
/** A width or a height in px, up to the largest of an image. */
export const side: Shape<number> = shape(`a whole number from 1 to ${2 ** 31 - 1}`, (value) => isWhole(value, 1, 2 ** 31 - 1));
/** A label of a mask or of a ground truth, including background and the label of ignored pixels. */
export const label: Shape<number> = shape('a whole number from 0 to 255', (value) => isWhole(value, 0, 255));
/** Red, green and blue. */
export const color: Shape<readonly [number, number, number]> = shape('three whole numbers from 0 to 255', isColor);

/** A value with one of two shapes. */
export function either<A, B>(one: Shape<A>, other: Shape<B>): Shape<A | B> {
  return (value, at) => {
    try {
      return one(value, at);
    } catch {
      return other(value, at);
    }
  };
}

/** A value that may be null. */
export function orNull<T>(of: Shape<T>): Shape<T | null> {
  return (value, at) => (value === null ? null : of(value, at));
}

/** A value that may be left out. */
export function optional<T>(of: Shape<T>): Shape<T | undefined> {
  return (value, at) => (value === undefined ? undefined : of(value, at));
}

/** A list of values of one shape, of any length or of exactly `length` values. */
export function listOf<T>(of: Shape<T>, length?: number): Shape<T[]> {
  const expected = length === undefined ? 'a list' : `a list of ${length}`;
  return (value, at) => {
    if (!Array.isArray(value) || (length !== undefined && value.length !== length)) return misshapen(expected, value, at);
    for (const [i, each] of value.entries()) of(each, under(at, String(i)));
    return value;
  };
}

/** An object with any keys, whose values have one shape. */
export function mapOf<T>(of: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!isObject(value)) return misshapen('{…}', value, at);
    for (const [key, each] of Object.entries(value)) of(each, under(at, key));
    return value as Readonly<Record<string, T>>;
  };
}

/** An object with these keys. Other keys are not checked, so that later versions may add some. */
export function objectOf<T extends object>(shapes: { readonly [Key in keyof T]-?: Shape<T[Key]> }): Shape<T> {
  return (value, at) => {
    if (!isObject(value)) return misshapen('{…}', value, at);
    for (const key of Object.keys(shapes) as (keyof T & string)[]) shapes[key](value[key], under(at, key));
    return value as T;
  };
}

/**
 * An object that users write: these keys and no others, so that a misspelt one is found. Each may be left out.
 *
 * @param what the kind of object, such as `class`, for errors
 */
export function keysOf<T extends object>(
  what: string,
  shapes: { readonly [Key in keyof T]-?: Shape<T[Key]> },
): Shape<Partial<T>> {
  const known = Object.keys(shapes);
  return (value, at) => {
    if (!isObject(value)) return misshapen(`a ${what}, which is {…},`, value, at);
    for (const [key, each] of Object.entries(value)) {
      if (!known.includes(key)) {
        const unknown = `unknown key ${JSON.stringify(key)}${meant(key, known)}`;
        throw new SegtileError(at.code ?? 'input', `${at.where}: ${unknown}`, `a ${what} may hold ${known.join(', ')}`);
      }
      shapes[key as keyof T](each, under(at, key));
    }
    return value as Partial<T>;
  };
}

/**
 * Reads a record from a JSON text. `where` names the text in errors.
 *
 * @throws {SegtileError} `input`, naming the line of a mistake, or the place of a value with the wrong shape
 */
export function readShape<T>(json: string, where: string, of: Shape<T>): T {
  return of(parseJson(json, where, 'input'), { where });
}

/** Reads a record from a JSON text; undefined if the text is not JSON or has another shape. */
export function readIfShape<T>(json: string, of: Shape<T>): T | undefined {
  try {
    return isTooDeep(json) ? undefined : of(JSON.parse(json), { where: '' });
  } catch {
    return undefined;
  }
}
