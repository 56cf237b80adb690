/**
 * Parses JSON that may contain `NaN`, `Infinity` and `-Infinity`, which are not JSON but are written by QuPath (in
 * measurements) and Python. Each of them becomes null.
 *
 * @throws {SyntaxError} if it is not JSON in any other way
 */
export function parseLooseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const bare = withoutBareNumbers(text);
    if (bare === undefined) throw cause;
    return JSON.parse(bare);
  }
}

/** The text with null in place of NaN and Infinity outside strings; undefined if there are none. */
export function withoutBareNumbers(text: string): string | undefined {
  const token = /"|-?\b(?:NaN|Infinity)\b/g;
  const parts: string[] = [];
  let from = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === '"') {
      const end = endOfString(text, found.index + 1);
      if (end < 0) break;
      token.lastIndex = end + 1;
      continue;
    }
    parts.push(text.slice(from, found.index), 'null');
    from = token.lastIndex;
  }
  return parts.length === 0 ? undefined : parts.join('') + text.slice(from);
}

/** The index of the quote that ends a string, or -1. A quote after an odd number of backslashes is part of the string. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (before > start && text[before - 1] === '\\') before--;
    if ((at - before) % 2 === 0) return at;
  }
  return -1;
}
