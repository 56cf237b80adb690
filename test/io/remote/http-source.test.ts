import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openHttp } from '../../../dist/io/remote/http-source.js';
import type { Patience } from '../../../dist/io/remote/remote-source.js';
import type { ByteSource } from '../../../dist/io/source.js';
import { type Fault, type FileServer, type Seen, startFileServer } from '../file-server.ts';

const MIB = 2 ** 20;
/** So that a whole test of retries takes milliseconds. */
const hasty = { tries: 5, waitMs: 2, longestWaitMs: 120, stallMs: 10_000 };
/** For servers that are silent: no machine is so busy that a server on it is taken for one. */
const strict = { ...hasty, tries: 2, stallMs: 1000 };
/** For what must not be waited for: a test that waits does not end. */
const HOUR = 3_600_000;
const patient = { tries: 5, waitMs: HOUR, longestWaitMs: HOUR, stallMs: HOUR };

let server: FileServer;
beforeAll(async () => {
  server = await startFileServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

/** Bytes that repeat nowhere near. */
const bytes = new Uint8Array(MIB).map((_, i) => (i * 2654435761) >>> 13);

function open(path = '/slide.tif', signal?: AbortSignal, patience: Patience = hasty): Promise<ByteSource> {
  if (path === '/slide.tif') server.files.set(path, bytes);
  return openHttp(new URL(server.origin + path), signal, patience);
}

async function read(source: ByteSource, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  await source.read([{ offset, into }], signal);
  return into;
}

function same(got: Uint8Array, offset: number): boolean {
  return Buffer.compare(got, bytes.subarray(offset, offset + got.length)) === 0;
}

const lengthOf = ({ range }: Seen) => range![1] - range![0] + 1;

describe('good servers', () => {
  test('opening takes one request, which tells the size and brings the first bytes', async () => {
    const source = await open();
    expect(source).toMatchObject({ path: `${server.origin}/slide.tif`, size: MIB });
    expect(same(await read(source, 1000, 5000), 1000)).toBe(true);
    expect(server.seen.map(({ method, range }) => [method, range])).toEqual([['GET', [0, 65535]]]);
    expect(server.seen[0]!.headers['accept-encoding']).toBe('identity');
    await source.close();
  });

  test('any stretches come as they are in the file, and just these bytes are sent', async () => {
    const source = await open();
    const stretch = fc
      .integer({ min: 0, max: MIB })
      .chain((offset) =>
        fc.record({ offset: fc.constant(offset), length: fc.integer({ min: 0, max: Math.min(200_000, MIB - offset) }) }),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(stretch, { maxLength: 9 }), async (stretches) => {
        server.sent = 0;
        const fetches = stretches.map(({ offset, length }) => ({ offset, into: new Uint8Array(length) }));
        await source.read(fetches);
        expect(fetches.every(({ offset, into }) => same(into, offset))).toBe(true);
        const beyondHead = fetches.filter(({ offset, into }) => offset + into.length > 65536);
        expect(server.sent).toBe(beyondHead.reduce((sum, { into }) => sum + into.length, 0));
      }),
      { numRuns: 30 },
    );
  });

  test('a file shorter than the first request', async () => {
    server.files.set('/small.tif', bytes.subarray(0, 100));
    const source = await open('/small.tif');
    expect(source.size).toBe(100);
    expect(same(await read(source, 90, 10), 90)).toBe(true);
  });

  test('a long stretch comes in requests of 8 MiB, six at a time', async () => {
    const long = new Uint8Array(60 * MIB + 5);
    for (let i = 0; i < long.length; i += 4093) long[i] = i % 251;
    server.files.set('/long.tif', long);
    const source = await open('/long.tif', undefined, patient);
    const sha = (data: Uint8Array) => createHash('sha1').update(data).digest('hex');
    expect(sha(await read(source, 3, long.length - 3))).toBe(sha(long.subarray(3)));
    expect(server.seen).toHaveLength(9);
    expect(Math.max(...server.seen.map(lengthOf))).toBe(8 * MIB);
    expect(server.sent).toBe(65536 + long.length - 3);
    expect(server.busiest).toBeGreaterThan(1);
    expect(server.busiest).toBeLessThanOrEqual(6);
    server.files.delete('/long.tif');
  });

  test('redirects are followed; a password is not handed on to another server', async () => {
    server.files.set('/slide.tif', bytes);
    const front = await startFileServer();
    front.fault = (response) => {
      response.writeHead(302, { location: `${server.origin}/slide.tif` }).end();
      return 'taken';
    };
    const url = new URL(`${front.origin.replace('//', '//ann:p%40ss@')}/moved.tif`);
    const source = await openHttp(url, undefined, hasty);
    expect(same(await read(source, 70_000, 10), 70_000)).toBe(true);
    expect(front.seen[0]!.headers.authorization).toBe(`Basic ${btoa('ann:p@ss')}`);
    expect(server.seen[0]!.headers.authorization).toBeUndefined();
    await front.close();
  });

  test('a stretch that is not in the file is refused without a request', async () => {
    const source = await open();
    await expect(read(source, MIB - 1, 2)).rejects.toMatchObject({
      code: 'input',
      message: `${server.origin}/slide.tif ends at byte ${MIB} where 2 bytes at byte ${MIB - 1} are needed`,
    });
    expect(server.seen).toHaveLength(1);
  });
});

const answering =
  (status: number, headers: Record<string, string> = {}, body = ''): Fault =>
  (response) => {
    response.writeHead(status, headers).end(body);
    return 'taken';
  };

/** Faults that may pass. Each answers one request. */
const passing: readonly (readonly [string, Fault, why: string])[] = [
  ['500', answering(500), 'the server answers HTTP 500'],
  ['503', answering(503, { 'retry-after': '0' }), 'the server answers HTTP 503'],
  ['408', answering(408), 'the server answers HTTP 408'],
  ['429', answering(429, { 'retry-after': new Date().toUTCString() }), 'the server answers HTTP 429'],
  [
    'a connection that is reset',
    (response) => {
      response.socket!.resetAndDestroy();
      return 'taken';
    },
    '',
  ],
  [
    'a body that breaks off',
    (response, { range }) => {
      const [first, last] = range!;
      response.writeHead(206, { 'content-length': last - first + 1, 'content-range': `bytes ${first}-${last}/${MIB}` });
      response.write(bytes.subarray(first, first + 1000), () => setTimeout(() => response.socket?.destroy(), 20));
      return 'taken';
    },
    '',
  ],
  [
    'a body that is too short and says so',
    (response, { range }) => {
      const [first] = range!;
      response.writeHead(206, { 'content-length': 10, 'content-range': `bytes ${first}-${first + 9}/${MIB}` });
      response.end(bytes.subarray(first, first + 10));
      return 'taken';
    },
    'the answer ended after',
  ],
  ['silence', () => 'taken', 'no byte came for 1 s'],
  [
    'silence amid the body',
    (response, { range }) => {
      const [first, last] = range!;
      response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${MIB}` });
      response.write(bytes.subarray(first, first + 1000));
      return 'taken';
    },
    'no byte came for 1 s',
  ],
];

describe.each(passing)('%s', (name, fault, why) => {
  const patience = name.startsWith('silence') ? strict : hasty;

  test('passes: it is asked for again', async () => {
    server.fault = (...request) => (request[2] % patience.tries === patience.tries - 1 ? undefined : fault(...request));
    const source = await open('/slide.tif', undefined, patience);
    expect(source.size).toBe(MIB);
    expect(same(await read(source, 100_000, 30_000), 100_000)).toBe(true);
    expect(server.seen).toHaveLength(2 * patience.tries);
  });

  test('stays: the error names the file, the bytes, the tries and the cause', async () => {
    const source = await open('/slide.tif', undefined, patience);
    server.fault = fault;
    const failure = read(source, 100_000, 30_000);
    await expect(failure).rejects.toMatchObject({
      name: 'SegtileError',
      code: 'input',
      hint: expect.stringMatching(/try again/),
    });
    const start = `${server.origin}/slide.tif cannot be read: bytes 100000 to 129999 failed ${patience.tries} times, the last time because ${why}`;
    await expect(failure).rejects.toThrow(start);
    expect(server.seen).toHaveLength(1 + patience.tries);
  });
});

describe('trying again', () => {
  test('asks only for what is missing', async () => {
    const source = await open();
    server.fault = (response, { range }, nth) => {
      if (nth !== 1) return undefined;
      const [first, last] = range!;
      response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${MIB}` });
      response.write(bytes.subarray(first, first + 12_345), () => setTimeout(() => response.socket?.destroy(), 50));
      return 'taken';
    };
    expect(same(await read(source, 200_000, 50_000), 200_000)).toBe(true);
    expect(server.seen.slice(1).map(({ range }) => range)).toEqual([
      [200_000, 249_999],
      [212_345, 249_999],
    ]);
  });

  test('waits longer each time, and as long as Retry-After says', async () => {
    const source = await open('/slide.tif', undefined, { ...hasty, waitMs: 40, longestWaitMs: 1000 });
    const times: number[] = [];
    server.fault = (response, _, nth) => {
      times.push(performance.now());
      return nth < 4 ? answering(503, nth === 3 ? { 'retry-after': '1' } : {})(response, _, nth) : undefined;
    };
    await read(source, 300_000, 1);
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    // At least half of 40 ms and of 80 ms, then what the server says; timers may be 1 ms early.
    expect(gaps[0]).toBeGreaterThanOrEqual(19);
    expect(gaps[1]).toBeGreaterThanOrEqual(39);
    expect(gaps[2]).toBeGreaterThanOrEqual(999);
  });

  test.each([
    ['seconds', '99999999'],
    ['a date', 'Wed, 21 Oct 2099 07:28:00 GMT'],
  ])('a server that wants to be left alone for years, in %s, is not waited for', async (_, years) => {
    const source = await open();
    server.fault = answering(429, { 'retry-after': years });
    await expect(read(source, 300_000, 1)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/the server answers HTTP 429, and asks to try again in \d{8,} s$/),
    });
    expect(server.seen).toHaveLength(2);
  });

  test.each(['/loop', 'file:///etc/passwd', 'ftp://127.0.0.1/slide.tif'])('a redirect to %s is not tried again', async (to) => {
    server.fault = answering(302, { location: to });
    await expect(open('/loop')).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/in circles, or away from HTTP/),
    });
    // A client follows so many redirects, once.
    expect(server.seen.length).toBeLessThanOrEqual(21);
  });

  test('a server that drips is given up, once so few bytes have come', async () => {
    const source = await open('/slide.tif', undefined, { ...hasty, least: { bytes: 1000, inMs: 300 } });
    server.fault = (response, { range }) => {
      const [first, last] = range!;
      response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${MIB}` });
      const timer = setInterval(() => response.write('a'), 30);
      response.on('close', () => clearInterval(timer));
      return 'taken';
    };
    await expect(read(source, 400_000, 60_000)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/the server sent \d+ bytes in \d+ s$/),
    });
    expect(server.seen).toHaveLength(2);
  });

  test('a server that is silent twice is not asked a third time', async () => {
    const source = await open('/slide.tif', undefined, { ...hasty, stallMs: 300 });
    server.fault = () => 'taken';
    await expect(read(source, 400_000, 8)).rejects.toMatchObject({ message: expect.stringContaining('failed 2 times') });
    expect(server.seen).toHaveLength(3);
  });

  test('a slow server that sends on and on is no stall', async () => {
    const source = await open('/slide.tif', undefined, { ...strict, stallMs: 1000 });
    server.fault = (response, { range }) => {
      const [first, last] = range!;
      response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${MIB}` });
      let at = first;
      const timer = setInterval(() => {
        response.write(bytes.subarray(at, ++at));
        if (at > last) {
          clearInterval(timer);
          response.end();
        }
      }, 40);
      return 'taken';
    };
    expect(same(await read(source, 400_000, 8), 400_000)).toBe(true);
    expect(server.seen).toHaveLength(2);
  });

  test('one stretch that fails stops the others', async () => {
    const source = await open('/slide.tif', undefined, patient);
    const closed: Promise<unknown>[] = [];
    server.fault = (response, seen, nth) => {
      closed.push(once(response, 'close'));
      // Only when all are under way is there something to stop.
      return seen.range![0] === 100_000 ? answering(404)(response, seen, nth) : 'taken';
    };
    const fetches = [200_000, 300_000, 100_000].map((offset) => ({ offset, into: new Uint8Array(100) }));
    await expect(source.read(fetches)).rejects.toThrow('there is no file');
    await Promise.all(closed);
    expect(server.seen).toHaveLength(1 + closed.length);
  });

  test('a server that is not there', async () => {
    const gone = await startFileServer();
    await gone.close();
    await expect(openHttp(new URL(`${gone.origin}/a.tif`), undefined, hasty)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(
        /a\.tif cannot be read: bytes 0 to 65535 failed 5 times, the last time because .*ECONNREFUSED/,
      ),
    });
  });

  test('is not done where a server does not speak TLS', async () => {
    const url = new URL(`${server.origin.replace('http:', 'https:')}/slide.tif`);
    await expect(openHttp(url, undefined, patient)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('cannot be reached'),
    });
  });
});

