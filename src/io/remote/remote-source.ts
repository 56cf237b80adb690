import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { type ByteSource, type Fetch, TRUNCATED_HINT } from '../source.js';
import type { Later, RangeAnswer, RangeServer } from './range-server.js';

/** How long and how often a server is asked before a read fails. */
export interface Patience {
  /** Requests for a stretch in all, the first one included. */
  readonly tries: number;
  /** Milliseconds before the second try; doubled before each further one, and shortened at random by up to a half. */
  readonly waitMs: number;
  /** Most milliseconds that a server may ask for with `Retry-After`. If it asks for more, the read fails at once. */
  readonly longestWaitMs: number;
  /** Milliseconds without a byte after which a request is given up. */
  readonly stallMs: number;
  /**
   * The slowest transfer that is accepted: this many bytes in each such period of milliseconds. A slower one fails at
   * once.
   */
  readonly least?: { readonly bytes: number; readonly inMs: number };
}

/** The default: slower than any line over which somebody would read a slide. */
const LEAST = { bytes: 8192, inMs: 20_000 };

const PATIENCE: Patience = { tries: 5, waitMs: 500, longestWaitMs: 20_000, stallMs: 13_000, least: LEAST };

/** The read fails when this many requests in a row end in silence. A server that is silent twice will not answer. */
const SILENCES = 2;

/**
 * The first request asks for this many bytes. They are kept, because whoever opens a file begins to read at its start.
 */
const HEAD = 2 ** 16;

/** Longer stretches are cut into requests of this many bytes. S3's own performance guide recommends 8 to 16 MB. */
const REQUEST = 2 ** 23;

/** Requests under way at a time. Browsers allow as many to one host. */
const REQUESTS = 6;

/** Size and version: what tells one state of a file from another. */
type Edition = Pick<RangeAnswer, 'size' | 'version'>;

/**
 * Opens a file on a server that gives stretches of it. Each read requests its bytes and no others. After a temporary
 * failure it requests the rest again, from the first missing byte on. Every answer is checked to be of the same file as
 * the first. Closing the source closes the server.
 *
 * @throws {SegtileError} `input` if there is no such file or the server does not give it; `aborted` when the signal
 *   fires
 */
export async function openRemote(
  server: RangeServer,
  signal?: AbortSignal,
  patience: Patience = PATIENCE,
): Promise<ByteSource> {
  const start = new Uint8Array(HEAD);
  const edition = await fill(server, { offset: 0, into: start }, undefined, patience, signal).catch((error: unknown) => {
    server.close();
    throw error;
  });
  const head = start.subarray(0, edition.size);
  const limit = pLimit(REQUESTS);
  return {
    path: server.path,
    size: edition.size,
    read: async (fetches, readSignal) => {
      throwIfAborted(readSignal);
      const pieces: Fetch[] = [];
      for (const fetch of fetches) {
        requireInside(server.path, fetch, edition.size);
        const { offset, into } = fetch;
        if (offset + into.length <= head.length) into.set(head.subarray(offset, offset + into.length));
        else pieces.push(...cut(fetch));
      }
      await allOrNone(pieces, readSignal, (piece, pieceSignal) =>
        limit(() => fill(server, piece, edition, patience, pieceSignal)),
      );
    },
    close: async () => server.close(),
  };
}

function requireInside(path: string, { offset, into }: Fetch, size: number): void {
  if (offset + into.length <= size) return;
  const wanted = `${into.length} bytes at byte ${offset}`;
  throw new SegtileError('input', `${path} ends at byte ${size} where ${wanted} are needed`, TRUNCATED_HINT);
}

function cut({ offset, into }: Fetch): Fetch[] {
  return Array.from({ length: Math.ceil(into.length / REQUEST) }, (_, i) => ({
    offset: offset + i * REQUEST,
    into: into.subarray(i * REQUEST, (i + 1) * REQUEST),
  }));
}

