import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Visited } from './visitor.js';

/** Where Debian puts the driver of WebKitGTK, or where the environment says that it is, and a screen without a monitor. */
const driverPath = process.env.SEGTILE_WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const screenPath = '/usr/bin/Xvfb';

/** Whether there is a WebKitGTK to look with. */
export const hasWebkit: boolean = existsSync(driverPath) && existsSync(screenPath);

/** Said in the name of tests that need one. */
export const webkitNote: string = hasWebkit ? '' : ' (skipped: no WebKitWebDriver and Xvfb here)';

/** A point of the page, in px from its left upper corner. */
export type PagePoint = readonly [x: number, y: number];

/** A window of WebKitGTK, which shows one page. */
export interface WebkitWindow extends Visited {
  open(url: string): Promise<void>;
  /** Presses keys, one after the other: letters, or the codes that WebDriver has for others. */
  press(...keys: readonly string[]): Promise<void>;
  /** Moves the pointer to the first point, presses it, moves it over all others, and releases it. */
  drag(...points: readonly PagePoint[]): Promise<void>;
  /** Turns the wheel at a point. */
  wheel(at: PagePoint, by: number): Promise<void>;
  close(): Promise<void>;
}

/** What WebDriver calls the left arrow. */
export const LEFT = '\uE012';

/** Starts WebKitGTK, the engine of Safari, on a screen of its own, and speaks WebDriver with it. */
export async function startWebkit(width: number, height: number): Promise<WebkitWindow> {
  const started: ChildProcess[] = [];
  const end = async (): Promise<void> => {
    for (const each of started.reverse()) {
      each.kill();
      if (each.exitCode === null && each.signalCode === null) await once(each, 'exit');
    }
  };
  try {
    // The screen chooses a number that is free, and writes it to this descriptor.
    const size = `${width}x${height}x24`;
    const args = ['-displayfd', '3', '-screen', '0', size, '-nolisten', 'tcp'];
    const screen = spawn(screenPath, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    started.push(screen);
    const [number] = (await once(screen.stdio[3]!, 'data')) as [Buffer];
    const port = await freePort();
    const env = {
      ...process.env,
      DISPLAY: `:${number.toString().trim()}`,
      GDK_BACKEND: 'x11',
      GSETTINGS_BACKEND: 'memory',
      NO_AT_BRIDGE: '1',
      // It refuses to run as root in its sandbox. It shows nothing but our own page.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
    };
    started.push(spawn(driverPath, [`--port=${port}`], { env, stdio: 'ignore' }));
    return await openSession(`http://127.0.0.1:${port}/session`, { width, height }, end);
  } catch (error) {
    await end();
    throw error;
  }
}

/** Opens a window through a driver. `end` is called once it is closed. */
async function openSession(driver: string, size: object, end: () => Promise<void>): Promise<WebkitWindow> {
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(driver + path, { method, ...(body && { body: JSON.stringify(body) }) });
    const { value } = (await answer.json()) as { value: unknown };
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  };
  const capabilities = { alwaysMatch: { pageLoadStrategy: 'normal', timeouts: { script: 600_000, pageLoad: 600_000 } } };
  const { sessionId } = (await whenItListens(() => ask('POST', '', { capabilities }))) as { sessionId: string };
  const session = `/${sessionId}`;
  await ask('POST', `${session}/window/rect`, { x: 0, y: 0, ...size });
  const act = (source: object): Promise<unknown> => ask('POST', `${session}/actions`, { actions: [source] });
  const to = ([x, y]: PagePoint): object => ({
    type: 'pointerMove',
    origin: 'viewport',
    duration: 0,
    x: Math.round(x),
    y: Math.round(y),
  });
  return {
    open: async (url) => void (await ask('POST', `${session}/url`, { url })),
    evaluate: (expression) => ask('POST', `${session}/execute/sync`, { script: `return (${expression});`, args: [] }),
    async press(...keys) {
      const actions = keys.flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]);
      await act({ type: 'key', id: 'keys', actions });
    },
    async drag(first, ...others) {
      const [down, up] = ['pointerDown', 'pointerUp'].map((type) => ({ type, button: 0 }));
      const actions = [to(first!), down, ...others.map(to), up];
      await act({ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions });
    },
    async wheel([x, y], deltaY) {
      const turn = { type: 'scroll', origin: 'viewport', x: Math.round(x), y: Math.round(y), deltaX: 0, deltaY };
      await act({ type: 'wheel', id: 'wheel', actions: [turn] });
    },
    async close() {
      await ask('DELETE', session).finally(end);
    },
  };
}

/** Asks again as long as nobody listens yet. */
async function whenItListens<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } };
      if (cause?.code !== 'ECONNREFUSED') throw error;
      await setTimeout(50);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Notes what goes wrong in a page, from the first of its scripts on. */
const note = `(() => {
  const complaints = [];
  globalThis.complaints = complaints;
  const { error, warn } = console;
  console.error = (...words) => { complaints.push('error: ' + words.join(' ')); error.apply(console, words); };
  console.warn = (...words) => { complaints.push('warning: ' + words.join(' ')); warn.apply(console, words); };
  addEventListener('error', (event) => complaints.push(event.message ?? 'not loaded: ' + event.target.outerHTML), true);
  addEventListener('unhandledrejection', ({ reason }) => complaints.push('rejected: ' + reason));
  addEventListener('securitypolicyviolation', (event) => complaints.push('forbidden: ' + event.violatedDirective));
})();
`;

/** A server that passes everything on to another. */
export interface Relay {
  readonly url: string;
  close(): void;
}

/**
 * Stands between a page and its server, and has the page note what goes wrong in `complaints`: this WebDriver tells
 * nothing of it, and runs no script before those of the page.
 */
export async function startRelay(url: string): Promise<Relay> {
  const server = createServer((asked, response) => {
    const { method, headers } = asked;
    const passed = request(new URL(asked.url!, url), { method, headers }, (answer) => {
      const isScript = asked.url!.endsWith('/main.js');
      const { 'content-length': _, ...others } = answer.headers;
      response.writeHead(answer.statusCode!, isScript ? others : answer.headers);
      if (isScript) response.write(note);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    asked.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const relayed = new URL(url);
  relayed.port = String(port);
  return {
    url: relayed.href,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
