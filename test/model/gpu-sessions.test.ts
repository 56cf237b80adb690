import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deviceText } from '../../dist/commands/infer/device-words.js';
import type { Runtime } from '../../dist/model/devices/runtime.js';
import { chooseBatch, chooseSessions } from '../../dist/model/sessions/choose-sessions.js';
import { openPool, type Pool } from '../../dist/model/sessions/pool.js';
import type { PoolOptions } from '../../dist/model/sessions/pool-options.js';
import { RunError, type Session } from '../../dist/model/sessions/session.js';
import { startThread } from '../../dist/model/sessions/thread.js';
import { throughput } from '../../dist/model/sessions/throughput.js';
import { channelNetwork, unet } from './networks.js';
import { type PlayedSpeed, playedGpu } from './played-gpu.ts';
import { modelOf, noise } from './run.js';

const window = { width: 48, height: 32 };
const model = await modelOf(unet(0.02, { channels: 2 }));
const pools: Pool[] = [];
const notes: string[] = [];
const cache = mkdtempSync(join(tmpdir(), 'segtile-rates-'));
let tests = 0;
beforeEach(() => {
  process.env.SEGTILE_CACHE = join(cache, String(tests++));
  notes.length = 0;
});
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
afterAll(() => rmSync(cache, { recursive: true, force: true }));

async function opened(runtime: Runtime, options: Partial<PoolOptions> = {}, of = model): Promise<Pool> {
  const note = (text: string): void => void notes.push(text);
  const pool = await openPool(of, { window, device: 'cuda', output: 'probabilities', note, ...options }, runtime);
  pools.push(pool);
  return pool;
}

const inputs = Array.from({ length: 11 }, (_, seed) => noise(window, seed));
const scored = (pool: Pool) => Promise.all(inputs.map((pixels) => pool.run(pixels.slice()).then((scores) => scores.slice())));

/** A GPU of some speed that counts its open sessions, and holds at most `most` of them. */
function counted(speed: PlayedSpeed, most = Number.POSITIVE_INFINITY) {
  const gpu = playedGpu(undefined, undefined, (sessions, batch) => {
    asked.push([sessions, batch]);
    return speed(sessions, batch);
  });
  const asked: [sessions: number, batch: number][] = [];
  const counts = { now: 0, peak: 0 };
  const runtime: Runtime = {
    ...gpu,
    async start(start, threads) {
      if (start.device?.provider === 'cpu') return gpu.start(start, threads);
      if (counts.now >= most) throw new RunError('CUDA failure 2: out of memory');
      const session = await gpu.start(start, threads);
      counts.peak = Math.max(counts.peak, ++counts.now);
      const close = (): Promise<void> => {
        counts.now--;
        return session.close();
      };
      return { ...session, close };
    },
  };
  return { runtime, asked, counts };
}

/** Batches of 4 suffice, and so do two sessions. */
const two: PlayedSpeed = (sessions, batch) => 100 * Math.min(batch, 4) * Math.min(sessions, 2);

