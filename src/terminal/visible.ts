/** What `styleFor` sets and takes back (ECMA-48, "select graphic rendition"). */
const OWN = '\\u001b\\[(?:1|2|22|31|32|33|39)m';

/**
 * Characters that a terminal does not show but obeys, or by which it shows others in another order: controls but line feed and tab, what
 * parts lines, marks and overrides of direction (Unicode, UAX #9), and a mark of byte order.
 */
const HIDDEN = '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]';

const everything = new RegExp(HIDDEN, 'g');
const butColors = new RegExp(`(${OWN})|${HIDDEN}`, 'g');

/**
 * A text as it may go to a terminal, whoever named the files and classes in it: what is hidden is written as `\\u001b` and the like. That is how
 * JSON writes it, so that lines of JSON stand for the same.
 *
 * @param colored whether segtile's own colours are left as they are
 */
export function visible(text: string, colored = false): string {
  return text.replace(colored ? butColors : everything, (found: string, own: unknown) =>
    typeof own === 'string' ? own : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text in one line: libraries and systems say things in several, and names can hold line breaks. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]\s*|\t/g, ' ');
}
