import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server saw it. */
export interface Seen {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  /** The stretch that was asked for, both ends included. */
  readonly range: readonly [first: number, last: number] | undefined;
}

/** Takes a request in place of the server; `undefined` leaves it to the server. `nth` counts all requests from 0. */
export type Fault = (response: ServerResponse, seen: Seen, nth: number) => 'taken' | undefined;

/** A real server on loopback that counts. */
export interface FileServer {
  /** Such as `http://127.0.0.1:1234`. */
  readonly origin: string;
  /** By path, such as `/slide.tif`. */
  readonly files: Map<string, Uint8Array>;
  readonly seen: Seen[];
  /** Bytes of bodies sent. */
  sent: number;
  /** Most answers that were under way at a time. */
  busiest: number;
  fault: Fault | undefined;
  /** Headers that every good answer has. */
  headers: Record<string, string>;
  /** Forgets faults, headers and counts. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts a server that answers range requests as RFC 9110 says, unless a fault is set. */
export async function startFileServer(): Promise<FileServer> {
  let busy = 0;
  const http = createServer((request, response) => {
    const found = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const { url: path = '', method = '', headers } = request;
    const seen: Seen = { path, method, headers, range: found ? [Number(found[1]), Number(found[2])] : undefined };
    const nth = server.seen.push(seen) - 1;
    server.busiest = Math.max(server.busiest, ++busy);
    response.on('close', () => busy--);
    if (server.fault?.(response, seen, nth) === 'taken') return;
    const file = server.files.get(path.replace(/\?.*/, ''));
    if (file === undefined) response.writeHead(404).end('no such file');
    else answer(server, response, file, seen.range);
  });
  const server: FileServer = {
    origin: '',
    files: new Map(),
    seen: [],
    sent: 0,
    busiest: 0,
    fault: undefined,
    headers: {},
    reset: () => {
      server.seen.length = 0;
      server.fault = undefined;
      server.headers = {};
      server.sent = server.busiest = 0;
    },
    close: () => {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return Object.assign(server, { origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
}

function answer(server: FileServer, response: ServerResponse, file: Uint8Array, range: Seen['range']): void {
  if (range === undefined) {
    server.sent += file.length;
    response.writeHead(200, { 'content-length': file.length, ...server.headers }).end(file);
  } else if (range[0] >= file.length) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
  } else {
    const body = file.subarray(range[0], range[1] + 1);
    server.sent += body.length;
    const place = `bytes ${range[0]}-${range[0] + body.length - 1}/${file.length}`;
    response.writeHead(206, { 'content-length': body.length, 'content-range': place, ...server.headers }).end(body);
  }
}
