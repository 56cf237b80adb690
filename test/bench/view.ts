// Measures `segtile view`: `npx tsx test/bench/view.ts --folder <folder>`. The folder keeps a slide of 35,000 × 25,000 px in
// tiles of JPEG and its mask with two million nuclei, which are made the first time. The server runs in a process of its own.
// Printed are: JPEG tiles a second, for tiles that were never asked for before and eight callers at a time; the memory of the
// server while `--pans` movements are played as fast as it goes, of which an hour has 3,600; in Chromium, the seconds to the
// first tile; and while a slide is moved at random for `--seconds`, how long any part of the view was empty, and the memory of
// the server and of the page. `--make` only makes the files.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { writeLabelMask } from '../../dist/mask/label-mask.js';
import { createRandom } from '../../dist/plan/sampling/random.js';
import type { Catalogue, OpenSlideCard, TiledImage } from '../../dist/view/messages.js';
import { startBrowser } from '../report/browser.ts';
import { machine, median } from './measuring/figures.ts';
import { nucleiRows } from './pictures/nuclei-rows.ts';
import { tissueTexture, writeSlide } from './pictures/slides.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    width: { type: 'string', default: '35000' },
    height: { type: 'string', default: '25000' },
    tiles: { type: 'string', default: '2000' },
    pans: { type: 'string', default: '3600' },
    seconds: { type: 'string', default: '60' },
    make: { type: 'boolean', default: false },
    'no-page': { type: 'boolean', default: false },
  },
});
if (values.folder === undefined) throw new Error('name a folder with --folder');
/** Looks at each frame whether a part of the slide's canvas is still transparent, and notes for how long. */
const WATCH_EMPTY = `
  globalThis.segtileEmpty = { spans: [] };
  const small = new OffscreenCanvas(48, 48).getContext('2d', { willReadFrequently: true });
  let since;
  const look = () => {
    const canvas = document.querySelector('.stage canvas');
    small.clearRect(0, 0, 48, 48);
    small.imageSmoothingEnabled = false;
    small.drawImage(canvas, 0, 0, 48, 48);
    const { data } = small.getImageData(0, 0, 48, 48);
    let some = false;
    for (let i = 3; i < data.length; i += 4) if (data[i] < 128) some = true;
    if (some) since ??= performance.now();
    else if (since !== undefined) {
      segtileEmpty.spans.push(performance.now() - since);
      since = undefined;
    }
    requestAnimationFrame(look);
  };
  look();
`;

const size = { width: Number(values.width), height: Number(values.height) };
const slide = join(values.folder, 'slide.tif');
const mask = join(values.folder, 'results/slide.mask.ome.tif');
await make();
if (!values.make) await measure();

async function make(): Promise<void> {
  mkdirSync(join(values.folder!, 'results'), { recursive: true });
  if (!existsSync(slide)) await writeSlide(slide, tissueTexture(), size);
  if (existsSync(mask)) return;
  const classes = [{ label: 1, name: 'nucleus', color: [0, 158, 115] as const }];
  const sink = await writeLabelMask(mask, { size, mpp: { x: 0.5, y: 0.5 }, classes, values: 'labels' });
  for (const rows of nucleiRows(size)) await sink.write(rows);
  await sink.finish();
}

