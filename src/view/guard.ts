import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What the server needs to know to decide whether to answer a request. */
export interface Door {
  /** The secret of this server. */
  readonly token: string;
  /** The name of the cookie that holds the token. It contains the port, because all ports of a machine share their cookies. */
  readonly cookie: string;
  /** The host names under which the server can be addressed, in lower case, without port. */
  readonly hosts: ReadonlySet<string>;
}

/** The parts of a request that are checked. */
export interface Caller {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** Whether to answer a request. `newcomer` is true if the token was in the address; then the answer must set the cookie. */
export type Verdict =
  | { readonly status: 200; readonly newcomer: boolean }
  | { readonly status: 400 | 403 | 405; readonly why: string };

/**
 * Decides whether to answer a request: it must come from the page of this server, or from somebody who knows the whole address.
 *
 * - `Host` must be a name of this machine. In an attack by DNS rebinding, it is the name of the attacker's site.
 * - The token must come with the request: as a cookie or, for the first page, in the address.
 * - `Origin` and `Sec-Fetch-Site` must not name another site. For the first page, `Sec-Fetch-Site` is not checked.
 * - The method must be `GET`, `HEAD` or `PUT`, and the path must be well formed. A `PUT` must send JSON.
 */
export function judge({ method, target, headers }: Caller, door: Door): Verdict {
  if (!['GET', 'HEAD', 'PUT'].includes(method)) return { status: 405, why: `${method} is not answered here` };
  const host = hostName(headers.host);
  if (host === undefined || !door.hosts.has(host)) return { status: 403, why: 'this server does not have that name' };
  const [path = '', query = ''] = target.split('?', 2);
  if (!/^\/[\w./-]*$/.test(path) || path.split('/').includes('..')) return { status: 400, why: 'there is no such address' };
  const first = path === '/' && method === 'GET';
  const given = first ? (new URLSearchParams(query).get('token') ?? '') : '';
  const held = cookieOf(headers.cookie, door.cookie);
  const newcomer = given !== '' && isSame(given, door.token);
  if (!newcomer && !(held !== undefined && isSame(held, door.token))) {
    return { status: 403, why: 'open the whole address that segtile view printed: it holds a token' };
  }
  const site = headers['sec-fetch-site'];
  if (!first && site !== undefined && site !== 'same-origin' && site !== 'none')
    return { status: 403, why: 'asked by another page' };
  const { origin } = headers;
  if (origin !== undefined && hostName(origin.replace(/^https?:\/\//, '')) !== host)
    return { status: 403, why: 'asked by another page' };
  // A page of another site can send this type only if this server allows it in reply to a preflight request, which it does not.
  if (method === 'PUT' && headers['content-type'] !== 'application/json') return { status: 400, why: 'expected JSON' };
  return { status: 200, newcomer };
}

/** A host without its port, in lower case; undefined if the text is not a host. */
function hostName(host: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase();
}

function cookieOf(cookies: string | undefined, name: string): string | undefined {
  const all = (cookies ?? '').split(';').map((each) => each.trim());
  return all.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Compares two secrets. The time it takes does not reveal where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/**
 * Headers of every answer. The page can load and send data only from and to this server, and no other page can show it
 * in a frame.
 */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
