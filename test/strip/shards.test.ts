import { cpSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { addInferOptions } from '../../dist/commands/infer/options.js';
import { parseGiven } from '../../dist/commands/options/given.js';
import type { SegmentOptions } from '../../dist/index.js';
import { filesIn, folder, segtile, segtileWell } from '../cli/door.js';
import { random } from '../model/networks.js';
import { resultOf } from './lasting.js';
import { deadClaim } from './results.js';
import { forgetShared, makeScene, type Scene, sharedRows } from './scene.js';

let scene: Scene;
const wholes = new Map<string, object>();

beforeAll(async () => {
  scene = await makeScene();
});

/** The options of a run as they are typed. */
function typed(given: SegmentOptions): readonly string[] {
  return parseGiven('infer', addInferOptions, { ...given, history: false, workers: 1 }, []).words;
}

function infer(name: keyof Scene['runs'], output: string, ...more: readonly string[]): string[] {
  return ['infer', scene.slide, ...typed(scene.runs[name]), '--quiet', '-o', output, ...more];
}

/** What the run leaves that is not shared out, and puts into shared files. */
async function whole(name: keyof Scene['runs']): Promise<object> {
  const known = wholes.get(name);
  if (known) return known;
  const output = join(folder(), 'out');
  forgetShared(scene);
  await segtileWell(infer(name, output));
  const made = results(output);
  wholes.set(name, made);
  return made;
}

/** Without the table of all slides, which tells where they lie. */
function results(output: string): object {
  const { 'summary.csv': _, ...others } = resultOf(output);
  return { ...others, shared: sharedRows(scene) };
}

describe('the merge of all shards has the bytes of the whole run', () => {
  test.each([
    ['every output', [1, 5]],
    ['scales and turns', [3]],
    ['an ensemble, cleaned', [9]],
    ['one window a pixel, in a region', [4]],
    ['a mask made of scores', [2]],
    ['a coarser image', [4]],
    ['a gate and a veto', [3]],
  ] as const)('%s', async (name, counts) => {
    const wanted = await whole(name);
    for (const count of counts) {
      const output = join(folder(), 'out');
      forgetShared(scene);
      const next = random(count);
      const order = Array.from({ length: count }, (_, i) => i + 1).sort(() => next() - 0.5);
      for (const index of order) await segtileWell(infer(name, output, '--shard', `${index}/${count}`, '--shard-rows'));
      expect(filesIn(output)).toHaveLength(count);
      await segtileWell(['merge', output, '--quiet', '--no-history']);
      expect(results(output), `${count} shards`).toEqual(wanted);
    }
  });
});

describe('shards', () => {
  const name = 'every output';
  let shards: string;

  beforeAll(async () => {
    shards = join(folder(), 'out');
    forgetShared(scene);
    for (const index of [1, 2, 3]) await segtileWell(infer(name, shards, '--shard', `${index}/3`));
  });

  const copy = (): string => {
    forgetShared(scene);
    const output = join(folder(), 'out');
    cpSync(shards, output, { recursive: true });
    return output;
  };

  test('are kept, and say what they are', async () => {
    const output = copy();
    const { stdout } = await segtileWell(infer(name, output, '--shard', '2/3'));
    expect(stdout).toMatch(/slide\.tif: kept, shard 2 of 3, rows \d+ to \d+, .*slide\.shard-2-of-3\.strips\n$/);
    const facts = JSON.parse((await segtileWell(infer(name, output, '--shard', '2/3', '--json'))).stdout);
    expect(facts).toMatchObject({ status: 'kept', slide: { path: scene.slide }, shard: { index: 2, count: 3 } });
    const other = await segtile(infer(name, output, '--shard', '2/3', '--min-object', '9px'));
    expect(other).toMatchObject({ code: 1 });
    expect(other.stderr).toMatch(
      /shard-2-of-3\.strips belongs to a run with other settings: --min-object was not given, is 9px now/,
    );
  });

  test('of which a killed run left the hidden name, too, or its claim, lose it when they are kept', async () => {
    const output = copy();
    await deadClaim(output, 'slide.shard-2-of-3');
    expect((await segtileWell(infer(name, output, '--shard', '2/3'))).stdout).toContain('kept, shard 2 of 3');
    expect(filesIn(output)).toEqual(filesIn(shards));
    linkSync(join(output, 'slide.shard-2-of-3.strips'), join(output, '.slide.shard-2-of-3.strips'));
    expect((await segtileWell(infer(name, output, '--shard', '2/3'))).stdout).toContain('kept, shard 2 of 3');
    expect(filesIn(output)).toEqual(filesIn(shards));
  });

  test('that are missing are named, and the merge waits for nothing', async () => {
    const output = copy();
    rmSync(join(output, 'slide.shard-2-of-3.strips'));
    const ended = await segtile(['merge', output]);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/slide: shard 2 of 3 is missing\n.*--shard 2\/3/);
    rmSync(join(output, 'slide.shard-3-of-3.strips'));
    expect((await segtile(['merge', output])).stderr).toContain('shards 2, 3 of 3 are missing');
  });

  test('that are damaged are no part of a mask', async () => {
    for (const place of [0.3, 0.9]) {
      const output = copy();
      const path = join(output, 'slide.shard-1-of-3.strips');
      const bytes = readFileSync(path);
      bytes[Math.floor(bytes.length * place)]! ^= 16;
      writeFileSync(path, bytes);
      const ended = await segtile(['merge', output]);
      expect(ended).toMatchObject({ code: 1 });
      expect(ended.stderr).toMatch(/slide\.shard-1-of-3\.strips is damaged: it is whole up to row \d+/);
      expect(filesIn(output)).toHaveLength(3);
    }
  });

  test('go when they are merged; the result is kept by both commands then', async () => {
    const output = copy();
    await segtileWell(['merge', output]);
    expect(filesIn(output).filter((each) => each.includes('strips'))).toEqual([]);
    expect(await segtileWell(['merge', output])).toMatchObject({ stdout: '' });
    for (const more of [[], ['--shard', '3/3']])
      expect((await segtileWell(infer(name, output, ...more))).stdout).toContain(': kept, since it was done before');
    expect(await segtile(['merge', folder()])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there are no shards in'),
    });
  });

  test('that a killed merge has not deleted yet go when it is started again', async () => {
    const output = copy();
    await segtileWell(['merge', output]);
    const made = results(output);
    for (const left of [[3], [1, 2]]) {
      for (const index of left)
        cpSync(join(shards, `slide.shard-${index}-of-3.strips`), join(output, `slide.shard-${index}-of-3.strips`));
      expect((await segtileWell(['merge', output])).stdout).toContain('kept');
      expect(results(output)).toEqual(made);
    }
  });

  test('a dry run says which rows are whose, and what is run twice', async () => {
    const output = folder();
    const { stdout } = await segtileWell(infer(name, output, '--shard', '2/3', '--dry-run'));
    expect(stdout).toMatch(
      /shard +2 of 3, rows \d+ to \d+, columns 0 to 330, \d+ windows; all shards together run 1\.\d+ times the windows of one run/,
    );
    expect(filesIn(output)).toEqual([]);
  });

  test('of a Slurm array take their number from it', async () => {
    const env = { SLURM_ARRAY_TASK_ID: '12', SLURM_ARRAY_TASK_MIN: '11', SLURM_ARRAY_TASK_COUNT: '3' };
    const output = copy();
    const args = infer(name, output, '--shard', 'auto');
    expect((await segtileWell(args, { env })).stdout).toContain('kept, shard 2 of 3');
    const alone = await segtile(args);
    expect(alone).toMatchObject({ code: 2 });
    expect(alone.stderr).toContain('is auto, but this is not a job of a Slurm array without gaps: SLURM_ARRAY_TASK_ID not set');
    for (const wrong of ['0/3', '4/3', 'x', '1'])
      expect(await segtile(infer(name, output, '--shard', wrong))).toMatchObject({ code: 2 });
  });
});

test('of many slides each shard runs whole ones, and all of them together each once', async () => {
  const slides = folder();
  for (const name of ['a', 'b', 'c', 'd', 'e']) cpSync(scene.slide, join(slides, `${name}.tif`));
  const output = join(folder(), 'out');
  const args = ['infer', slides, ...typed({ model: scene.runs['every output'].model, window: 96, preview: false })];
  const seen: string[] = [];
  for (const index of [1, 2]) {
    const { stdout } = await segtileWell([...args, '--json', '--quiet', '-o', output, '--shard', `${index}/2`]);
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(2);
    seen.push(...lines.map((line) => JSON.parse(line).slide.path));
  }
  expect(seen.sort()).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => join(slides, `${name}.tif`)));
});
