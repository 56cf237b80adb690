/** A tag of an XML text, and the characters between it and the next one. */
export interface XmlTag {
  /** Without its namespace. */
  readonly name: string;
  readonly kind: 'open' | 'close' | 'empty';
  /** As written: see {@link attribute}. */
  readonly attributes: string;
  /** As written: see {@link plainText}. */
  readonly text: string;
}

/**
 * Yields the tags of an XML text in order, in one pass. It remembers nothing of what went before, so that even a
 * maliciously built text takes only time in proportion to its length. Declarations, comments and CDATA sections are
 * skipped. If the text breaks off, the tags end there.
 */
export function* xmlTags(xml: string): Generator<XmlTag, void, undefined> {
  for (let at = xml.indexOf('<'); at >= 0; ) {
    const passed = passedOver(xml, at);
    if (passed !== undefined) {
      if (passed < 0) return;
      at = xml.indexOf('<', passed);
      continue;
    }
    const end = tagEnd(xml, at + 1);
    if (end < 0) return;
    const next = xml.indexOf('<', end + 1);
    const closing = xml[at + 1] === '/';
    const empty = xml[end - 1] === '/';
    const inside = xml.slice(closing ? at + 2 : at + 1, empty ? end - 1 : end);
    const space = inside.search(/\s/);
    const name = space < 0 ? inside : inside.slice(0, space);
    yield {
      name: name.slice(name.indexOf(':') + 1),
      kind: closing ? 'close' : empty ? 'empty' : 'open',
      attributes: space < 0 ? '' : inside.slice(space),
      text: xml.slice(end + 1, next < 0 ? xml.length : next),
    };
    at = next;
  }
}

/** The start and the end of everything in angle brackets that is not a tag. */
const PASSED: readonly (readonly [start: string, end: string])[] = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
  ['<!', '>'],
];

/** The index after something that is not a tag; -1 if it never ends, undefined if a tag starts at `at`. */
function passedOver(xml: string, at: number): number | undefined {
  const found = PASSED.find(([start]) => xml.startsWith(start, at));
  if (found === undefined) return undefined;
  const end = xml.indexOf(found[1], at + found[0].length);
  return end < 0 ? -1 : end + found[1].length;
}

/** The index of the `>` that ends a tag, or -1. The values of attributes may contain a `>` too. */
function tagEnd(xml: string, from: number): number {
  for (let at = from; at < xml.length; at++) {
    const character = xml[at];
    if (character === '>') return at;
    if (character === '"' || character === "'") {
      at = xml.indexOf(character, at + 1);
      if (at < 0) return -1;
    }
  }
  return -1;
}

/** The value of an attribute of a tag; undefined if the tag does not have it. */
export function attribute({ attributes }: XmlTag, name: string): string | undefined {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes);
  const value = match?.[1] ?? match?.[2];
  return value === undefined ? undefined : plainText(value);
}

/** The value of an attribute as a number; undefined if it is missing or not a number. */
export function numberAttribute(tag: XmlTag, name: string): number | undefined {
  const value = attribute(tag, name);
  return value === undefined || value.trim() === '' || !Number.isFinite(Number(value)) ? undefined : Number(value);
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Text with entities and numeric character references resolved, and without white space around it. */
export function plainText(text: string): string {
  return unescapeXml(text).trim();
}

/**
 * Text with entities and numeric character references (decimal or hexadecimal) resolved. Unknown ones are left as
 * they are.
 */
export function unescapeXml(text: string): string {
  const resolve = (whole: string, entity: string): string => {
    const code = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number.parseInt(entity.slice(1), 10);
    if (!entity.startsWith('#')) return ENTITIES.get(entity) ?? whole;
    return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : whole;
  };
  return text.replace(/&(#?\w{1,10});/g, resolve);
}

/** The root element is expected within this many characters. */
const LONGEST_PROLOG = 2 ** 16;

/** The name of the root element; undefined if the text is not XML. */
export function rootName(text: string): string | undefined {
  const start = text.slice(0, LONGEST_PROLOG);
  return /^\s*</.test(start) ? xmlTags(start).next().value?.name : undefined;
}
