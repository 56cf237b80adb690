import { type ErrorCode, SegtileError } from '../../errors.js';

const blank = /[ \t\n\r]*/y;
const string = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * The deepest nesting of lists and objects. Nobody writes a file with deeper nesting, and recursive code would
 * overflow its stack on it.
 */
export const DEEPEST = 512;

/** Whether lists and objects of a JSON text are nested too deeply: more than 512 levels. */
export function isTooDeep(text: string): boolean {
  const bracket = /["[\]{}]/g;
  let depth = 0;
  for (let found = bracket.exec(text); found !== null; found = bracket.exec(text)) {
    if (found[0] === '"') {
      const end = /"|\\[\s\S]/g;
      end.lastIndex = bracket.lastIndex;
      let next = end.exec(text);
      while (next !== null && next[0] !== '"') next = end.exec(text);
      if (next === null) return false;
      bracket.lastIndex = end.lastIndex;
    } else if (found[0] === '[' || found[0] === '{') {
      if (++depth > DEEPEST) return true;
    } else depth--;
  }
  return false;
}

/**
 * The line, counted from 1, where a text stops being JSON (RFC 8259), or undefined if it is JSON. `JSON.parse` gives
 * the place of some mistakes only, and its messages differ between versions of Node.
 */
export function lineOfMistake(text: string): number | undefined {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const mark = (wanted: string): boolean => {
    take(blank);
    const found = text[at] === wanted;
    if (found) at++;
    return found;
  };
  const list = (close: string, item: () => boolean): boolean => {
    if (mark(close)) return true;
    do if (!item()) return false;
    while (mark(','));
    return mark(close);
  };
  const member = (): boolean => {
    take(blank);
    return take(string) && mark(':') && value();
  };
  const value = (): boolean => {
    if (mark('{')) return list('}', member);
    if (mark('[')) return list(']', value);
    return take(string) || take(scalar);
  };
  const whole = value();
  take(blank);
  return whole && at === text.length ? undefined : text.slice(0, at).split('\n').length;
}

/**
 * Parses a JSON text. `where` names the text in errors.
 *
 * @throws {SegtileError} with `code`, naming the line of the mistake, or if lists and objects are nested too deeply
 */
export function parseJson(json: string, where: string, code: ErrorCode): unknown {
  const bare = json.replace(/^\uFEFF/, '');
  if (isTooDeep(bare)) {
    const what = 'its lists and objects are nested too deep';
    throw new SegtileError(code, `${where} cannot be used as JSON: ${what}`, 'the file is damaged: write it again');
  }
  const line = lineOfMistake(bare);
  if (line === undefined) return JSON.parse(bare);
  throw new SegtileError(code, `${where}: line ${line} is not JSON`, 'look for a missing quote or comma there, or just before');
}
