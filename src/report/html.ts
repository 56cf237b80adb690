import { withoutSecrets } from '../errors.js';

/** A piece of HTML that is safe to put into a page. */
export interface Html {
  readonly html: string;
}

type HtmlPart = Html | string | number | undefined | false | readonly Html[];

/**
 * Makes HTML from a template. Inserted texts and numbers are escaped, and secrets in URLs are removed. Inserted HTML,
 * alone or in a list, is not changed. `undefined` and `false` insert nothing.
 */
export function html(template: TemplateStringsArray, ...pieces: readonly HtmlPart[]): Html {
  return { html: template.reduce((text, part, i) => text + render(pieces[i - 1]) + part) };
}

/** Marks a text as safe HTML. Only for text that a library or this folder has made. */
export function trusted(text: string): Html {
  return { html: text };
}

function render(piece: HtmlPart): string {
  if (piece === undefined || piece === false) return '';
  if (typeof piece === 'string' || typeof piece === 'number') return escaped(String(piece));
  return 'html' in piece ? piece.html : piece.map((each) => each.html).join('');
}

function escaped(text: string): string {
  return withoutSecrets(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