const whole = { 'content-length': '5', 'content-type': 'image/tiff' };
const lasting: readonly (readonly [string, Fault, message: string | RegExp, hint: RegExp])[] = [
  ['404', answering(404), /^there is no file http\S+\/slide.tif \(HTTP 404\)$/, /spelling/],
  ['410', answering(410), 'there is no file', /still exists/],
  ['401', answering(401), 'may not be read (HTTP 401)', /user name and a password/],
  ['403', answering(403), 'may not be read (HTTP 403)', /expired/],
  ['418', answering(418), 'the server answers HTTP 418', /address/],
  ['200', answering(200, whole, 'whole'), 'its server does not answer range requests', /^download the file/],
  ['a web page', answering(200, { 'content-type': 'text/html; charset=utf-8' }, '<p>Log in'), 'is a web page', /login/],
  ['206 without Content-Range', answering(206, whole, 'whole'), 'does not answer range requests', /^download/],
  ['an unknown size', answering(206, { 'content-range': 'bytes 0-4/*' }, 'whole'), 'does not answer range', /^download/],
  [
    'packed bytes',
    answering(206, { 'content-range': 'bytes 0-4/5', 'content-encoding': 'gzip' }, 'whole'),
    'does not answer range requests',
    /^download/,
  ],
  [
    'other bytes than asked',
    answering(206, { 'content-range': 'bytes 7-11/20' }, 'whole'),
    'answered from byte 7 on',
    /^download/,
  ],
  ['an empty file', answering(416, { 'content-range': 'bytes */0' }), 'is empty (0 bytes)', /upload/],
  ['an empty file, whole', answering(200, { 'content-length': '0' }), 'is empty (0 bytes)', /upload/],
];

