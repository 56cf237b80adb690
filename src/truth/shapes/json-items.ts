import type { Readable } from 'node:stream';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { openText } from '../text-file.js';
import { parseLooseJson } from './loose-json.js';

/** One entry of a list in a JSON file. */
export interface JsonItem {
  /** What the list is called in the object that the file is; '' where the file itself is the list. */
  readonly list: string;
  readonly value: unknown;
}

/** Lists and objects inside each other, at most: more is no annotation but an attack on the stack. */
const DEEPEST = 512;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * The entries of the lists of a JSON file, one after the other, so that only one is held: annotations of a slide can fill
 * gigabytes, more than one text in Node may have. The file is a list, or an object whose members are looked at; it may be packed, see
 * `openText`, and have numbers that JSON has not, see `parseLooseJson`.
 *
 * @param wanted which lists of the object to hand out; entries of others are not looked at
 * @param seen is told the name of every member of the object
 * @throws {SegtileError} `input` naming the entry where the file stops being JSON, `aborted` when the signal fires
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
  /** Bytes of the last string right inside the object, which names the member that follows a colon. */
  let name: number[] = [];
  let member = '';
  /** How deep the entries of the list lie that is being handed out; 0 outside such a list. */
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
          if (++depth > DEEPEST) throw broken(`${DEEPEST} lists and objects lie inside each other, and more`);
          if (depth === 1) {
            if (top !== 0) throw broken('something follows its end');
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
          if (--depth < 0) throw broken('it closes what it did not open');
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
    throw new SegtileError('input', `${path} cannot be read: ${reason(cause)}`, 'check that the file may be read', cause);
  } finally {
    file?.destroy();
  }
  if (entryDepth > 0) throw broken(`it ends inside the list after ${count} entries`);
  if (depth > 0 || inString || top === 0) throw broken('it ends in the middle');
}
