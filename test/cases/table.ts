import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type Ended, folder, readMask, type Start, segtile } from '../cli/door.ts';

/** The folder of small inputs that failed once, which is not part of the repository. */
const home = `${process.env.SEGTILE_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url))}/cases`;

/** Whether that folder is here. */
export const casesAreHere: boolean = existsSync(home);

/** Where one row of the table works: an empty folder of its own. */
export interface Room {
  /** Full path of the empty folder. */
  readonly cwd: string;
  /** Path of an input below `../shared/cases`, such as `mpp/ij.tif`. */
  input(name: string): string;
  /** Copies inputs into the folder, for what is found beside them or by name. Returns their paths in order. */
  copy(...names: readonly string[]): string[];
  /** Runs `segtile` in the folder. */
  segtile(args: readonly string[], start?: Start): Promise<Ended>;
  /** Runs `segtile infer SLIDE -m MODEL --window 256 --device cpu …`, which has to succeed, and counts the labelled pixels. */
  labelled(slide: string, model: string, ...words: readonly string[]): Promise<Labelled>;
}

/** What a run labelled. */
export interface Labelled extends Ended {
  readonly width: number;
  readonly height: number;
  /** Pixels that are not background. */
  readonly px: number;
  /** One label a pixel, row by row. */
  readonly labels: Buffer;
}

/** A row of the table: an input, or a few, and what is right. */
export interface Case {
  /** Starts with the path of the input below `../shared/cases`. */
  readonly name: string;
  readonly check: (room: Room) => Promise<void>;
}

/** Makes the folder that a row works in. */
export function createRoom(): Room {
  const cwd = folder();
  const input = (name: string) => {
    const path = join(home, name);
    expect(existsSync(path), `${path} is there`).toBe(true);
    return path;
  };
  const copy = (...names: readonly string[]) =>
    names.map((name) => {
      const to = join(cwd, basename(name));
      copyFileSync(input(name), to);
      return to;
    });
  const run = (args: readonly string[], start?: Start) => segtile(args, { cwd, ...start });
  const labelled = async (slide: string, model: string, ...words: readonly string[]) => {
    const out = join(cwd, 'out');
    mkdirSync(out, { recursive: true });
    const window = words.includes('--window') ? [] : ['--window', '256'];
    const ended = await run(['infer', slide, '-m', model, ...window, '--device', 'cpu', '-o', 'out', ...words]);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const name = readdirSync(out).find((file) => file.endsWith('.mask.ome.tif'));
    const { width, height, data } = await readMask(join(out, name!));
    return { ...ended, width, height, labels: data, px: data.reduce((sum, label) => sum + (label > 0 ? 1 : 0), 0) };
  };
  return { cwd, input, copy, segtile: run, labelled };
}

/** Labelled pixels of a rectangle of a mask. */
export function labelledIn(mask: Labelled, left: number, top: number, width: number, height: number): number {
  let px = 0;
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) if (mask.labels[y * mask.width + x]! > 0) px++;
  }
  return px;
}

/** Expects an error in words: an exit code of 1 or 2, one that says what it should, and no stack trace. */
export function expectError(ended: Ended, ...says: readonly RegExp[]): void {
  expect([1, 2], ended.stderr).toContain(ended.code);
  expect(ended.stderr).not.toMatch(/^\s+at .+:\d+:\d+/m);
  for (const words of says) expect(ended.stderr).toMatch(words);
}
