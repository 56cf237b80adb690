import { addAbortSignal, type Readable } from 'node:stream';
import { reason, SegtileError } from '../../errors.js';
import type { ByteSource } from '../source.js';
import { type Later, laterOrThrow, noBytes, type RangeAnswer, type RangeServer, withoutRanges } from './range-server.js';
import { openRemote, type Patience } from './remote-source.js';

/**
 * Opens an object of an S3 store with the AWS SDK's own client, which finds credentials and region where the AWS tools
 * find them. A store at `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` is addressed by path.
 *
 * @throws {SegtileError} `unsupported` if the client is not installed; `input` if there is no such object or it may not
 *   be read; `aborted` when the signal fires
 */
export async function openS3(bucket: string, key: string, signal?: AbortSignal, patience?: Patience): Promise<ByteSource> {
  return openRemote(await s3Server(bucket, key), signal, patience);
}

const DENIED = "check the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_PROFILE) and the bucket's policy";

async function s3Server(bucket: string, key: string): Promise<RangeServer> {
  const path = `s3://${bucket}/${key}`;
  const { GetObjectCommand, S3Client } = await import('@aws-sdk/client-s3').catch((cause: unknown) => {
    const why = 'needs the package @aws-sdk/client-s3, which cannot be loaded';
    throw new SegtileError('unsupported', `${path} ${why}`, 'npm install @aws-sdk/client-s3', cause);
  });
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const endpoint = AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL;
  const region = AWS_REGION || AWS_DEFAULT_REGION;
  const client = new S3Client({
    // Stores other than Amazon's have neither regions nor a host name for each bucket. But a signature has to name a
    // region.
    ...(endpoint && { endpoint, forcePathStyle: true, region: region || 'us-east-1' }),
    ...(region && { region }),
    maxAttempts: 1,
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return {
    path,
    ask: async (first, bytes, signal) => {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${first}-${first + bytes - 1}` });
      const answer = await client
        .send(command, { abortSignal: signal })
        .catch((thrown: unknown) => laterOrEnd(path, first, thrown));
      if (!('$metadata' in answer)) return answer;
      const place = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.ContentRange ?? '');
      const body = addAbortSignal(signal, answer.Body as Readable);
      if (place === null) throw withoutRanges(path);
      return { first: Number(place[1]), size: Number(place[2]), version: answer.ETag, body };
    },
    close: () => client.destroy(),
  };
}

/** The error that the client throws if a server answers with an error. */
interface ServiceError {
  readonly name: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/**
 * Sorts the errors of the client. One that may be temporary is returned, or thrown unchanged. A lasting one is thrown
 * as a SegtileError.
 */
function laterOrEnd(path: string, first: number, thrown: unknown): RangeAnswer | Later {
  const { name, $metadata, $response } = thrown as ServiceError;
  const why = reason(thrown);
  if (name === 'CredentialsProviderError') {
    const hint = 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; give a public object as https://...';
    throw new SegtileError('input', `there are no credentials to read ${path}`, hint, thrown);
  }
  if (why === 'Region is missing') {
    throw new SegtileError('input', `no region is known to read ${path}`, 'set AWS_REGION to that of the bucket', thrown);
  }
  const status = $metadata?.httpStatusCode;
  if (status === undefined || status < 300) throw thrown;
  if (status < 400) {
    const region = $response?.headers?.['x-amz-bucket-region'];
    const place = region === undefined ? 'in another region' : `in the region ${region}`;
    throw new SegtileError(
      'input',
      `${path} lies ${place}`,
      `set AWS_REGION${region === undefined ? '' : `=${region}`}`,
      thrown,
    );
  }
  // None of the requested bytes is in the file: it is empty, or it became shorter after it was opened. The caller sees
  // that by the size.
  if (status === 416) return { first, size: first, version: undefined, body: noBytes() };
  return laterOrThrow(path, { status, word: name, retryAfter: $response?.headers?.['retry-after'] }, DENIED);
}