test.each(lasting)('%s is an error at once', async (_, fault, message, hint) => {
  server.fault = fault;
  const failure = open();
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.toMatchObject({ name: 'SegtileError', code: 'input', hint: expect.stringMatching(hint) });
  expect(server.seen).toHaveLength(1);
});

test('a server that gave ranges and then gives the whole file is asked again', async () => {
  const source = await open();
  server.fault = (response, seen, nth) => (nth === 1 ? answering(200, {}, 'whole')(response, seen, nth) : undefined);
  expect(same(await read(source, 500_000, 9), 500_000)).toBe(true);
});

describe('a file that changes under way is an error, whatever shows it', () => {
  const changes: readonly (readonly [string, before: Record<string, string>, after: Record<string, string>, length: number])[] =
    [
      ['ETag', { etag: '"one"' }, { etag: '"two"' }, MIB],
      [
        'Last-Modified',
        { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
        { 'last-modified': 'Tue, 02 Jan 2024 00:00:00 GMT' },
        MIB,
      ],
      ['size', {}, {}, MIB - 1],
      ['no such bytes any more', {}, {}, 1000],
    ];
  test.each(changes)('%s', async (_, before, after, length) => {
    server.headers = before;
    const source = await open();
    server.headers = after;
    server.files.set('/slide.tif', bytes.subarray(0, length));
    await expect(read(source, 500_000, 100)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining(`${server.origin}/slide.tif changed while it was read: it`),
    });
    expect(server.seen).toHaveLength(2);
  });

  test('also between two tries of one stretch', async () => {
    server.headers = { etag: '"one"' };
    const source = await open();
    server.fault = (response, { range }, nth) => {
      if (nth > 1) server.headers = { etag: '"two"' };
      else {
        response.writeHead(206, { 'content-range': `bytes ${range![0]}-${range![1]}/${MIB}`, etag: '"one"' });
        response.write(bytes.subarray(0, 10), () => setTimeout(() => response.socket?.destroy(), 20));
      }
      return nth > 1 ? undefined : 'taken';
    };
    await expect(read(source, 500_000, 100)).rejects.toThrow(
      'changed while it was read: its version was "one" and is "two" now',
    );
  });

  test('but not an ETag that a cache weakens', async () => {
    server.headers = { etag: '"one"' };
    const source = await open();
    server.headers = { etag: 'W/"one"' };
    expect(same(await read(source, 500_000, 100), 500_000)).toBe(true);
  });
});

