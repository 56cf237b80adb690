import { Command, type Option } from 'commander';
import { SegtileError } from '../../errors.js';
import { meant } from '../../plan/text/checked.js';
import { collect } from './option.js';

/** Options as a command has them. */
export interface ParsedOptions<Options> {
  readonly options: Options;
  /** What would have been typed. */
  readonly words: readonly string[];
}

/**
 * The options of a command as a program gives them: named as on the command line, in camel case. Each value is read as if it stood there as a text, by
 * the same parser, so that the same is allowed, and refused with the same words.
 *
 * @param name of the command
 * @param add gives a command its options
 * @param left options that are of the command line alone, by name
 * @returns what the command gets for the same options, and the words that would be typed
 * @throws {SegtileError} `usage` naming the option that is unknown or has a value that it cannot have
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

/** The same without what is taken for options that are not given. */
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

/** How an option with a value that it can have stands on the command line, but for values that speak for what is taken anyway. */
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

/** @param own the option, and the one that says no to it */
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
 * A value as the command line has it: `{ width, height }` as `512x384`, `{ value, unit }` as `50um2`, lists with commas, `{ tumor: 0.6 }` as `tumor=0.6`.
 *
 * @throws {SegtileError} `usage` for a value that has no such text
 */
export function optionText(value: unknown, flag: string): string {
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

/** Commas stand between the items of a list, so none may be in one. */
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
