import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { channelNetwork, random, unet } from '../../model/networks.ts';
import { type Ended, filesIn, folder, program, run, save, segtile, speckled, writeSlide } from '../door.ts';

const fixtures = folder();
const slide = join(fixtures, 'slide.tif');
const whole = ['runs.jsonl', 'slide.mask.ome.tif', 'slide.preview.jpg', 'slide.run.json'];

beforeAll(async () => {
  await writeSlide(slide, 700, 650, speckled);
  // About 0.1 s a window of 256 px on one thread.
  save(fixtures, 'slow.onnx', unet(16));
  save(fixtures, 'fast.onnx', channelNetwork(0));
});

interface Stopped extends Ended {
  readonly cwd: string;
}

/** Starts a run and sends it a signal some time after it has read the model. */
async function stopped(model: string, signal: NodeJS.Signals, delay: number, stride = '128'): Promise<Stopped> {
  const cwd = folder();
  let waiting = false;
  const ended = await segtile(
    [
      ...['infer', slide, '-m', join(fixtures, model), '--window', '256', '--stride', stride],
      ...['--workers', '2', '--tissue', 'none', '-o', 'out'],
    ],
    {
      cwd,
      onStderr: (text, kill) => {
        if (waiting || !text.includes('model')) return;
        waiting = true;
        setTimeout(() => kill(signal), delay);
      },
    },
  );
  return { ...ended, cwd };
}

const next = random(5);
const moments = (['SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGINT', 'SIGTERM', 'SIGINT'] as const).map(
  (signal, i) => [signal, Math.round(next() * 250 * (i + 1))] as const,
);

describe('a signal', () => {
  test.each(moments)(
    '%s, %i ms into a long run, ends it soon, in order, and leaves nothing but strips',
    async (signal, delay) => {
      // It would go on for hours, with 44,000 windows.
      const { code, signal: killedBy, stdout, stderr, cwd } = await stopped('slow.onnx', signal, delay, '2');
      expect({ code, killedBy, stdout }, stderr).toEqual({ code: 3, killedBy: null, stdout: '' });
      expect(stderr).toContain(
        `\nsegtile: ${signal} received, stopping after the windows that are running (a second signal stops at once)\n`,
      );
      expect(stderr).toMatch(/\nsegtile: stopped before the end\n {2}hint: run it again to go on\n$/);
      expect(filesIn(cwd).filter((name) => name !== 'out/.slide.strips')).toEqual([]);
    },
  );
});

test('at any moment of a short run the results are all there, or none', async () => {
  const codes = new Set<number | null>();
  for (let delay = 0; delay < 600; delay += 120) {
    const { code, cwd, stderr } = await stopped('fast.onnx', 'SIGINT', delay);
    codes.add(code);
    const out = join(cwd, 'out');
    const left = (existsSync(out) ? filesIn(out) : []).filter((name) => code === 0 || name !== '.slide.strips');
    expect(left, stderr).toEqual(code === 0 ? whole : []);
    expect([0, 3]).toContain(code);
  }
  expect(codes).toContain(3);
});

test('a signal that comes after the results were named makes no failure of them', async () => {
  const args = ['infer', slide, '-m', join(fixtures, 'fast.onnx'), '--window', '256', '--tissue', 'none', '-o', 'out'];
  for (let delay = 0; delay < 40; delay += 8) {
    const cwd = folder();
    const ended = await segtile(args, { cwd, onStdout: (_, kill) => setTimeout(kill, delay, 'SIGTERM') });
    expect(ended, `after ${delay} ms`).toMatchObject({ code: 0, signal: null });
    expect(filesIn(join(cwd, 'out'))).toEqual(whole);
  }
});

test.each([
  ['while it works', 'setTimeout(() => { throw new Error("a bug") }, 300)'],
  ['after its work', 'process.stdout.write = () => { setTimeout(() => { throw new Error("a bug") }); return true; }'],
])('a crash %s is not silent', async (_, bug) => {
  const cwd = folder();
  save(cwd, 'bug.mjs', `import { isMainThread } from 'node:worker_threads'; if (isMainThread) { ${bug}; }`);
  const { code, stderr } = await run(process.execPath, ['--import', './bug.mjs', program, 'infer', slide, '-o', 'out'], {
    cwd,
  });
  expect(code).toBe(1);
  expect(stderr).toContain('Error: a bug');
});

test('SIGKILL leaves nothing under a final name', async () => {
  const { signal, cwd } = await stopped('slow.onnx', 'SIGKILL', 700);
  expect(signal).toBe('SIGKILL');
  expect(filesIn(cwd).filter((name) => !/^out\/\.slide\.(strips|claim|[a-z.]+\.partial-[0-9a-f]{8})$/.test(name))).toEqual([]);
});

test('a reader that has had enough is no failure', async () => {
  const pipe = `set -o pipefail; "$0" "$1" info ${'"$2" '.repeat(40)} | head -1`;
  const ended = await run('bash', ['-c', pipe, process.execPath, program, slide]);
  expect(ended).toEqual({ code: 0, signal: null, stdout: `${slide}\n`, stderr: '' });
});

test('with nobody left to read the notes, the work is done all the same', async () => {
  const cwd = folder();
  const pipe = 'set -o pipefail; "$0" "$@" 2>&1 >/dev/null | true';
  const args = ['infer', slide, '-m', join(fixtures, 'fast.onnx'), '--window', '256', '--tissue', 'none', '-o', 'out'];
  const ended = await run('bash', ['-c', pipe, process.execPath, program, ...args], { cwd });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(filesIn(join(cwd, 'out'))).toEqual(whole);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a second %s ends the process at once, as the signal does, and leaves nothing',
  async (signal) => {
    const cwd = folder();
    let first = false;
    let second = false;
    // Two minutes a window, which the first signal waits for.
    save(cwd, 'endless.onnx', unet(64));
    const args = ['infer', slide, '-m', 'endless.onnx', '--window', '1024', '--workers', '1', '--tissue', 'none', '-o', 'out'];
    const ended = await segtile(args, {
      cwd,
      onStderr: (text, kill) => {
        if (!first && text.includes('runs on')) {
          first = true;
          setTimeout(kill, 500, signal);
        }
        if (second || !text.includes(`${signal} received`)) return;
        second = true;
        kill(signal);
      },
    });
    expect(second, ended.stderr).toBe(true);
    expect({ code: ended.code, signal: ended.signal }, ended.stderr).toEqual({ code: null, signal });
    expect(ended.stderr).not.toContain('unexpected error');
    expect(filesIn(cwd).filter((name) => name !== 'out/.slide.strips')).toEqual(['endless.onnx']);
  },
);
