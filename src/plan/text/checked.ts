import { type ErrorCode, SegtileError } from '../../errors.js';
import { isTooDeep, lineOfMistake } from './json.js';

/** Checks a value. Returns what was expected if the value is wrong, else undefined. */
export type Check = (value: unknown) => string | undefined;

/** The check for the value of every key of an object. */
export type Checks<T> = Readonly<Record<keyof T, Check>>;

/** How messages name the object that is checked. */
export interface Checked {
  /** Such as `classes.json: class 2`. */
  readonly where: string;
  /** The kind of object, such as `class`. */
  readonly what: string;
  /** The code of the error for an invalid object. */
  readonly code: ErrorCode;
}

/** Makes a check from what it expects, in words, and a test. */
export const check =
  (expected: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? undefined : expected;

/** A finite number. */
export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** A whole number from `least` to `most`. */
export const isWhole = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** Three whole numbers from 0 to 255. */
export const isColor = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 3 && value.every((part) => isWhole(part, 0, 255));

/** A text that says something. */
export const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** A check for one of these words. */
export const oneOf = (...words: readonly string[]): Check =>
  check(`one of ${words.join(', ')}`, (value) => words.includes(value as string));

/** A text that says something. */
export const textCheck: Check = check('a text', isText);

/** A check for a colour. */
export const colorCheck: Check = check('three whole numbers from 0 to 255', isColor);

/**
 * Parses a JSON text. `where` names the text in errors.
 *
 * @throws {SegtileError} with `code`, naming the line of the mistake, or if lists and objects are nested too deeply
 */
export function parseJson(json: string, where: string, code: ErrorCode): unknown {
  const bare = json.replace(/^\uFEFF/, '');
  if (isTooDeep(bare)) {
    const what = 'its lists and objects are nested too deep';
    throw new SegtileError(code, `${where} cannot be used as JSON: ${what}`, 'the file is damaged: write it again');
  }
  const line = lineOfMistake(bare);
  if (line === undefined) return JSON.parse(bare);
  throw new SegtileError(code, `${where}: line ${line} is not JSON`, 'look for a missing quote or comma there, or just before');
}

/**
 * Makes sure that a value is an object with known keys only, whose values pass their checks.
 *
 * @throws {SegtileError} with `code`, naming the key that is unknown (and a known key with a similar name) or whose
 *   value is invalid
 */
export function checkKeys<T>(value: unknown, checks: Checks<T>, { where, what, code }: Checked): asserts value is Partial<T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SegtileError(code, `${where}: expected a ${what}, which is {…}, but got ${JSON.stringify(value)}`);
  const known = Object.keys(checks);
  for (const [key, entry] of Object.entries(value)) {
    if (!known.includes(key))
      throw new SegtileError(
        code,
        `${where}: unknown key ${JSON.stringify(key)}${meant(key, known)}`,
        `a ${what} may hold ${known.join(', ')}`,
      );
    const expected = checks[key as keyof T](entry);
    if (expected) throw new SegtileError(code, `${where}: expected ${expected} for ${key} but got ${JSON.stringify(entry)}`);
  }
}

/**
 * Returns the words `, did you mean "…"?` with the known word that is closest to a name: the one with the fewest
 * letters to insert, drop or replace, if these are at most half as many as the name has. Else returns ''.
 */
export function meant(name: string, known: readonly string[]): string {
  const all = known.map((word) => ({ word, away: distance(name.toLowerCase(), word.toLowerCase()) }));
  const nearest = all.reduce<(typeof all)[number] | undefined>((a, b) => (a && a.away <= b.away ? a : b), undefined);
  return nearest && nearest.away <= name.length / 2 ? `, did you mean "${nearest.word}"?` : '';
}

/** The Levenshtein distance of two texts. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
