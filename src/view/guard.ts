import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Who may come in. */
export interface Door {
  /** The secret of this server. */
  readonly token: string;
  /** Name of the cookie that holds it: cookies are shared by all ports of a machine, so the port is part of it. */
  readonly cookie: string;
  /** The names by which the server may be called, in lower case, without port. */
  readonly hosts: ReadonlySet<string>;
}

/** What is looked at of a request. */
export interface Caller {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** Whether a request may be answered; `newcomer` where the token came with the address and the cookie is still to be set. */
export type Verdict =
  | { readonly status: 200; readonly newcomer: boolean }
  | { readonly status: 400 | 403 | 405; readonly why: string };

/**
 * Decides whether a request comes from the page that this server serves, or from who was told its address.
 *
 * - `Host` has to be a name of this machine: a page of somebody else whose name was made to point here (DNS rebinding) sends its own
 * - the token has to come with it, as a cookie or, for the first page, in the address
 * - a browser that says that another page asks (`Sec-Fetch-Site`, `Origin`) is sent away, but for the first page
 */
export function judge({ method, target, headers }: Caller, door: Door): Verdict {
  if (!['GET', 'HEAD', 'PUT'].includes(method)) return { status: 405, why: `${method} is not answered here` };
  const host = hostName(headers.host);
  if (host === undefined || !door.hosts.has(host)) return { status: 403, why: 'this server is not called so' };
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
  // A page cannot send this type to another server without that server's leave.
  if (method === 'PUT' && headers['content-type'] !== 'application/json') return { status: 400, why: 'expected JSON' };
  return { status: 200, newcomer };
}

/** A host without its port, in lower case; undefined where it is none. */
function hostName(host: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase();
}

function cookieOf(cookies: string | undefined, name: string): string | undefined {
  const all = (cookies ?? '').split(';').map((each) => each.trim());
  return all.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** In a time that says nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Headers of every answer: nothing of the page may come from, or go to, another place, and no other page may hold it in a frame. */
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
