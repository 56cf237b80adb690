/**
 * What a text of JSON stands for, where `NaN`, `Infinity` and `-Infinity` may stand for a value: QuPath (in measurements) and Python write
 * them, though JSON has no such numbers. Each becomes null.
 *
 * @throws {SyntaxError} where it is no JSON otherwise
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

/** The text with null for each number that JSON has not, but not inside strings; undefined where there is none. */
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

/** Where the quote stands that ends a string; -1 where there is none. A quote behind an odd count of backslashes is part of it. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (before > start && text[before - 1] === '\\') before--;
    if ((at - before) % 2 === 0) return at;
  }
  return -1;
}
