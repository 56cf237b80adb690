import { SegtileError } from '../../errors.js';
import { isColor, isNumber, isText, isWhole, parseJson } from './checked.js';
import { isTooDeep } from './json.js';

/**
 * What a value of a record must look like that is read back: gives the value, as what it is then known to be.
 *
 * @param at the record's name, then the keys that lead to the value
 * @throws {SegtileError} `input` with the value's place, what was expected there, and what stands there
 */
export type Shape<T> = (value: unknown, at: Place) => T;

type Place = readonly [where: string, ...keys: string[]];

/** A shape of one value that holds or not. */
export function shape<T>(expected: string, holds: (value: unknown) => boolean): Shape<T> {
  return (value, at) => (holds(value) ? (value as T) : misshapen(expected, value, at));
}

function misshapen(expected: string, value: unknown, [where, ...keys]: Place): never {
  const got = value === undefined ? 'nothing' : JSON.stringify(value);
  const shown = got.length > 60 ? `${got.slice(0, 60)}…` : got;
  throw new SegtileError(
    'input',
    `${where}: expected ${expected}${keys.length > 0 ? ` for ${keys.join('.')}` : ''} but got ${shown}`,
  );
}

/** A text that says something. */
export const text: Shape<string> = shape('a text', isText);
/** A text that may be empty. */
export const words: Shape<string> = shape('a text', (value) => typeof value === 'string');
/** A finite number. */
export const number: Shape<number> = shape('a number', isNumber);
/** A finite number that is not negative. */
export const amount: Shape<number> = shape('a number from 0 on', (value) => isNumber(value) && value >= 0);
/** A count. */
export const whole: Shape<number> = shape('a whole number from 0 on', (value) => isWhole(value, 0, Number.MAX_SAFE_INTEGER));
/** A width or a height in px, as large as images can be. */
export const side: Shape<number> = shape(`a whole number from 1 to ${2 ** 31 - 1}`, (value) => isWhole(value, 1, 2 ** 31 - 1));
/** A label of a mask or of a truth, background and what is ignored among them. */
export const label: Shape<number> = shape('a whole number from 0 to 255', (value) => isWhole(value, 0, 255));
/** Red, green and blue. */
export const color: Shape<readonly [number, number, number]> = shape('three whole numbers from 0 to 255', isColor);

/** Either of two. */
export function either<A, B>(one: Shape<A>, other: Shape<B>): Shape<A | B> {
  return (value, at) => {
    try {
      return one(value, at);
    } catch {
      return other(value, at);
    }
  };
}

/** What may be null. */
export function orNull<T>(of: Shape<T>): Shape<T | null> {
  return (value, at) => (value === null ? null : of(value, at));
}

/** What may be left out. */
export function optional<T>(of: Shape<T>): Shape<T | undefined> {
  return (value, at) => (value === undefined ? undefined : of(value, at));
}

/** A list of alike, of any length or of one. */
export function listOf<T>(of: Shape<T>, length?: number): Shape<T[]> {
  const expected = length === undefined ? 'a list' : `a list of ${length}`;
  return (value, at) => {
    if (!Array.isArray(value) || (length !== undefined && value.length !== length)) return misshapen(expected, value, at);
    for (const [i, each] of value.entries()) of(each, [...at, String(i)]);
    return value;
  };
}

/** Alike by any keys. */
export function mapOf<T>(of: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!isObject(value)) return misshapen('{…}', value, at);
    for (const [key, each] of Object.entries(value)) of(each, [...at, key]);
    return value as Readonly<Record<string, T>>;
  };
}

/** An object with these keys; what else it holds is not looked at, so that later versions may add to it. */
export function objectOf<T extends object>(shapes: { readonly [Key in keyof T]-?: Shape<T[Key]> }): Shape<T> {
  return (value, at) => {
    if (!isObject(value)) return misshapen('{…}', value, at);
    for (const key of Object.keys(shapes) as (keyof T & string)[]) shapes[key](value[key], [...at, key]);
    return value as T;
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The record that a JSON text is. `where` names it in errors.
 *
 * @throws {SegtileError} `input` with the line of a mistake, or the place of a value that cannot stand there
 */
export function readShape<T>(json: string, where: string, of: Shape<T>): T {
  return of(parseJson(json, where, 'input'), [where]);
}

/** The record that a JSON text is, or undefined where it is none. */
export function readIfShape<T>(json: string, of: Shape<T>): T | undefined {
  try {
    return isTooDeep(json) ? undefined : of(JSON.parse(json), ['']);
  } catch {
    return undefined;
  }
}
