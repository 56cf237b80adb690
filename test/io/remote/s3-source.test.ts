import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSource } from '../../../dist/io/open-source.js';
import { openS3 } from '../../../dist/io/remote/s3-source.js';
import type { ByteSource } from '../../../dist/io/source.js';
import { type Fault, type FileServer, startFileServer } from '../file-server.ts';

const hasty = { tries: 5, waitMs: 2, longestWaitMs: 100, stallMs: 10_000 };
const bytes = new Uint8Array(300_000).map((_, i) => (i * 2654435761) >>> 13);

let server: FileServer;
beforeAll(async () => {
  server = await startFileServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.reset();
  server.files.set('/slides/folder/a%20b.tif', bytes);
  server.headers = { etag: '"one"' };
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials');
  vi.stubEnv('AWS_ENDPOINT_URL', server.origin);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's3cret');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function open(signal?: AbortSignal, patience = hasty): Promise<ByteSource> {
  return openS3('slides', 'folder/a b.tif', signal, patience);
}

async function read(source: ByteSource, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  await source.read([{ offset, into }], signal);
  return into;
}

/** As S3 answers what it refuses. */
const refusing =
  (status: number, code: string, headers: Record<string, string> = {}): Fault =>
  (response) => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>No.</Message></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml', 'content-length': xml.length, ...headers }).end(xml);
    return 'taken';
  };

test('stretches of an object, signed, addressed by path', async () => {
  const source = await openSource('s3://slides/folder/a b.tif');
  expect(source).toMatchObject({ path: 's3://slides/folder/a b.tif', size: 300_000 });
  expect(Buffer.compare(await read(source, 200_000, 777), bytes.subarray(200_000, 200_777))).toBe(0);
  expect(server.seen.map(({ method, range, path }) => [method, range, path.replace(/\?.*/, '')])).toEqual([
    ['GET', [0, 65535], '/slides/folder/a%20b.tif'],
    ['GET', [200_000, 200_776], '/slides/folder/a%20b.tif'],
  ]);
  for (const { headers } of server.seen) {
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=\S*range\S*, Signature=[0-9a-f]{64}$/,
    );
  }
  await source.close();
});

test('the region is that of the environment, and the endpoint for S3 goes first', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
  vi.stubEnv('AWS_ENDPOINT_URL_S3', server.origin);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  await (await open()).close();
  expect(server.seen[0]!.headers.authorization).toContain('/eu-central-1/s3/aws4_request');
});

const passing: readonly (readonly [string, Fault])[] = [
  ['503 SlowDown', refusing(503, 'SlowDown')],
  ['500 InternalError', refusing(500, 'InternalError')],
  ['429', refusing(429, 'TooManyRequests', { 'retry-after': '0' })],
  [
    'a connection that is reset',
    (response) => {
      response.socket!.resetAndDestroy();
      return 'taken';
    },
  ],
  [
    'a body that breaks off',
    (response, { range }) => {
      const [first, last] = range!;
      response.writeHead(206, { 'content-length': last - first + 1, 'content-range': `bytes ${first}-${last}/300000` });
      response.write(bytes.subarray(first, first + 1000), () => setTimeout(() => response.socket?.destroy(), 20));
      return 'taken';
    },
  ],
];

test.each(passing)('%s is tried again, five times in all', async (_, fault) => {
  const source = await open();
  server.fault = (...request) => (request[2] < 4 ? fault(...request) : undefined);
  expect(Buffer.compare(await read(source, 100_000, 20_000), bytes.subarray(100_000, 120_000))).toBe(0);
  server.fault = fault;
  server.seen.length = 0;
  await expect(read(source, 100_000, 20_000)).rejects.toMatchObject({
    code: 'input',
    message: expect.stringContaining('s3://slides/folder/a b.tif cannot be read: bytes 100000 to 119999 failed 5 times'),
  });
  expect(server.seen).toHaveLength(5);
});

test('silence is given up, and a signal stops at once', async () => {
  const source = await open(undefined, { ...hasty, stallMs: 1000, tries: 2 });
  const silence: Fault = (response, { range }) => {
    const [first, last] = range!;
    response.writeHead(206, { 'content-range': `bytes ${first}-${last}/300000` });
    response.write(bytes.subarray(first, first + 1000));
    return 'taken';
  };
  server.fault = silence;
  await expect(read(source, 100_000, 20_000)).rejects.toThrow('failed 2 times, the last time because no byte came for 1 s');

  server.fault = undefined;
  // A test that waits as long as that does not end.
  const patient = await open(undefined, { ...hasty, waitMs: 3_600_000, longestWaitMs: 3_600_000, stallMs: 3_600_000 });
  for (const fault of [silence, () => 'taken' as const, refusing(503, 'SlowDown')]) {
    server.fault = fault;
    await expect(read(patient, 100_000, 20_000, AbortSignal.timeout(60))).rejects.toMatchObject({ code: 'aborted' });
  }
});

const lasting: readonly (readonly [string, Fault, string, RegExp])[] = [
  ['no such key', refusing(404, 'NoSuchKey'), 'there is no file s3://slides/folder/a b.tif (HTTP 404, NoSuchKey)', /spelling/],
  ['denied', refusing(403, 'AccessDenied'), 'may not be read (HTTP 403, AccessDenied)', /AWS_ACCESS_KEY_ID/],
  [
    'another region',
    refusing(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-1' }),
    'lies in the region eu-west-1',
    /^set AWS_REGION=eu-west-1$/,
  ],
  ['empty', refusing(416, 'InvalidRange'), 'is empty (0 bytes)', /upload/],
  [
    'no ranges',
    (response) => {
      response.writeHead(200, { 'content-length': 5 }).end('whole');
      return 'taken';
    },
    'does not answer range requests',
    /^download/,
  ],
];

test.each(lasting)('%s is an error at once, which tells no secret', async (_, fault, message, hint) => {
  server.fault = fault;
  const error = await open().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    name: 'SegtileError',
    code: 'input',
    message: expect.stringContaining(message),
    hint: expect.stringMatching(hint),
  });
  expect(inspect(error, { depth: 9 })).not.toMatch(/s3cret|AWS4-HMAC/);
  expect(server.seen).toHaveLength(1);
});

test('an object that changes under way', async () => {
  const source = await open();
  server.headers = { etag: '"two"' };
  await expect(read(source, 100_000, 10)).rejects.toThrow('changed while it was read: its version was "one" and is "two" now');
});

test('no credentials', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  await expect(open()).rejects.toMatchObject({
    code: 'input',
    message: 'there are no credentials to read s3://slides/folder/a b.tif',
    hint: expect.stringContaining('set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'),
  });
  expect(server.seen).toHaveLength(0);
});

test('no region, and no endpoint either', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', undefined);
  await expect(open()).rejects.toMatchObject({ code: 'input', hint: 'set AWS_REGION to that of the bucket' });
});

describe('an installation without @aws-sdk/client-s3', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'segtile-s3-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('says what to install, and reads other files', () => {
    for (const part of ['bin', 'dist', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (name !== '@aws-sdk') symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
    const fixture = join(root, 'test/fixtures/tiff/aperio.svs');
    const run = spawnSync(process.execPath, [join(folder, 'bin/segtile.js'), 'info', 's3://slides/a.tif', fixture], {
      encoding: 'utf8',
    });
    expect(run.stderr).toContain('s3://slides/a.tif needs the package @aws-sdk/client-s3, which cannot be loaded');
    expect(run.stderr).toContain('hint: npm install @aws-sdk/client-s3');
    expect(run.stdout).toContain('Aperio SVS');
    expect(run.status).toBe(1);
  });
});