describe('a signal stops at once', () => {
  const faults: readonly (readonly [string, Fault])[] = [
    ['while nothing comes', () => 'taken'],
    ['amid a body', passing.find(([name]) => name === 'silence amid the body')![1]],
    ['between two tries', answering(503)],
  ];
  test.each(faults)('%s', async (_, fault) => {
    const source = await open('/slide.tif', undefined, patient);
    const controller = new AbortController();
    server.fault = fault;
    const reading = read(source, 500_000, 5000, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 60);
    await expect(reading).rejects.toMatchObject({ code: 'aborted', cause: { message: 'enough' } });
  });

  test('while a file is opened', async () => {
    server.fault = () => 'taken';
    await expect(open('/slide.tif', AbortSignal.timeout(60), patient)).rejects.toMatchObject({ code: 'aborted' });
  });

  test('before anything is asked', async () => {
    const source = await open();
    await expect(read(source, 500_000, 100, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    expect(server.seen).toHaveLength(1);
  });
});

test('no error, and nothing behind it, tells a password or a signature', async () => {
  const secret = /s3cret|c2VjcmV0|hush|deadbeef/;
  const url = new URL(`${server.origin.replace('//', '//ann:s3cret@')}/slide.tif?X-Amz-Signature=deadbeef&hush`);
  for (const fault of [...passing, ...lasting].map(([, each]) => each)) {
    server.fault = fault;
    const error = await openHttp(url, undefined, { ...strict, tries: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'SegtileError', message: expect.stringContaining('/slide.tif?...') });
    expect(inspect(error, { depth: 9 })).not.toMatch(secret);
  }
});
