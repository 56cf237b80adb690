/** The codes that `styleFor` writes (ECMA-48, "select graphic rendition"). */
const OWN = '\\u001b\\[(?:1|2|22|31|32|33|39)m';

/**
 * Characters that a terminal obeys instead of showing, or that change the order of others: controls except line feed
 * and tab, line and paragraph separators, marks and overrides of direction (Unicode, UAX #9), and the byte order mark.
 */
const HIDDEN = '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]';

const everything = new RegExp(HIDDEN, 'g');
const butColors = new RegExp(`(${OWN})|${HIDDEN}`, 'g');

/**
 * Makes a text safe to print on a terminal, even if names of files or classes contain hidden characters: these are
 * written as `\\u001b` and the like. JSON uses the same form, so lines of JSON keep their meaning.
 *
 * @param colored whether to keep the colour codes that segtile writes
 */
export function visible(text: string, colored = false): string {
  return text.replace(colored ? butColors : everything, (found: string, own: unknown) =>
    typeof own === 'string' ? own : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Puts a text on one line, because messages of libraries and systems, and names, can contain line breaks. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]\s*|\t/g, ' ');
}
