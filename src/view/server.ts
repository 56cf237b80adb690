import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { SegtileError } from '../errors.js';
import { type Door, judge, SAFE_HEADERS } from './guard.js';

/** A request that passed the checks. */
export interface AskedFor {
  readonly method: 'GET' | 'PUT';
  /** The parts of the path. Each consists of letters, digits, points, hyphens and underscores. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Reads the body of the request as text. */
  body(): Promise<string>;
}

/** The answer to a request. */
export interface Sent {
  readonly type: string;
  readonly body: Uint8Array | string;
  /** Whether the content of this address never changes, so that browsers can keep it. If not, they ask for it each time. */
  readonly lasting?: boolean;
}

/**
 * Answers a request; undefined if there is nothing at its address. The signal fires when nobody waits for the answer
 * any longer.
 */
export type Handler = (request: AskedFor, signal: AbortSignal) => Promise<Sent | undefined>;

/** A server that listens. */
export interface RunningServer {
  /** The address of the page, including the token. Whoever has it can open the page. */
  readonly url: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** The largest body of a request that is accepted, in bytes. */
const LONGEST_BODY = 2 ** 25;

/**
 * Starts a server that answers only requests with its token.
 *
 * @param host the address at which it listens, such as `127.0.0.1`
 * @param port its port; 0 for any free one
 * @throws {SegtileError} `usage` if it cannot listen at that address and port
 */
export async function startServer(handler: Handler, host: string, port: number): Promise<RunningServer> {
  const token = randomBytes(24).toString('base64url');
  let door: Door | undefined;
  const server = createServer((request, response) => {
    if (door === undefined) response.destroy();
    else void answer(request, response, door, handler);
  });
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  door = { token, cookie: `segtile-${address.port}`, hosts: hostNames(host) };
  const shown = isIP(host) === 6 ? `[${host}]` : host === '0.0.0.0' ? hostname() : host;
  return {
    url: `http://${shown === '[::]' ? hostname() : shown}:${address.port}/?token=${token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const hint = error.code === 'EADDRINUSE' ? 'leave out --port for a free one' : 'check --host and --port';
      reject(new SegtileError('usage', `cannot listen at ${host}, port ${port}: ${error.message}`, hint, error));
    });
    server.listen(port, host, resolve);
  });
}

/** The host names that reach a server which listens at `host`. */
function hostNames(host: string): ReadonlySet<string> {
  const bracketed = (name: string): string => (isIP(name) === 6 ? `[${name}]` : name.toLowerCase());
  const own = ['localhost', '127.0.0.1', '::1', host];
  if (host === '0.0.0.0' || host === '::') {
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    own.push(hostname(), ...addresses.map(({ address }) => address));
  }
  return new Set(own.map(bracketed));
}

async function answer(request: IncomingMessage, response: ServerResponse, door: Door, handler: Handler): Promise<void> {
  const { method = '', url: target = '', headers } = request;
  const send = (status: number, { type, body, lasting = false }: Sent, more: Readonly<Record<string, string>> = {}): void => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const kept = { 'Cache-Control': lasting ? 'private, max-age=3600, immutable' : 'no-store' };
    response.writeHead(status, { ...SAFE_HEADERS, ...kept, 'Content-Type': type, 'Content-Length': bytes.length, ...more });
    response.end(method === 'HEAD' ? undefined : bytes);
  };
  const plain = (status: number, body: string): void => send(status, { type: 'text/plain; charset=utf-8', body: `${body}\n` });
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  try {
    const verdict = judge({ method, target, headers }, door);
    if (verdict.status !== 200) return plain(verdict.status, verdict.why);
    const [path = '', query = ''] = target.split('?', 2);
    const asked: AskedFor = {
      method: method === 'PUT' ? 'PUT' : 'GET',
      path: path.split('/').filter((part) => part !== ''),
      query: new URLSearchParams(query),
      body: () => textOf(request),
    };
    const found = await handler(asked, gone.signal);
    const cookie = `${door.cookie}=${door.token}; HttpOnly; SameSite=Strict; Path=/`;
    if (found === undefined) plain(404, 'there is nothing at this address');
    else send(200, found, verdict.newcomer ? { 'Set-Cookie': cookie } : {});
  } catch (error) {
    if (gone.signal.aborted || response.headersSent) response.destroy();
    else if (error instanceof SegtileError) {
      const { code, message, hint = '' } = error;
      send(code === 'usage' ? 400 : 500, { type: 'application/json', body: JSON.stringify({ code, message, hint }) });
    } else {
      send(500, { type: 'application/json', body: JSON.stringify({ code: 'unexpected', message: String(error), hint: '' }) });
    }
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > LONGEST_BODY) throw new SegtileError('usage', `more than ${LONGEST_BODY} bytes were sent`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
