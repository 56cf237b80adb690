import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { disc, filesIn, folder, save, segtile, segtileProcess, writeSlide } from '../cli/door.js';
import { unet } from '../model/networks.js';

const cwd = folder();
const names = ['a', 'b', 'c', 'd', 'e', 'f'];

beforeAll(async () => {
  const first = await writeSlide(join(cwd, 'slide.tif'), 420, 300, disc(200, 150, 140));
  for (const name of names) cpSync(first, join(cwd, 'slides', `${name}.tif`), { recursive: true });
  save(cwd, 'net.onnx', unet(0.1));
});

const infer = (output: string): string[] => [
  ...['infer', 'slides', '-m', 'net.onnx', '--window', '96', '--workers', '1', '--tissue', 'none', '--no-preview'],
  ...['-o', output, '--json', '--quiet', '--wait'],
];

/** The slides of lines of JSON that have a status. */
function slidesOf(stdout: string, status: string): string[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  const facts = lines.map((line) => JSON.parse(line) as { status: string; slide: { path: string } });
  return facts.filter((each) => each.status === status).map(({ slide }) => slide.path);
}

test('processes that are started on the same slides share them: each is run once, and that of one that is killed is taken over', async () => {
  let killed = false;
  const victim = segtileProcess(infer('out'), {
    cwd,
    onStdout: (_, kill) => {
      // It has done one slide, and is in the next.
      if (!killed) setTimeout(kill, 150, 'SIGKILL');
      killed = true;
    },
  });
  const others = [1, 2].map(() => segtileProcess(infer('out'), { cwd, env: {} }));
  const [first, ...rest] = await Promise.all([victim, ...others]);
  expect(first).toMatchObject({ signal: 'SIGKILL' });
  for (const each of rest) expect(each, each.stderr).toMatchObject({ code: 0 });
  const done = [first!, ...rest].flatMap(({ stdout }) => slidesOf(stdout, 'done'));
  const made = filesIn(join(cwd, 'out')).filter((name) => name.endsWith('.run.json'));
  expect(made).toEqual(names.map((name) => `${name}.run.json`));
  // The one that was killed may have ended a slide without having said so.
  expect(new Set(done).size).toBe(done.length);
  expect(done.length).toBeGreaterThanOrEqual(names.length - 1);
  expect(filesIn(join(cwd, 'out')).filter((name) => name.startsWith('.'))).toEqual([]);
  const again = await segtile(infer('out'), { cwd });
  expect(slidesOf(again.stdout, 'kept')).toHaveLength(names.length);
});
