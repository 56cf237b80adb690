import { withoutSecrets } from '../errors.js';

/** A piece of HTML that is safe to put into a page. */
export interface Html {
  readonly html: string;
}

type Piece = Html | string | number | undefined | false | readonly Html[];

/**
 * HTML from a template. Texts and numbers that are put in are escaped, and lose the secrets of URLs; pieces of HTML, alone or in a list, go in as they are, and
 * `undefined` and `false` are nothing.
 */
export function html(template: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return { html: template.reduce((text, part, i) => text + render(pieces[i - 1]) + part) };
}

/** Takes a text for HTML. Only for what a library or this room has made. */
export function trusted(text: string): Html {
  return { html: text };
}

function render(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (typeof piece === 'string' || typeof piece === 'number') return escaped(String(piece));
  return 'html' in piece ? piece.html : piece.map((each) => each.html).join('');
}

function escaped(text: string): string {
  return withoutSecrets(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
