import { statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { addInferOptions } from '../../dist/commands/infer/options.js';
import { parseGiven } from '../../dist/commands/options/given.js';
import { filesIn, folder, segtileProcess } from '../cli/door.js';
import { random } from '../model/networks.js';
import { forget, killOnce } from './kills.js';
import { resultOf } from './lasting.js';
import { forgetShared, makeScene, type Scene, sharedRows } from './scene.js';

let scene: Scene;
let args: (output: string) => string[];
let wanted: object;
let lasted: number;

beforeAll(async () => {
  scene = await makeScene();
  const { slide, runs } = scene;
  const { words } = parseGiven('infer', addInferOptions, { ...runs['every output'], history: false, workers: 1 }, []);
  args = (output) => ['infer', slide, ...words, '-o', output];
  const output = join(folder(), 'out');
  const began = performance.now();
  expect(await segtileProcess(args(output))).toMatchObject({ code: 0 });
  lasted = performance.now() - began;
  wanted = results(output);
});

function results(output: string): object {
  const { 'summary.csv': _, ...others } = resultOf(output);
  return { ...others, shared: sharedRows(scene) };
}

test('after a kill at any moment, one more start leaves what an undisturbed run leaves, and nothing else', async () => {
  const next = random(11);
  for (let i = 0; i < 5; i++) {
    // A disk that loses power keeps some of what it was not told to keep yet.
    const cut = i === 2 ? (size: number): number => Math.floor(next() * size) : undefined;
    const killed = await killOnce(args, Math.round((0.1 + 0.95 * next()) * lasted), {
      cut,
      prepare: () => forgetShared(scene),
    });
    expect(results(killed.output), `killed after ${killed.after} of ${Math.round(lasted)} ms`).toEqual(wanted);
    expect(filesIn(killed.output).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(statSync(join(killed.output, 'slide.run.json')).size).toBeGreaterThan(0);
    forget(killed);
  }
});
