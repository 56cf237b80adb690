import { oneLine } from './visible.js';

/** How to highlight words on an output stream. If the stream shows no colours, words are only put on one line. */
export interface Style {
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

/** Colours for a terminal; none for pipes and files, or if `NO_COLOR` is set (no-color.org). */
export function styleFor(stream: { readonly isTTY?: boolean }): Style {
  const colored = stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  // ECMA-48 "select graphic rendition": one code sets a style, another one resets it.
  const set = (on: number, off: number) => (text: string) => {
    const line = oneLine(text);
    return colored ? `\u001b[${on}m${line}\u001b[${off}m` : line;
  };
  return { strong: set(1, 22), faint: set(2, 22), good: set(32, 39), warn: set(33, 39), bad: set(31, 39) };
}
