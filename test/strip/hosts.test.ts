import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Ended, filesIn, folder, program, run, type Start, save, segtileProcess, writeSlide } from '../cli/door.js';
import { channelNetwork } from '../model/networks.js';

const cwd = folder();
const slides = Array.from({ length: 40 }, (_, i) => `slides/${i + 10}.tif`);

beforeAll(async () => {
  const first = await writeSlide(join(cwd, 'slide.tif'), 120, 90, (x, y) => [x * 2, y * 2, 140], { pyramid: false });
  for (const path of slides) cpSync(first, join(cwd, path), { recursive: true });
  save(cwd, 'net.onnx', channelNetwork(0));
});

const infer = (output: string): string[] => [
  ...['infer', 'slides', '-m', 'net.onnx', '--activation', 'none', '--window', '32', '--workers', '1', '--tissue', 'none'],
  ...['--no-preview', '-o', output, '--json', '--quiet', '--wait'],
];

/** Kills a process once it has done some slides. */
const killedAfter = (count: number): NonNullable<Start['onStdout']> => {
  let killed = false;
  return (text, kill) => {
    if (killed || text.split('\n').length <= count) return;
    killed = true;
    kill('SIGKILL');
  };
};

/** Makes sure that each slide was run once, by one of these processes, and that nothing else is left. */
function expectOnce(output: string, ended: readonly Ended[]): void {
  const lines = ended.flatMap(({ stdout }) => stdout.split('\n').filter((line) => line.endsWith('}')));
  const done = lines.map((line) => JSON.parse(line)).filter(({ status }) => status === 'done');
  // A process that is killed may have done a slide without having said so.
  expect(new Set(done.map(({ slide }) => slide.path)).size).toBe(done.length);
  expect(done.length).toBeGreaterThanOrEqual(slides.length - 1);
  const history = readFileSync(join(output, 'runs.jsonl'), 'utf8').trim().split('\n');
  expect(history.map((line) => JSON.parse(line).slide).sort()).toEqual(slides);
  expect(filesIn(output).filter((name) => name.startsWith('.'))).toEqual([]);
  expect(filesIn(output)).toHaveLength(2 * slides.length + 1);
}

test.each([2, 4])(
  '%i processes share 40 slides: each is run once, and those of one that is killed are taken over',
  async (count) => {
    const output = `by ${count}`;
    const victim = segtileProcess(infer(output), { cwd, onStdout: killedAfter(4) });
    const others = Array.from({ length: count - 1 }, () => segtileProcess(infer(output), { cwd }));
    const ended = await Promise.all([victim, ...others]);
    expect(ended.map(({ signal }) => signal)).toEqual(['SIGKILL', ...others.map(() => null)]);
    for (const each of ended.slice(1)) expect(each, each.stderr).toMatchObject({ code: 0 });
    expectOnce(join(cwd, output), ended);
  },
);

const spaces = ['--net', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc'];
const able = spawnSync('unshare', [...spaces, 'hostname', 'elsewhere']).status === 0;

/** Runs `segtile` as on a machine of its own: with its own host name, network and process ids, on the same disk. */
function onHost(host: string, args: readonly string[], start: Start): Promise<Ended> {
  const shell = 'hostname "$0" && exec "$@"';
  return run('unshare', [...spaces, 'sh', '-c', shell, host, process.execPath, program, ...args], start);
}

describe.skipIf(!able)(able ? 'two hosts' : 'two hosts: skipped, as unshare may not make namespaces here', () => {
  test('that share a disk share 40 slides, and one takes over what the other was at when it was killed', async () => {
    const output = join(cwd, 'by hosts');
    const victim = onHost('one', infer(output), { cwd, onStdout: killedAfter(4) });
    const other = onHost('two', infer(output), { cwd });
    const dead = await victim;
    // From elsewhere nobody can see that a process has ended: its claim is taken over once it was not touched for minutes, which are over here.
    const claims = readdirSync(output).filter((name) => name.endsWith('.claim'));
    const ofDead = claims.filter((name) => readFileSync(join(output, name), 'utf8').includes('"one"'));
    const then = new Date(Date.now() - 600_000);
    for (const name of ofDead) utimesSync(join(output, name), then, then);
    const ended = await other;
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(dead.stdout).toContain('"done"');
    expect(ended.stdout).toContain('"done"');
    expectOnce(output, [dead, ended]);
  });
});
