import { locate } from './location.js';
import { openHttp } from './remote/http-source.js';
import { openS3 } from './remote/s3-source.js';
import { type ByteSource, openFile } from './source.js';

/**
 * Opens a file wherever it lies: a local path, an `http://` or `https://` URL, or `s3://bucket/key`.
 *
 * @throws {SegtileError} `input` if there is no file or it may not be read; `unsupported` for a place that cannot be
 *   read from; `usage` for an invalid URL; `aborted` when the signal fires
 */
export async function openSource(path: string, signal?: AbortSignal): Promise<ByteSource> {
  const location = locate(path);
  if (location.kind === 'http') return openHttp(location.url, signal);
  if (location.kind === 's3') return openS3(location.bucket, location.key, signal);
  return openFile(location.path);
}
