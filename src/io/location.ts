import { basename } from 'node:path';
import { SegtileError, withoutSecrets } from '../errors.js';

/** Where a file lies: in this machine's file system, on a web server, or in a bucket of an S3 store. */
export type Location =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'http'; readonly url: URL }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string };

/** Schemes have two letters at least, so that `C:/slides` is a path. */
const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/**
 * Tells what kind of place a path or URL names. The key of an S3 URL is not decoded, as in S3's own tools.
 *
 * @throws {SegtileError} `usage` for an invalid URL, `unsupported` for a scheme that segtile cannot read
 */
export function locate(path: string): Location {
  const scheme = SCHEME.exec(path)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: 'local', path };
  if (scheme === 's3') {
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/is.exec(path) ?? [];
    if (bucket !== undefined && key !== undefined) return { kind: 's3', bucket, key };
    throw new SegtileError(
      'usage',
      `expected s3://bucket/key but got ${path}`,
      'name the bucket and the whole key of the file',
    );
  }
  if (scheme === 'http' || scheme === 'https') {
    if (URL.canParse(path)) return { kind: 'http', url: new URL(path) };
    throw new SegtileError(
      'usage',
      `${shownPath(path)} is not a valid URL`,
      'check host and port, and encode special characters',
    );
  }
  throw new SegtileError(
    'unsupported',
    `files at ${scheme}:// are not read`,
    'give a local path, an http:// or https:// URL, or s3://bucket/key',
  );
}

/** Whether a path is a URL of any scheme. */
export function isRemote(path: string): boolean {
  return SCHEME.test(path);
}

/**
 * A path in the form in which it may be printed and kept in records. User, password and query of a URL are left out,
 * because the query of a signed link is as good as a password. Nothing else changes.
 */
export function shownPath(path: string): string {
  if (!/^https?:\/\//i.test(path)) return isRemote(path) ? withoutSecrets(path) : path;
  if (!URL.canParse(path)) return `${path.slice(0, path.indexOf('/'))}//...`;
  const { protocol, host, pathname, search } = new URL(path);
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?...'}`;
}

/**
 * The name of a file without its folders. For a URL, it is the last part of its path, decoded; if there is none, it is
 * the bucket or the host. Characters that the name of a local file may not have become `_`.
 *
 * @throws {SegtileError} as {@link locate}
 */
export function fileName(path: string): string {
  if (!isRemote(path)) return basename(path);
  const location = locate(path);
  if (location.kind === 'local') return basename(path);
  const parts = (location.kind === 's3' ? location.key : decoded(location.url.pathname)).split('/');
  const name = parts.findLast((part) => part !== '') ?? '';
  const fallback = location.kind === 's3' ? location.bucket : location.url.hostname;
  return (/^\.*$/.test(name) ? fallback : name).replaceAll(/[\\:*?"<>|\p{Cc}]/gu, '_');
}

/** Decodes each `%xx` in a text; returns the text unchanged if they are not valid. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
