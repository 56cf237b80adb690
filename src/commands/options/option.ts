import { Option } from 'commander';
import type { Parser } from './parse.js';

/** Makes an option whose text is parsed by `parser`. The parser also gets the option's long name, for its error messages. */
export function option<T extends string | number>(flags: string, description: string, parser: Parser<T>, fallback: T): Option;
export function option<T>(flags: string, description: string, parser: Parser<T>): Option;
export function option<T>(flags: string, description: string, parser: Parser<T>, fallback?: T): Option {
  const made: Option = new Option(flags, description);
  made.argParser((text: string) => parser(text, made.long ?? flags));
  return fallback === undefined ? made : made.default(fallback, String(fallback));
}

/** The parser of an option that can be given several times. It collects all of its texts. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