describe('where neither batch nor workers are given', () => {
  test('both are measured, and the fewest sessions are taken that more would not beat', async () => {
    const { runtime, asked, counts } = counted(two);
    const pool = await opened(runtime);
    expect([pool.batch(), pool.workers(), pool.capacity]).toEqual([4, 2, 16]);
    expect(asked).toEqual([
      [1, 1],
      [1, 2],
      [1, 4],
      [1, 8],
      [1, 4],
      [2, 4],
      [3, 4],
    ]);
    expect(pool.device.measured).toEqual({
      batches: [100, 200, 400, 400].map((windowsPerSecond, i) => ({ batch: 2 ** i, sessions: 1, windowsPerSecond })),
      sessions: [400, 800, 800].map((windowsPerSecond, i) => ({ batch: 4, sessions: i + 1, windowsPerSecond })),
      before: false,
    });
    expect(counts).toEqual({ now: 2, peak: 3 });
    expect(deviceText([pool], undefined)).toMatch(
      /^runs on cuda.*, 2 sessions with batches of 4 \(measured: 400 windows\/s with 1, 800 with 2, 800 with 3\), scores within/,
    );
    await pool.close();
    expect(counts.now).toBe(0);
  });

  test('a third session is not tried where a second one is of no use', async () => {
    const { runtime, asked } = counted((_, batch) => 100 * Math.min(batch, 2));
    const pool = await opened(runtime);
    expect([pool.batch(), pool.workers()]).toEqual([2, 1]);
    expect(asked.at(-1)).toEqual([2, 2]);
  });

  test('the scores are the same with any number of sessions', async () => {
    const alone = await scored(await opened(playedGpu(), { batch: 1, workers: 1 }));
    const pool = await opened(counted((sessions) => 100 * sessions).runtime);
    expect(pool.workers()).toBe(3);
    expect(await scored(pool)).toEqual(alone);
    expect(pool.device.difference).toBe(0);
  });

  test('so they are where speed is really measured, and what is taken follows from what was measured', async () => {
    const alone = await scored(await opened(playedGpu(), { batch: 1, workers: 1 }));
    const pool = await opened({ ...playedGpu(), throughput });
    expect(await scored(pool)).toEqual(alone);
    const { batches, sessions } = pool.device.measured!;
    const speeds = (rates: typeof batches): number[] => rates.map(({ windowsPerSecond }) => windowsPerSecond);
    expect([pool.batch(), pool.workers()]).toEqual([chooseBatch(speeds(batches)), chooseSessions(speeds(sessions))]);
    expect(Math.min(...speeds([...batches, ...sessions]))).toBeGreaterThan(0);
  });

  test('each of several devices has as many', async () => {
    const { runtime, counts } = counted(two);
    const pool = await opened(runtime, { device: 'cuda:0,cuda:1' });
    expect([pool.batch(), pool.workers(), counts.now]).toEqual([4, 4, 4]);
  });

  test('a network that takes one batch only is measured with that', async () => {
    const fixed = await modelOf(channelNetwork(0, { size: window, batch: 2 }));
    const { runtime, asked } = counted((sessions) => (sessions === 1 ? 10 : 20));
    const pool = await opened(runtime, {}, fixed);
    expect([pool.batch(), pool.workers()]).toEqual([2, 2]);
    expect(asked).toEqual([
      [1, 2],
      [2, 2],
      [3, 2],
    ]);
  });

  test('sessions on WebGPU take turns, so there is one', async () => {
    const { runtime, asked } = counted(two);
    const pool = await opened(runtime, { device: 'webgpu', allowSoftware: true });
    expect([pool.batch(), pool.workers()]).toEqual([4, 1]);
    expect(asked.every(([sessions]) => sessions === 1)).toBe(true);
    expect(deviceText([pool], undefined)).toMatch(
      /1 session with batches of 4 \(measured: 100 windows\/s with batches of 1, 200 with batches of 2, /,
    );
  });
});

describe('what is given holds', () => {
  test('a batch: one session, and nothing is measured', async () => {
    const { runtime, asked } = counted(two);
    const pool = await opened(runtime, { batch: 8 });
    expect([pool.batch(), pool.workers(), asked, pool.device.measured]).toEqual([8, 1, [], null]);
    expect(deviceText([pool], undefined)).toMatch(/, 1 session with batches of 8, scores/);
  });

  test('workers: the batch is measured with one session', async () => {
    const { runtime, asked } = counted(two);
    const pool = await opened(runtime, { workers: 5 });
    expect([pool.batch(), pool.workers()]).toEqual([4, 5]);
    expect(asked.every(([sessions]) => sessions === 1)).toBe(true);
  });
});

describe('what was measured is kept', () => {
  test('so a second start measures nothing and takes the same', async () => {
    const first = await opened(counted(two).runtime);
    const { runtime, asked, counts } = counted(() => 1);
    const pool = await opened(runtime);
    expect([pool.batch(), pool.workers(), asked, counts.peak]).toEqual([4, 2, [], 2]);
    expect(pool.device.measured).toEqual({ ...first.device.measured, before: true });
    expect(deviceText([pool], undefined)).toContain('(measured before: 400 windows/s with 1, ');
  });

  test('but not for another window, device, score type or way to give things', async () => {
    await opened(counted(two).runtime);
    for (const options of [
      { window: { width: 64, height: 32 } },
      { device: 'dml' },
      { scoreType: 'uint8' as const },
      { workers: 2 },
    ]) {
      const { runtime, asked } = counted(two);
      await opened(runtime, options);
      expect(asked.length, JSON.stringify(options)).toBeGreaterThan(0);
    }
  });

  test('and a damaged file counts as none', async () => {
    await opened(counted(two).runtime);
    const folder = join(process.env.SEGTILE_CACHE!, 'rates');
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"measured":{"batches":[{}]}}');
    const { runtime, asked } = counted(two);
    expect((await opened(runtime)).workers()).toBe(2);
    expect(asked).toHaveLength(7);
  });
});

