import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { disc, filesIn, folder, segtile, segtileWell, writeSlide } from '../door.js';

const cwd = folder();
const history = join(cwd, 'segtile-out', 'runs.jsonl');
const infer = (...more: string[]) =>
  segtileWell(
    ['infer', 'slide.tif', '-m', 'hematoxylin', '--window', '128', '--quiet', '--no-preview', '--overwrite', ...more],
    { cwd },
  );
const lines = (): Record<string, unknown>[] =>
  readFileSync(history, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), 400, 300, disc(200, 150, 90));
  await infer();
  await infer('--blend', 'hann', '--stride', '32');
});

test('every run is a line, by the id that its record has', () => {
  const record = JSON.parse(readFileSync(join(cwd, 'segtile-out', 'slide.run.json'), 'utf8'));
  expect(lines()).toMatchObject([
    { kind: 'run', command: 'infer', settings: { blend: 'gaussian', stride: '64x64' } },
    { kind: 'run', id: record.id, settings: { blend: 'hann', stride: '32x32' }, measured: { windows: record.windows.run } },
  ]);
});

test('a run may go into another history, or none', async () => {
  const before = lines().length;
  await infer('--no-history', '-o', 'none');
  expect(filesIn(join(cwd, 'none'))).toEqual(['slide.mask.ome.tif', 'slide.run.json']);
  await infer('--history', 'mine.jsonl', '-o', 'none');
  expect(readFileSync(join(cwd, 'mine.jsonl'), 'utf8').split('\n')).toHaveLength(2);
  expect(lines()).toHaveLength(before);
});

test('they are listed, and two are set side by side with what differs and nothing else', async () => {
  const [first, second] = lines().map(({ id }) => String(id));
  const { stdout } = await segtileWell(['runs'], { cwd });
  expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  expect(stdout).toContain(`${first}  `);
  expect((await segtileWell(['runs', 'segtile-out'], { cwd })).stdout).toBe(stdout);
  const side = (await segtileWell(['runs', first!.slice(0, 6), second!], { cwd })).stdout;
  expect(side).toMatch(/blend +gaussian +hann\n/);
  expect(side).toMatch(/stride +64x64 +32x32\n/);
  expect(side).not.toMatch(/window +128/);
});

test("scores of a run's mask and a leaderboard's go with it, and their correlation is told", async () => {
  const runs = lines().filter(({ kind }) => kind === 'run');
  const copy = join(cwd, 'copy.jsonl');
  const more = [0.7, 0.8, 0.75].map((dice, i) => ({ ...runs[0], id: `0000000${i}`, result: `/mask-${i}.tif`, dice }));
  writeFileSync(copy, more.map((run) => `${JSON.stringify(run)}\n`).join(''));
  for (const { result, dice } of more) {
    const scores = { kind: 'scores', id: 'x', time: '2026-01-01', command: 'evaluate', result, truth: 't', scores: { dice } };
    appendFileSync(copy, `${JSON.stringify(scores)}\n`);
  }
  for (const [i, score] of ['0.60', '0.70', '0.67'].entries()) {
    await segtileWell(['runs', 'note', `0000000${i}`, '--leaderboard', score, '--history', copy], { cwd });
  }
  const { stdout } = await segtileWell(['runs', '--history', copy], { cwd });
  // Pearson's r of (0.7, 0.8, 0.75) and (0.6, 0.7, 0.67): 0.05 * 0.1 / (sqrt(0.005) * sqrt(0.0052666...)).
  expect(stdout).toContain('correlation of dice with the leaderboard over 3 runs: 0.97, of their ranks 1.00');
  expect(stdout).toMatch(/00000001 .* 0\.8 +0\.7\n/);
});

test.each([
  [['runs', 'abc', 'def'], 2, /has no run abc/],
  [['runs', 'abc'], 2, /expected two runs to compare but got one that is no folder, abc/],
  [['runs', 'note', 'abc'], 2, /nothing to note/],
  [['runs', '--history', 'nowhere'], 1, /there is no history nowhere/],
])('%s is refused', async (args, code, message) => {
  const ended = await segtile(args, { cwd });
  expect(ended.code).toBe(code);
  expect(ended.stderr).toMatch(message);
});

test('lines that are none are passed over and named', async () => {
  const bad = join(cwd, 'bad.jsonl');
  writeFileSync(bad, '{"kind":"run","id":"a"}\nnonsense\n');
  const { stdout, stderr } = await segtileWell(['runs', '--history', bad], { cwd });
  expect(stdout).toBe('no runs yet\n');
  expect(stderr).toMatch(/bad\.jsonl: 2 lines are not a run, score or note, and skipped: lines 1, 2\n/);
});
