import type { Readable } from 'node:stream';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { DEEPEST } from '../../plan/text/json.js';
import { openText } from '../text-file.js';
import { parseLooseJson } from './loose-json.js';

/** One entry of a list in a JSON file. */
export interface JsonItem {
  /** The key of the list in the file's object; '' if the file itself is the list. */
  readonly list: string;
  readonly value: unknown;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * The entries of the lists of a JSON file, one by one. Only one entry is in memory, because the annotations of a slide
 * can take gigabytes, more than a string in Node can hold. The file is a list, or an object with lists. It may be
 * packed, see `openText`, and contain NaN and Infinity, see `parseLooseJson`.
 *
 * @param wanted the keys of the lists to read; other lists are not parsed
 * @param seen called with every key of the object
 * @throws {SegtileError} `input` naming the entry at which the file stops being JSON, `aborted` when the signal fires
 */
export async function* jsonItems(
  path: string,
  wanted: readonly string[],
  seen: (member: string) => void = () => undefined,
  signal?: AbortSignal,
): AsyncGenerator<JsonItem, void, undefined> {
  const broken = (what: string, cause?: unknown) =>
    new SegtileError('input', `${path} is not JSON: ${what}`, 'the file is damaged or cut: export it again', cause);
  let depth = 0;
  let top = 0;
  let inString = false;
  let escaped = false;
  /** Bytes of the last string directly inside the object: before a colon, it is a key. */
  let name: number[] = [];
  let member = '';
  /** The nesting depth of the entries of the list being read; 0 outside such a list. */
  let entryDepth = 0;
  let parts: Uint8Array[] = [];
  let count = 0;

  const entry = (last: boolean): JsonItem | undefined => {
    const text = new TextDecoder().decode(parts.length === 1 ? parts[0] : Buffer.concat(parts));
    parts = [];
    if (last && count === 0 && text.trim() === '') return undefined;
    count++;
    try {
      return { list: member, value: parseLooseJson(text) };
    } catch (cause) {
      throw broken(`${entryName()}: ${reason(cause)}`, cause);
    }
  };
  const entryName = () => `entry ${count}${member === '' ? '' : ` of ${JSON.stringify(member)}`}`;

  let file: Readable | undefined;
  try {
    file = await openText(path);
    for await (const piece of file as AsyncIterable<Buffer>) {
      throwIfAborted(signal);
      let from = 0;
      for (let at = 0; at < piece.length; at++) {
        const byte = piece[at]!;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inString = false;
          if (inString && depth === 1 && top === OPEN_OBJECT) name.push(byte);
        } else if (byte === QUOTE) {
          inString = true;
          name = [];
        } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
          if (++depth > DEEPEST) throw broken(`lists and objects are nested more than ${DEEPEST} deep`);
          if (depth === 1) {
            if (top !== 0) throw broken('there is text after its end');
            top = byte;
          }
          const opens = depth === 1 || (depth === 2 && top === OPEN_OBJECT && wanted.includes(member));
          if (entryDepth === 0 && byte === OPEN_LIST && opens) {
            entryDepth = depth;
            count = 0;
            from = at + 1;
          }
        } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
          if (depth === entryDepth) {
            parts.push(piece.subarray(from, at));
            const item = entry(true);
            entryDepth = 0;
            if (item) yield item;
          }
          if (--depth < 0) throw broken('it has a closing bracket too many');
        } else if (byte === COMMA && depth === entryDepth && depth > 0) {
          parts.push(piece.subarray(from, at));
          from = at + 1;
          yield entry(false)!;
        } else if (byte === COLON && depth === 1 && top === OPEN_OBJECT) {
          member = Buffer.from(name).toString();
          seen(member);
        }
      }
      if (entryDepth > 0) parts.push(piece.subarray(from));
    }
  } catch (cause) {
    if (cause instanceof SegtileError) throw cause;
    throw new SegtileError('input', `${path} cannot be read: ${reason(cause)}`, 'check the permissions of the file', cause);
  } finally {
    file?.destroy();
  }
  if (entryDepth > 0) throw broken(`it ends inside the list after ${count} entries`);
  if (depth > 0 || inString || top === 0) throw broken('it ends in the middle');
}