describe('where the memory of the device ends', () => {
  test('while sessions are measured, there are fewer, which is said', async () => {
    const { runtime, asked, counts } = counted((sessions) => 100 * sessions, 2);
    const pool = await opened(runtime);
    expect([pool.workers(), counts.now]).toEqual([2, 2]);
    expect(asked).not.toContainEqual([3, 1]);
    expect(notes).toEqual(['out of memory with 3 sessions, going on with 2']);
  });

  test('while given sessions are opened, there are as many as fit, which is said', async () => {
    const { runtime, counts } = counted(two, 3);
    const pool = await opened(runtime, { batch: 2, workers: 8 });
    expect([pool.batch(), pool.workers(), counts]).toEqual([2, 3, { now: 3, peak: 3 }]);
    expect(notes).toEqual(['out of memory with 4 sessions, going on with 3']);
  });

  test('on one of several devices, all have fewer', async () => {
    const { runtime, counts } = counted(two, 3);
    const pool = await opened(runtime, { device: 'cuda:0,cuda:1', batch: 2, workers: 2 });
    expect([pool.workers(), counts.now]).toEqual([2, 2]);
    expect(notes).toEqual(['out of memory with 2 sessions, going on with 1']);
  });

  test('during a run, sessions are given up before the batch is halved, and the scores do not change', async () => {
    const alone = await scored(await opened(playedGpu(), { batch: 1, workers: 1 }));
    let open = 0;
    const full = playedGpu((session, { dims }) => {
      open++;
      const run: Session['run'] = (data, scores) =>
        open > 1 || dims[0]! > 2 ? Promise.reject(new RunError('out of memory', data)) : session.run(data, scores);
      const close = (): Promise<void> => {
        open--;
        return session.close();
      };
      return { run, close };
    });
    const pool = await opened(full, { batch: 4, workers: 3 });
    expect(await scored(pool)).toEqual(alone);
    expect([pool.batch(), pool.workers(), open]).toEqual([2, 1, 1]);
    expect(notes).toEqual([
      'out of memory with 3 sessions, going on with 2',
      'out of memory with 2 sessions, going on with 1',
      'out of memory with batches of 4, going on with 2',
    ]);
  });
});

describe('a device that fails', () => {
  test('while it is measured leaves no session open, and says why', async () => {
    const { runtime, counts } = counted((sessions) => {
      if (sessions === 2) throw new RunError('CUDA failure 700: an illegal memory access was encountered');
      return 100;
    });
    await expect(opened(runtime)).rejects.toThrow(/illegal memory access/);
    expect(counts.now).toBe(0);
  });

  test('is closed where the run is stopped while it is measured', async () => {
    const stop = new AbortController();
    const { runtime, counts } = counted(() => {
      stop.abort();
      return 100;
    });
    await expect(opened(runtime, { signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' });
    expect(counts).toEqual({ now: 0, peak: 1 });
  });

  test('beside a CPU that fails, too, is what is said', async () => {
    const { runtime } = counted(two);
    const start: Runtime['start'] = (given) =>
      Promise.reject(new RunError(given.device?.provider === 'cpu' ? 'the CPU fails' : 'the GPU fails'));
    for (const options of [{}, { batch: 1 }]) {
      await expect(opened({ ...runtime, start }, options)).rejects.toMatchObject({
        code: 'device',
        message: expect.stringContaining('cannot be run on cuda: the GPU fails'),
      });
    }
  });

  test('with other scores than the CPU is found out in any of its sessions', async () => {
    let session = 0;
    const wrong = playedGpu(({ first }) =>
      ++session === 3 && first ? { first: Float32Array.from(first, (score) => Math.min(1, score + 0.02)) } : {},
    );
    await expect(opened(wrong, { batch: 1, workers: 3 })).rejects.toThrow(/gives other scores on cuda/);
  });

  test('the CPU runs its part of the check while the device is still starting', async () => {
    const events: string[] = [];
    const { runtime } = counted(two);
    let checked = (): void => {};
    const onCpu = new Promise<void>((resolve) => {
      checked = resolve;
    });
    const start: Runtime['start'] = async (given, threads) => {
      if (given.device?.provider !== 'cpu') await onCpu;
      events.push(given.device!.provider);
      const session = await runtime.start(given, threads);
      const close = (): Promise<void> => {
        checked();
        return session.close();
      };
      return given.device?.provider === 'cpu' ? { ...session, close } : session;
    };
    // The device waits for the check: were it the other way round, too, nothing would ever start.
    const pool = await opened({ ...runtime, start }, { batch: 1 });
    expect(events).toEqual(['cpu', 'cuda']);
    expect(pool.device.difference).toBe(0);
  });
});

describe('windows a second', () => {
  const batchOf = (batch: number) => ({
    graph: channelNetwork(0, { batch }),
    element: 'float32' as const,
    dims: [batch, 3, 2, 2],
    externalData: '',
  });

  test('are measured with two batches of each session in hand', async () => {
    const thread = startThread();
    const session = await thread.load(batchOf(1));
    const inHand = new Set<number>();
    const watched: Session = {
      ...session,
      run: (...given) => {
        const answer = session.run(...given);
        inHand.add(session.pending());
        return answer;
      },
    };
    const rate = await throughput([watched], 1, new Float32Array(12));
    expect(rate).toBeGreaterThan(1);
    expect(Math.max(...inHand)).toBe(2);
    await thread.close();
  });

  test('of a session that fails are its error, once all batches have ended', async () => {
    const thread = startThread();
    const session = await thread.load(batchOf(1));
    let runs = 0;
    const failing: Session = {
      ...session,
      run: (...given) => (++runs === 7 ? Promise.reject(new RunError('out of memory')) : session.run(...given)),
    };
    await expect(throughput([session, failing], 1, new Float32Array(12))).rejects.toThrow('out of memory');
    expect(session.pending()).toBe(0);
    await expect(throughput([session], 1, new Float32Array(12), AbortSignal.abort())).rejects.toMatchObject({
      code: 'aborted',
    });
    await thread.close();
  });
});