async function measure(): Promise<void> {
  const program = fileURLToPath(new URL('../../bin/segtile.js', import.meta.url));
  const server = spawn(process.execPath, [program, 'view', join(values.folder!, 'results'), slide, '--quiet'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await new Promise<string>((resolve) =>
      server.stdout!.once('data', (text: Buffer) => resolve(String(text).trim())),
    );
    process.stdout.write(`${machine()}\n${size.width} × ${size.height} px\n`);
    const memory = watchMemory(server);
    const asking = await openAsking(url);
    await tileRate(asking, server);
    await pans(asking, memory.now);
    asking.close();
    if (!values['no-page']) await page(url, memory.now);
    process.stdout.write(`server: at most ${memory.most()} MB\n`);
    memory.end();
  } finally {
    server.kill('SIGINT');
  }
}

/** Resident memory of a process, in MB, looked at each half second. */
function watchMemory({ pid }: ChildProcess) {
  let most = 0;
  const now = (): number => {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    most = Math.max(most, Math.round(Number(kilobytes) / 1000));
    return Math.round(Number(kilobytes) / 1000);
  };
  const timer = setInterval(now, 500);
  return { now, most: () => most, end: () => clearInterval(timer) };
}

/** Seconds of processor time that a process has used. */
function processorSeconds({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The images that a slide is shown with, and what asks for their tiles. */
interface Asking {
  readonly picture: TiledImage;
  readonly mask: TiledImage;
  /** Asks for an address, and gives the number of bytes of the answer. */
  bytes(path: string): Promise<number>;
  close(): void;
}

async function openAsking(url: string): Promise<Asking> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const { origin } = new URL(url);
  const ask = (path: string, cookie = ''): Promise<{ body: Buffer; cookie: string }> =>
    new Promise((resolve, reject) => {
      request(`${origin}${path}`, { agent, headers: { cookie } }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`));
          resolve({ body: Buffer.concat(pieces), cookie: String(response.headers['set-cookie'] ?? '').split(';')[0]! });
        });
      })
        .on('error', reject)
        .end();
    });
  const { cookie } = await ask(`/${new URL(url).search}`);
  const json = async <T>(path: string): Promise<T> => JSON.parse(String((await ask(path, cookie)).body)) as T;
  const { slides } = await json<Catalogue>('/catalogue');
  const { picture, runs } = await json<OpenSlideCard>(`/slides/${slides[0]!.id}`);
  const bytes = async (path: string): Promise<number> => (await ask(path, cookie)).body.length;
  return { picture: picture!, mask: runs[0]!.mask!, bytes, close: () => agent.destroy() };
}

async function tileRate({ picture, mask, bytes: ask }: Asking, server: ChildProcess): Promise<void> {
  const random = createRandom(7, 'tiles');
  for (const [name, image] of [
    [`JPEG tiles of level 0 of ${picture.side} px`, picture],
    [`label tiles of level 0 of ${mask.side} px`, mask],
  ] as const) {
    const paths = [...new Set(Array.from({ length: Number(values.tiles) }, (_, i) => tilePath(image, random.pair(i))))];
    for (const path of paths.splice(0, 20)) await ask(path);
    const [began, used] = [performance.now(), processorSeconds(server)];
    const queue = paths.values();
    let bytes = 0;
    const caller = async (): Promise<void> => {
      for (const path of queue) {
        const own = await ask(path);
        bytes += own;
      }
    };
    await Promise.all(Array.from({ length: 8 }, caller));
    const seconds = (performance.now() - began) / 1000;
    const spent = (1000 * (processorSeconds(server) - used)) / paths.length;
    process.stdout.write(
      `${name}: ${(paths.length / seconds).toFixed(0)} a second, ${spent.toFixed(1)} ms of processor each, ${(bytes / paths.length / 1000).toFixed(0)} kB\n`,
    );
  }
}

function tilePath({ id, width, height, side, ending }: TiledImage, [x, y]: readonly [number, number]): string {
  return `/tiles/${id}/0/${Math.floor((x * width) / side)}_${Math.floor((y * height) / side)}.${ending}`;
}

/** The tiles of an image in a view of some px of the screen, around a place, after some halvings. */
function tilesAround(image: TiledImage, halvings: number, x: number, y: number, width: number, height: number): string[] {
  const step = image.side * 2 ** halvings;
  const span = (middle: number, length: number, whole: number): readonly [number, number] => [
    Math.max(0, Math.floor((middle - (length * 2 ** halvings) / 2) / step)),
    Math.min(Math.ceil(whole / step) - 1, Math.floor((middle + (length * 2 ** halvings) / 2) / step)),
  ];
  const [left, right] = span(x, width, image.width);
  const [top, bottom] = span(y, height, image.height);
  const paths: string[] = [];
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++)
      paths.push(`/tiles/${image.id}/${halvings}/${column}_${row}.${image.ending}`);
  return paths;
}

/** Moves at random, far now and then, and asks for all tiles in view that were not in view before. */
async function pans({ picture, mask, bytes }: Asking, serverMemory: () => number): Promise<void> {
  const random = createRandom(5, 'pans');
  const count = Number(values.pans);
  const memories = [serverMemory()];
  let [x, y, halvings, asked] = [size.width / 2, size.height / 2, 2, 0];
  let seen = new Set<string>();
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const [a, b] = random.pair(2 * i);
    const [c] = random.pair(2 * i + 1);
    const reach = i % 40 === 39 ? size.width : 900 * 2 ** halvings;
    x = Math.min(size.width, Math.max(0, x + reach * (a - 0.5)));
    y = Math.min(size.height, Math.max(0, y + reach * (b - 0.5)));
    if (i % 10 === 9) halvings = Math.min(4, Math.max(0, halvings + (c < 0.5 ? -1 : 1)));
    const view = [picture, mask].flatMap((image) => tilesAround(image, halvings, x, y, 730, 860));
    const queue = view.filter((path) => !seen.has(path)).values();
    seen = new Set(view);
    const caller = async (): Promise<void> => {
      for (const path of queue) {
        await bytes(path);
        asked++;
      }
    };
    await Promise.all(Array.from({ length: 6 }, caller));
    if ((i + 1) % Math.ceil(count / 4) === 0) memories.push(serverMemory());
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  process.stdout.write(`${count} movements, ${asked} tiles in ${seconds} s: server at ${memories.join(', ')} MB\n`);
}

async function page(url: string, serverMemory: () => number): Promise<void> {
  const browser = await startBrowser();
  try {
    const opened = await browser.newPage({ viewport: { width: 1280, height: 900 }, bypassCSP: true });
    await opened.goto(`${url}#show=mask,outlines`);
    await drawn(opened);
    const first = (await opened.evaluate(
      "Math.min(...performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.jpg')).map(({ responseEnd }) => responseEnd))",
    )) as number;
    process.stdout.write(`page: first tile after ${(first / 1000).toFixed(2)} s\n`);
    await opened.evaluate(`location.hash = '#show=mask,outlines&at=17000,12000,0.5,0'`);
    await drawn(opened);
    await opened.evaluate(WATCH_EMPTY);
    const random = createRandom(3, 'pans');
    const until = performance.now() + 1000 * Number(values.seconds);
    const sharp: number[] = [];
    const memories: string[] = [];
    let next = performance.now();
    for (let i = 0; performance.now() < until; i++) {
      const [dx, dy] = random.pair(i);
      const stage = { x: 240 + 360, y: 470 };
      await opened.mouse.move(stage.x, stage.y);
      await opened.mouse.down();
      await opened.mouse.move(stage.x + 500 * (dx - 0.5), stage.y + 600 * (dy - 0.5), { steps: 6 });
      await opened.mouse.up();
      if (i % 10 === 9) await opened.mouse.wheel(0, dx < 0.5 ? 200 : -200);
      const began = performance.now();
      await drawn(opened);
      sharp.push(performance.now() - began);
      if (i % 40 === 39)
        await opened.evaluate(`location.hash = '#show=mask,outlines&at=${2000 + dx * 31000},${2000 + dy * 21000},0.5,0'`);
      if (performance.now() < next) continue;
      next += Math.max(5000, 100 * Number(values.seconds));
      const heap = (await opened.evaluate('performance.memory.usedJSHeapSize')) as number;
      memories.push(`${serverMemory()}/${Math.round(heap / 1e6)}`);
    }
    const empty = (await opened.evaluate('segtileEmpty.spans')) as number[];
    const sorted = sharp.sort((a, b) => a - b);
    process.stdout.write(
      `${sharp.length} movements in ${values.seconds} s: sharp after ${median(sharp).toFixed(0)} ms, 95 % after ${sorted[Math.floor(0.95 * sorted.length)]!.toFixed(0)} ms\n`,
    );
    process.stdout.write(
      `empty patches: ${empty.length}, ${empty.filter((each) => each > 200).length} over 200 ms, the longest ${Math.round(Math.max(0, ...empty))} ms\n`,
    );
    process.stdout.write(`memory of server/heap of page over time, in MB: ${memories.join(' ')}\n`);
  } finally {
    await browser.close();
  }
}

function drawn(on: Page): Promise<unknown> {
  return on.waitForFunction('globalThis.segtileDrawn === true', undefined, { polling: 20 });
}