/** Works on all items at once. The first failure stops the others. It is thrown after all of them have ended. */
async function allOrNone<Item>(
  items: readonly Item[],
  signal: AbortSignal | undefined,
  work: (item: Item, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const all = new AbortController();
  const stop = () => all.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  const failures: unknown[] = [];
  const each = items.map((item) =>
    work(item, all.signal).catch((failure: unknown) => {
      failures.push(failure);
      all.abort();
    }),
  );
  await Promise.all(each);
  signal?.removeEventListener('abort', stop);
  if (failures.length > 0) throw failures[0];
}

/**
 * Fills a buffer from the server, with retries. If the size of the file is not known yet, the file may be shorter than
 * the buffer.
 *
 * @returns the size and the version of the file
 */
async function fill(
  server: RangeServer,
  { offset, into }: Fetch,
  known: Edition | undefined,
  patience: Patience,
  signal: AbortSignal | undefined,
): Promise<Edition> {
  let edition = known;
  let needed = into.length;
  let done = 0;
  const answered = async (answer: RangeAnswer, alive: (bytes: number) => void): Promise<void> => {
    edition = sameEdition(server.path, edition, answer);
    needed = Math.min(into.length, edition.size - offset);
    if (answer.first !== offset + done) throw otherBytes(server.path, offset + done, answer.first);
    for await (const chunk of answer.body) {
      alive(chunk.length);
      const part = chunk.subarray(0, needed - done);
      into.set(part, done);
      done += part.length;
      if (part.length < chunk.length) return;
    }
  };

  let silences = 0;
  for (let tried = 1; ; tried++) {
    throwIfAborted(signal);
    const trouble = await askOnce(server, offset + done, needed - done, answered, patience, signal);
    if (edition !== undefined && done === needed) return edition;
    const { later, afterMs = 0, silent = false } = trouble ?? { later: `the answer ended after ${done} of ${needed} bytes` };
    silences = silent ? silences + 1 : 0;
    if (tried >= patience.tries || silences >= SILENCES) throw givenUp(server.path, offset, needed, tried, later);
    if (afterMs > patience.longestWaitMs) throw tooLong(server.path, later, afterMs);
    const wait = patience.waitMs * 2 ** (tried - 1) * (1 - Math.random() / 2);
    await pause(Math.max(wait, afterMs), signal);
  }
}

/**
 * Sends one request. A failure that may be temporary is returned, not thrown. When this returns, the request has ended.
 */
async function askOnce(
  server: RangeServer,
  first: number,
  bytes: number,
  answered: (answer: RangeAnswer, alive: (bytes: number) => void) => Promise<void>,
  { stallMs, least = LEAST }: Patience,
  signal: AbortSignal | undefined,
): Promise<(Later & { readonly silent?: boolean }) | undefined> {
  const request = new AbortController();
  const stop = () => request.abort(signal?.reason);
  let stalled = false;
  const watch = setTimeout(() => {
    stalled = true;
    request.abort();
  }, stallMs);
  signal?.addEventListener('abort', stop, { once: true });
  let since = performance.now();
  let come = 0;
  const alive = (count: number): void => {
    watch.refresh();
    come += count;
    const now = performance.now();
    if (now - since < least.inMs) return;
    if (come < least.bytes) throw tooSlow(server.path, come, now - since);
    [since, come] = [now, 0];
  };
  try {
    const answer = await server.ask(first, bytes, request.signal);
    if ('later' in answer) return answer;
    await answered(answer, alive);
    return undefined;
  } catch (cause) {
    throwIfAborted(signal);
    if (cause instanceof SegtileError) throw cause;
    return stalled ? { later: `no byte came for ${stallMs / 1000} s`, silent: true } : { later: oneLine(cause) };
  } finally {
    clearTimeout(watch);
    signal?.removeEventListener('abort', stop);
    request.abort();
  }
}

function sameEdition(path: string, known: Edition | undefined, { size, version }: Edition): Edition {
  const hint = 'try again when no program writes to it any more';
  if (size === 0) throw new SegtileError('input', `${path} is empty (0 bytes)`, 'upload the file again');
  if (known === undefined) return { size, version };
  if (size !== known.size) {
    throw new SegtileError('input', `${path} changed while it was read: it had ${known.size} bytes and has ${size} now`, hint);
  }
  if (version !== undefined && known.version !== undefined && version !== known.version) {
    const versions = `its version was ${known.version} and is ${version} now`;
    throw new SegtileError('input', `${path} changed while it was read: ${versions}`, hint);
  }
  return known;
}

function otherBytes(path: string, wanted: number, got: number): SegtileError {
  const message = `${path} cannot be read: the server was asked for byte ${wanted} and answered from byte ${got} on`;
  return new SegtileError('input', message, 'download the file and give its local path');
}

function givenUp(path: string, offset: number, bytes: number, tries: number, why: string): SegtileError {
  const stretch = `bytes ${offset} to ${offset + bytes - 1}`;
  const message = `${path} cannot be read: ${stretch} failed ${tries} times, the last time because ${why}`;
  return new SegtileError('input', message, 'check the network and the server and try again, or download the file first');
}

function tooLong(path: string, why: string, ms: number): SegtileError {
  const message = `${path} cannot be read: ${why}, and asks to try again in ${Math.ceil(ms / 1000)} s`;
  return new SegtileError('input', message, 'try again then, or download the file first');
}

function tooSlow(path: string, bytes: number, ms: number): SegtileError {
  const message = `${path} cannot be read: the server sent ${bytes} bytes in ${Math.round(ms / 1000)} s`;
  return new SegtileError('input', message, 'check the network and the server, or download the file first');
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal && { signal }).catch((cause: unknown) => {
    throwIfAborted(signal);
    throw cause;
  });
}

function oneLine(thrown: unknown): string {
  return reason(thrown).replaceAll(/\s+/g, ' ').trim();
}
