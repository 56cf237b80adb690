import { reason, SegtileError } from '../../errors.js';
import { decoded, shownPath } from '../location.js';
import { requireWasmMemory } from '../machine/wasm-memory.js';
import type { ByteSource } from '../source.js';
import { laterOrThrow, noBytes, type RangeServer, withoutRanges } from './range-server.js';
import { openRemote, type Patience } from './remote-source.js';

/**
 * Opens a file on a web server that answers range requests (RFC 9110, section 14). User and password in the URL are
 * sent as basic authentication. Redirects are followed.
 *
 * @throws {SegtileError} `input` if there is no such file or the server does not answer range requests; `unsupported`
 *   if Node's HTTP client does not work; `aborted` when the signal fires
 */
export async function openHttp(url: URL, signal?: AbortSignal, patience?: Patience): Promise<ByteSource> {
  // Without WebAssembly memory, Node's client throws an error that nobody can catch, which would end the process.
  requireWasmMemory("Node's HTTP client");
  return openRemote(httpServer(url), signal, patience);
}

const DENIED = 'check that a signed link has not expired, or put a user name and a password into the URL, before the host';

function httpServer(url: URL): RangeServer {
  const path = shownPath(url.href);
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  const user = `${decoded(url.username)}:${decoded(url.password)}`;
  const headers = user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  let gaveRange = false;
  return {
    path,
    ask: async (first, bytes, signal) => {
      const range = `bytes=${first}-${first + bytes - 1}`;
      const response = await fetch(bare, { headers: { ...headers, range }, signal }).catch((cause: unknown) => {
        throw unreached(path, cause);
      });
      const { status } = response;
      const version = versionOf(response.headers);
      if (status === 416) {
        // None of the requested bytes is in the file: it is empty, or it became shorter after it was opened. The caller
        // sees that by the size.
        const size = placeOf(response.headers)?.size ?? first;
        return { first, size, version, body: noBytes() };
      }
      // Caches that are still being filled sometimes do this.
      if (status === 200 && gaveRange) return { later: 'the server answers with the whole file' };
      if (status === 200) throw refused(path, response.headers);
      if (status !== 206)
        return laterOrThrow(path, { status, retryAfter: response.headers.get('retry-after') ?? undefined }, DENIED);
      const place = placeOf(response.headers);
      // The fetch standard does not let servers compress what is asked for with a range. Compressed bytes are not the
      // bytes of the file at that place.
      const encoding = response.headers.get('content-encoding') ?? 'identity';
      if (place?.first === undefined || encoding !== 'identity') throw refused(path, response.headers);
      gaveRange = true;
      return { first: place.first, size: place.size, version, body: response.body ?? noBytes() };
    },
    close: () => undefined,
  };
}

/** The header `Content-Range`: `bytes 0-99/1234`, or `bytes *\/1234` with status 416. */
function placeOf(headers: Headers): { first: number | undefined; size: number } | undefined {
  const found = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/i.exec(headers.get('content-range')?.trim() ?? '');
  return found ? { first: found[1] === undefined ? undefined : Number(found[1]), size: Number(found[2]) } : undefined;
}

/** Caches on the way may mark an `ETag` as weak. It still names the same version of the file. */
function versionOf(headers: Headers): string | undefined {
  return headers.get('etag')?.replace(/^W\//, '') ?? headers.get('last-modified') ?? undefined;
}

function refused(path: string, headers: Headers): SegtileError {
  if (/^text\/html/i.test(headers.get('content-type') ?? '')) {
    return new SegtileError(
      'input',
      `${path} is a web page`,
      "give the file's own URL, not that of a page about it or of a login",
    );
  }
  if (headers.get('content-length') === '0') {
    return new SegtileError('input', `${path} is empty (0 bytes)`, 'upload the file again');
  }
  return withoutRanges(path);
}

/**
 * Codes of failures that another try does not mend: no such host, and everything wrong with certificates or the
 * protocol.
 */
const LASTING = /^ENOTFOUND$|CERT|SIGNATURE|ISSUER|SSL/;

/** What Node's client says about redirects that it does not follow: too many of them, or away from HTTP. */
const LOST = /redirect count exceeded|scheme must be a HTTP|cross origin|redirect.*(invalid|URL)|Invalid URL/i;

function unreached(path: string, thrown: unknown): unknown {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const why = reason(cause) || code;
  if (LOST.test(why)) {
    const hint = 'give the address of the file itself, not one that redirects to it';
    return new SegtileError(
      'input',
      `${path} cannot be reached: the server redirects in circles, or away from HTTP (${why})`,
      hint,
      cause,
    );
  }
  if (!LASTING.test(code)) return new Error(why, { cause });
  return new SegtileError('input', `${path} cannot be reached: ${why}`, 'check the address of the server', cause);
}
