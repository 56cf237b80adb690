import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { runThreshold } from '../../dist/commands/threshold/index.js';
import { writeProbabilityMap } from '../../dist/mask/probability-map.js';
import { startView } from '../../dist/pipeline/view/start-view.js';
import type { MaskClass } from '../../dist/types.js';
import type { RunningServer } from '../../dist/view/server.js';
import { disc, folder, writeSlide } from '../cli/door.js';

/** Level 0 of the slide. */
export const size = { width: 1600, height: 1200 };

export const classes: readonly MaskClass[] = [
  { label: 1, name: 'disc', color: [0, 158, 115] },
  { label: 2, name: '<b>ring</b>', color: [230, 159, 0] },
];

/** A folder with a slide, and one with its probabilities, at half the resolution, and a mask of them. */
export interface Fixture {
  readonly slide: string;
  readonly results: string;
  readonly mask: string;
  readonly probabilities: string;
}

/** How far a place is from the middle of the slide, as a share of the radius of the disc. */
const distance = (x: number, y: number): number => Math.hypot(x - 800, y - 600) / 400;

/** The probability of each channel at a place of level 0: of background, of the disc, of the ring around it. */
function scoresAt(x: number, y: number): readonly [number, number, number] {
  const inside = 1 / (1 + Math.exp(12 * (distance(x, y) - 1)));
  const ring = Math.exp(-(((distance(x, y) - 1.2) / 0.2) ** 2)) * (1 - inside);
  return [1 - inside - ring, inside, ring];
}

/** Makes both folders. */
export async function makeFixture(): Promise<Fixture> {
  const [slides, results] = [folder(), folder()];
  const slide = await writeSlide(join(slides, 'a.tif'), size.width, size.height, disc(800, 600, 400), { mpp: 0.5 });
  const probabilities = join(results, 'a.probabilities.ome.tif');
  const [width, height] = [size.width / 2, size.height / 2];
  const mask = { ...size, mpp: { x: 0.5, y: 0.5 } };
  const map = { classes, labels: [0, 1, 2], exclusive: true, samples: 'uint8', mask } as const;
  const sink = await writeProbabilityMap(probabilities, { size: { width, height }, mpp: { x: 1, y: 1 }, map });
  const data = new Float32Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const [c, p] of scoresAt(2 * x + 1, 2 * y + 1).entries()) data[(c * height + y) * width + x] = p;
    }
  }
  await sink.write({ y: 0, height, blocks: [{ x: 0, y: 0, width, height, classes: 3, data }] });
  await sink.finish();
  await thresholded(probabilities, undefined, results);
  return { slide, results, mask: join(results, 'a.mask.ome.tif'), probabilities };
}

/** Makes a mask of probabilities as the command does. */
export async function thresholded(probabilities: string, thresholds: ReadonlyMap<string, number> | undefined, output: string) {
  const silent = { isTTY: false, write: () => true };
  const shell = { stdout: silent, stderr: silent, signal: new AbortController().signal };
  const options = { maskValues: 'labels', enlarge: 'labels', objectType: 'annotation', output, quiet: true } as const;
  const code = await runThreshold([probabilities], { ...options, ...(thresholds && { threshold: thresholds }) }, shell);
  if (code !== 0) throw new Error(`segtile threshold ended with ${code}`);
  return join(output, 'a.mask.ome.tif');
}

/** A fixture, another result and a truth of its slide, and a server that shows them. */
export async function showFixture(): Promise<{ readonly fixture: Fixture; readonly server: RunningServer }> {
  const fixture = await makeFixture();
  const [truth, other] = [await thresholded(fixture.probabilities, new Map([['disc', 0.2]]), folder()), folder()];
  await thresholded(fixture.probabilities, new Map([['disc', 0.3]]), other);
  const paths = [fixture.results, other, fixture.slide];
  const { server } = await startView({ truth, classes: undefined, paths, host: '127.0.0.1', port: 0 });
  return { fixture, server };
}

/** What a server answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Asks a server, with whatever headers. */
export function asked(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  body = '',
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Sends bytes as they are, and gives the first line of what came back. */
export function sent(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
    });
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''));
  });
}
