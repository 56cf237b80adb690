import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromFile } from 'geotiff';
import sharp from 'sharp';
import { afterAll, expect } from 'vitest';
import { runProgram } from '../../dist/cli.js';
import { guarded } from '../../dist/commands/running/shell.js';
import { setUpEngine } from '../../dist/pipeline/process.js';
import { openProbabilities } from '../../dist/slide/probabilities.js';
import type { ProgressStream } from '../../dist/terminal/progress.js';

/** The program as a user starts it. */
export const program: string = fileURLToPath(new URL('../../bin/segtile.js', import.meta.url));

const home = mkdtempSync(join(tmpdir(), 'segtile-cli-'));
let folders = 0;
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** An empty folder of its own, which goes when the tests are done. */
export function folder(): string {
  return mkdtempSync(join(home, `${folders++}-`));
}

/** What a process left. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a process is started, and what is done to it on its way. */
export interface Start {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Is called with all of standard error so far, each time more comes. */
  readonly onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
  /** The same for standard output. */
  readonly onStdout?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Seconds after which a process counts as hung and is killed: many times what any takes, as a machine may have other things to do. */
const LONGEST = 600;

/** Runs a program to its end. */
export function run(command: string, args: readonly string[], { cwd, env, onStderr, onStdout }: Start = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
    const child = spawn(command, args, { cwd, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    const hung = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} ${args.join(' ')} hung for ${LONGEST} s\n${stderr}`));
    }, LONGEST * 1000);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onStdout?.(stdout, (signal) => child.kill(signal));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onStderr?.(stderr, (signal) => child.kill(signal));
    });
    child.on('error', reject).on('close', (code, signal) => {
      clearTimeout(hung);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** Runs `segtile` in a process of its own. */
export function segtileProcess(args: readonly string[], start?: Start): Promise<Ended> {
  return run(process.execPath, [program, ...args], start);
}

/**
 * Runs `segtile` as a process would, but inside this one where nothing asks for another: most of what a short process does is to load code. They run one
 * after the other, as a process has one working directory.
 */
export function segtile(args: readonly string[], start: Start = {}): Promise<Ended> {
  const { cwd, ...others } = start;
  if (Object.keys(others).length > 0) return segtileProcess(args, start);
  const ended = turn.then(() => segtileHere(args, cwd ?? process.cwd()));
  turn = ended.catch(() => undefined);
  return ended;
}

// As `main` does.
setUpEngine();

let turn: Promise<unknown> = Promise.resolve();

async function segtileHere(args: readonly string[], cwd: string): Promise<Ended> {
  const before = process.cwd();
  const said = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof said): ProgressStream =>
    guarded({
      write: (text: string) => {
        said[name] += text;
        return true;
      },
    } as NodeJS.WriteStream);
  process.chdir(cwd);
  try {
    const shell = { stdout: stream('stdout'), stderr: stream('stderr'), signal: new AbortController().signal };
    const code = await runProgram([process.execPath, program, ...args], shell);
    return { code, signal: null, ...said };
  } finally {
    process.chdir(before);
  }
}

/** Runs `segtile`, which has to succeed. */
export async function segtileWell(args: readonly string[], start?: Start): Promise<Ended> {
  const ended = await segtile(args, start);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  return ended;
}

/** Every file below a folder, hidden ones too, in order. */
export function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();
}

/** The colour of a pixel. */
export type Paint = (x: number, y: number) => readonly [red: number, green: number, blue: number];

/** A hash of a place: no two neighbours alike, no row or column like another. */
export const speckled: Paint = (x, y) => {
  const hash = Math.imul(Math.imul(x + 1, 73856093) ^ Math.imul(y + 1, 19349663), 0x5bd1e995);
  return [(hash >>> 24) & 255, (hash >>> 16) & 255, (hash >>> 8) & 255];
};

/** Glass with one disc of stained tissue in the middle of the given box. */
export function disc(centerX: number, centerY: number, radius: number): Paint {
  return (x, y) => (Math.hypot(x - centerX, y - centerY) < radius ? [150, 60, 140] : [243, 243, 243]);
}

/** Interleaved RGB samples of a painted picture. */
export function painted(width: number, height: number, paint: Paint): Buffer {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = paint(x, y);
      data[i++] = red;
      data[i++] = green;
      data[i++] = blue;
    }
  }
  return data;
}

/** What may differ between slides of one picture. */
export interface SlideForm {
  readonly pyramid?: boolean;
  /** Micrometres per pixel. */
  readonly mpp?: number;
}

/** Writes a painted picture as a tiled TIFF. */
export async function writeSlide(
  path: string,
  width: number,
  height: number,
  paint: Paint,
  { pyramid = true, mpp }: SlideForm = {},
): Promise<string> {
  const tiff = { compression: 'deflate', tile: true, tileWidth: 128, tileHeight: 128, pyramid } as const;
  // sharp takes pixels per mm, and writes them per cm when asked.
  const scale = mpp === undefined ? {} : ({ xres: 1000 / mpp, yres: 1000 / mpp, resolutionUnit: 'cm' } as const);
  await sharp(painted(width, height, paint), { raw: { width, height, channels: 3 } })
    .tiff({ ...tiff, ...scale })
    .toFile(path);
  return path;
}

/** Writes bytes to a file in a folder. */
export function save(where: string, name: string, content: Uint8Array | string): string {
  const path = join(where, name);
  writeFileSync(path, content);
  return path;
}

/** The labels of a mask, as sharp reads them. */
export async function readMask(path: string): Promise<{ width: number; height: number; data: Buffer }> {
  const { data, info } = await sharp(path).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(1);
  return { width: info.width, height: info.height, data };
}

/** The labels of a mask, as geotiff.js reads them. */
export async function readMaskAgain(path: string): Promise<{ width: number; height: number; data: Buffer }> {
  const tiff = await fromFile(path);
  try {
    const image = await tiff.getImage();
    const [band] = await image.readRasters();
    return { width: image.getWidth(), height: image.getHeight(), data: Buffer.from(band as Uint8Array) };
  } finally {
    tiff.close();
  }
}

/** What a file of probabilities holds. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  /** One a channel, row by row; NaN where no window looked. */
  readonly planes: readonly Float32Array[];
}

/** The probabilities that a run wrote. */
export async function readPlanes(path: string): Promise<Planes> {
  const probabilities = await openProbabilities(path);
  const { width, height, map } = probabilities;
  const planes = map.labels.map(() => new Float32Array(width * height).fill(Number.NaN));
  for await (const { y, height: rows, blocks } of probabilities.readScores(new AbortController().signal)) {
    for (const { x, width: wide, data } of blocks) {
      for (const [channel, plane] of planes.entries()) {
        for (let row = 0; row < rows; row++) {
          const from = (channel * rows + row) * wide;
          plane.set(data.subarray(from, from + wide), (y + row) * width + x);
        }
      }
    }
  }
  await probabilities.close();
  return { width, height, planes };
}

/** Expects two lists of labels to be the same, and says where they first differ. */
export function expectLabels(got: Buffer, width: number, wanted: (x: number, y: number) => number): void {
  for (let at = 0; at < got.length; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    const label = wanted(x, y);
    if (got[at] !== label) throw new Error(`expected label ${label} at (${x}, ${y}) but got ${got[at]}`);
  }
}
