import { Command, type Option } from 'commander';
import { SegtileError } from '../../errors.js';
import { meant } from '../../plan/text/meant.js';
import { collect } from './option.js';

/** Options in the form that a command gets them. */
export interface ParsedOptions<Options> {
  readonly options: Options;
  /** The words that a user would have typed for them. */
  readonly words: readonly string[];
}

/**
 * Parses options that a program gives, instead of the command line. Names are those of the command line, in camel case.
 * Each value is turned into text and read by the parser of the command line, so the same values are allowed, and
 * refused with the same messages. Options that are not given have their defaults.
 *
 * @param name the name of the command
 * @param add adds the options of the command to it
 * @param given the options by name
 * @param left the names of options that only the command line has; they are refused here
 * @returns the options that the command would get, and the words that a user would type
 * @throws {SegtileError} `usage` for an option that is unknown or has a wrong value; the message names it
 */
export function parseGiven<Options>(
  name: string,
  add: (command: Command) => Command,
  given: object,
  left: readonly string[],
): ParsedOptions<Options> {
  const { options, words } = parseSome<Options>(name, add, given, left);
  const all: Record<string, unknown> = { ...add(new Command(name)).opts(), ...options };
  for (const key of left) delete all[key];
  return { options: all as Options, words };
}

/** Does the same as {@link parseGiven}, but leaves out options that are not given instead of using their defaults. */
export function parseSome<Options>(
  name: string,
  add: (command: Command) => Command,
  given: object,
  left: readonly string[] = [],
): ParsedOptions<Partial<Options>> {
  const options = add(new Command(name)).options.filter((each) => !left.includes(each.attributeName()));
  const parsed: Record<string, unknown> = {};
  const words: string[] = [];
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const own = options.filter((each) => each.attributeName() === key);
    if (own.length === 0) throw unknown(key, name, options);
    parsed[key] = parsedValue(own, value);
    words.push(...wordsOf(own, value));
  }
  return { options: parsed as Partial<Options>, words };
}

/** The words for an option and its value on the command line. A boolean that only confirms the default needs no words. */
function wordsOf(own: readonly Option[], value: unknown): string[] {
  const [says, denies] = [own.find(({ negate }) => !negate), own.find(({ negate }) => negate)];
  if (value === false) return denies ? [denies.long!] : [];
  if (says === undefined) return [];
  if (value === true) return [says.long!];
  const texts = isRepeated(says) && Array.isArray(value) ? value : [value];
  return texts.flatMap((each) => [says.long!, optionText(each, says.long!)]);
}

function isRepeated({ parseArg }: Option): boolean {
  return parseArg === (collect as Option['parseArg']);
}

function unknown(name: string, command: string, options: readonly Option[]): SegtileError {
  const known = options.map((each) => each.attributeName());
  return new SegtileError(
    'usage',
    `unknown option "${name}"${meant(name, known)}`,
    `options are named as segtile ${command} --help lists them, in camel case`,
  );
}

/**
 * Parses the value of an option.
 *
 * @param own the option, and its `--no-` form if there is one
 */
function parsedValue(own: readonly Option[], value: unknown): unknown {
  const says = own.find(({ negate }) => !negate);
  const flag = says?.long ?? own[0]!.long!.replace('--no-', '--');
  if (value === false && (own.some(({ negate }) => negate) || says?.isBoolean())) return false;
  if (value === true && (says === undefined || says.isBoolean())) return true;
  if (value === true && says?.optional) return says.parseArg?.(String(says.presetArg), undefined);
  if (says === undefined || says.isBoolean()) throw refused('true or false', flag, value);
  if (isRepeated(says)) {
    return (Array.isArray(value) ? value : [value]).map((each) => optionText(each, flag));
  }
  const text = optionText(value, flag);
  return says.parseArg ? says.parseArg(text, undefined) : text;
}

function refused(expected: string, flag: string, value: unknown): SegtileError {
  return new SegtileError('usage', `expected ${expected} for ${flag} but got ${shown(value)}`);
}

function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/**
 * Writes a value as on the command line: `{ width, height }` as `512x384`, `{ value, unit }` as `50um2`,
 * `{ window, stride }` as `512/256`, lists with commas, and `{ tumor: 0.6 }` as `tumor=0.6`.
 *
 * @param flag the option's name on the command line, for error messages
 * @throws {SegtileError} `usage` for a value that cannot be written so
 */
function optionText(value: unknown, flag: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map((each) => item(optionText(each, flag), flag)).join(',');
  if (value instanceof Map) return entriesText([...value], flag);
  if (typeof value !== 'object' || value === null) throw refused('a text, a number or plain data', flag, value);
  const { width, height, unit, name, color } = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(value).sort().join(' ');
  if (names === 'height width') return `${width}x${height}`;
  if (names === 'unit value') return `${(value as { value: unknown }).value}${unit}`;
  if (names === 'stride window') {
    const { window, stride } = value as { window: unknown; stride: unknown };
    return `${optionText(window, flag)}/${optionText(stride, flag)}`;
  }
  if (names === 'name') return String(name);
  if (names === 'color name') return `${name}=${hexOf(color, flag)}`;
  return entriesText(Object.entries(value), flag);
}

function entriesText(entries: readonly (readonly [unknown, unknown])[], flag: string): string {
  return entries.map(([name, value]) => item(`${name}=${optionText(value, flag)}`, flag)).join(',');
}

/** Checks that an item of a list has no comma, because commas separate the items. */
function item(text: string, flag: string): string {
  if (!text.includes(',')) return text;
  throw new SegtileError('usage', `an item of ${flag} holds a comma: ${JSON.stringify(text)}`, 'use names without commas');
}

function hexOf(color: unknown, flag: string): string {
  if (typeof color === 'string') return color;
  const isByte = (part: unknown): part is number => Number.isInteger(part) && (part as number) >= 0 && (part as number) < 256;
  if (Array.isArray(color) && color.length === 3 && color.every(isByte)) {
    return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  }
  throw refused('a colour of three bytes', flag, color);
}
