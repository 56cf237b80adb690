import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SegtileError } from '../../dist/errors.js';
import { showsGpu, webgpuAdapter } from '../../dist/model/devices/adapter.js';
import { missingObjects } from '../../dist/model/devices/available.js';
import { deviceName, parseDevices } from '../../dist/model/devices/device.js';
import { diagnose } from '../../dist/model/devices/diagnosis.js';
import { nodesOfProfile, placedNodes, profilePrefix } from '../../dist/model/devices/profile.js';
import { onnxruntime, type Runtime } from '../../dist/model/devices/runtime.js';
import { farthest, trialPixels } from '../../dist/model/devices/trial.js';
import { outOfMemory } from '../../dist/model/sessions/batches.js';
import { openPool, type Pool } from '../../dist/model/sessions/pool.js';
import type { PoolOptions } from '../../dist/model/sessions/pool-options.js';
import { RunError } from '../../dist/model/sessions/session.js';
import { channelNetwork, unet } from './networks.js';
import { playedGpu, type Twist } from './played-gpu.ts';
import { modelOf, noise } from './run.js';

// What is measured of a device is cached; each test measures anew.
const cache = mkdtempSync(join(tmpdir(), 'segtile-devices-'));
let tests = 0;
beforeEach(() => {
  process.env.SEGTILE_CACHE = join(cache, String(tests++));
});
afterAll(() => rmSync(cache, { recursive: true, force: true }));

const window = { width: 48, height: 32 };
const model = await modelOf(unet(0.02, { channels: 2 }));
const pools: Pool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

async function opened(runtime: Runtime, options: Partial<PoolOptions> = {}, of = model): Promise<Pool> {
  const pool = await openPool(of, { window, workers: 1, device: 'cuda', output: 'probabilities', ...options }, runtime);
  pools.push(pool);
  return pool;
}

const inputs = Array.from({ length: 11 }, (_, seed) => noise(window, seed));
const scored = (pool: Pool) => Promise.all(inputs.map((pixels) => pool.run(pixels.slice()).then((scores) => scores.slice())));

describe('--device', () => {
  test.each([
    ['auto', 'auto'],
    [' webgpu', ['webgpu']],
    ['cuda', ['cuda']],
    ['cuda:0,cuda:1', ['cuda:0', 'cuda:1']],
    ['tensorrt:2', ['tensorrt:2']],
  ])('takes %j', (text, names) => {
    const choice = parseDevices(text);
    expect(choice === 'auto' ? 'auto' : choice.map(deviceName)).toEqual(names);
  });

  test.each(['', 'gpu', 'cuda:', 'cuda:x', 'webgpu:1', 'cpu:0', 'cuda,cuda', 'cuda:0,webgpu', 'cuda:0;cuda:1'])(
    'refuses %j',
    (text) => {
      expect(() => parseDevices(text)).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});

describe('a device that cannot be had', () => {
  test.skipIf(process.platform !== 'linux')(
    'is refused where onnxruntime has no such provider, or not its library',
    async () => {
      await expect(onnxruntime.refuse({ provider: 'coreml' })).rejects.toThrow('not compiled into onnxruntime for linux');
      await expect(opened(onnxruntime, { device: 'coreml' })).rejects.toMatchObject({ code: 'device' });
    },
  );

  test.skipIf(process.platform !== 'linux' || showsGpu())('is refused where the system shows no GPU at all', async () => {
    for (const provider of ['cuda', 'tensorrt', 'webgpu'] as const)
      await expect(onnxruntime.refuse({ provider })).rejects.toMatchObject({
        code: 'device',
        message: `${provider} finds no GPU on this machine`,
        hint: expect.stringMatching(/^use --device cpu/),
      });
  });

  test.skipIf(process.platform !== 'linux')('is refused where its library lacks others, by their names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'segtile-ldd-'));
    const { PATH } = process.env;
    try {
      const said = [
        '\\tlinux-vdso.so.1 (0x1)',
        '\\tlibcudart.so.13 => not found',
        '\\tlibc.so.6 => /lib/libc.so.6 (0x2)',
        '\\tlibcudnn.so.9 => not found',
      ];
      writeFileSync(join(folder, 'ldd'), `#!/bin/sh\nprintf '${said.join('\\n')}\\n'\n`);
      chmodSync(join(folder, 'ldd'), 0o755);
      process.env.PATH = `${folder}:${PATH}`;
      expect(missingObjects('libonnxruntime_providers_cuda.so')).toEqual(['libcudart.so.13', 'libcudnn.so.9']);
    } finally {
      process.env.PATH = PATH;
      rmSync(folder, { recursive: true });
    }
  });

  test('does not fall back: what an explicit one says is the end of it', async () => {
    const broken = { ...playedGpu(), start: async () => Promise.reject(new RunError('CUDA driver version is insufficient')) };
    await expect(opened(broken)).rejects.toMatchObject({
      code: 'device',
      message: expect.stringContaining('cannot be run on cuda: CUDA driver version is insufficient'),
      hint: expect.stringContaining('update the driver'),
    });
  });

  test('auto goes on to the next, says why, and ends on the CPU only where it may', async () => {
    const none = playedGpu(
      () => ({}),
      async ({ provider }) => {
        throw refusal(provider);
      },
    );
    const pool = await opened(none, { device: 'auto' });
    expect(pool.device).toMatchObject({
      name: 'cpu',
      refused: [{ device: 'cuda', reason: 'no cuda here' }, { device: 'webgpu' }],
    });
    await expect(opened(none, { device: 'auto', requireGpu: true })).rejects.toMatchObject({
      code: 'device',
      message: expect.stringContaining('no cuda here; no webgpu here'),
    });
  });

  test('a device that cannot run is refused by its name, each is looked at once, and the CPU is none of them', async () => {
    const asked: string[] = [];
    const none = playedGpu(
      () => ({}),
      async ({ provider }) => {
        asked.push(provider);
        throw refusal(provider);
      },
    );
    await expect(opened(none, { device: 'cuda' })).rejects.toThrow('no cuda here');
    expect((await opened(none, { device: 'cpu' })).device.name).toBe('cpu');
    expect(asked).toEqual(['cuda']);
    const all = playedGpu(undefined, async ({ provider }) => void asked.push(provider));
    await opened(all, { device: 'cuda:0,cuda:1' });
    expect(asked).toEqual(['cuda', 'cuda', 'cuda']);
  });

  test('auto takes the first that runs', async () => {
    const second = playedGpu(
      () => ({ drivers: ['libvulkan_radeon.so'] }),
      async ({ provider }) => {
        if (provider === 'cuda') throw refusal('cuda');
      },
    );
    const pool = await opened(second, { device: 'auto', allowSoftware: true });
    expect(pool.device).toMatchObject({ name: 'webgpu', refused: [{ device: 'cuda' }] });
  });
});

function refusal(provider: string): SegtileError {
  return new SegtileError('device', `no ${provider} here`);
}

describe('a device that pretends', () => {
  const onCpu: Twist = ({ nodes }) => ({
    ...(nodes && { nodes: nodes.map((each, i) => (i < 2 ? { ...each, provider: 'CPUExecutionProvider' } : each)) }),
  });

  test('by leaving nodes to the CPU is refused, naming them, unless that is allowed', async () => {
    await expect(opened(playedGpu(onCpu))).rejects.toThrow(/cuda leaves 2 of \d+ nodes of .* to the CPU: \w+ ".*", \w+ "/);
    const pool = await opened(playedGpu(onCpu), { allowCpuNodes: true });
    expect(pool.device.cpuNodes).toHaveLength(2);
    expect(pool.device.nodes).toBeGreaterThan(2);
  });

  test('by drawing on the CPU is refused, unless that is allowed', async () => {
    const drawn = playedGpu(() => ({ drivers: ['libvulkan_lvp.so'] }));
    await expect(opened(drawn, { device: 'webgpu' })).rejects.toThrow(/found no GPU, only lavapipe/);
    const pool = await opened(drawn, { device: 'webgpu', allowSoftware: true });
    expect(pool.device).toMatchObject({ software: true, adapter: expect.stringContaining('lavapipe') });
  });

  test('by other scores than the CPU is refused, unless nobody looks', async () => {
    const wrong = playedGpu(({ first }) => ({
      ...(first && { first: Float32Array.from(first, (score) => Math.min(1, score + 0.02)) }),
    }));
    await expect(opened(wrong)).rejects.toThrow(/other scores on cuda than on the CPU: they differ by up to 0\.0[12]/);
    expect((await opened(wrong, { verify: false })).device.difference).toBe(null);
    expect((await opened(playedGpu())).device.difference).toBe(0);
    const nan = playedGpu(({ first }) => ({ ...(first && { first: first.map(() => Number.NaN) }) }));
    await expect(opened(nan)).rejects.toThrow(/differ by up to 1\.0/);
  });

  test('that mixes up the windows of a batch is found out', async () => {
    const mixed = playedGpu(({ first }, { dims }) => {
      const each = (first?.length ?? 0) / dims[0]!;
      return first ? { first: Float32Array.from(first, (_, i) => first[(i + each) % first.length]!) } : {};
    });
    const sharp = await modelOf(channelNetwork(0));
    await expect(opened(mixed, { batch: 4 }, sharp)).rejects.toThrow(/gives other scores/);
  });

  test('is told by the drivers that it loads', () => {
    expect(webgpuAdapter(['libvulkan_lvp.so'], 'linux')).toEqual({ name: 'lavapipe (llvmpipe)', software: true });
    expect(webgpuAdapter(['libvk_swiftshader.so'], 'linux')).toEqual({ name: 'SwiftShader', software: true });
    expect(webgpuAdapter([], 'linux').software).toBe(true);
    expect(webgpuAdapter([], 'darwin')).toEqual({ name: 'Metal', software: false });
  });
});

describe('batches', () => {
  test('of any size give the same scores, on one device and on two', async () => {
    const alone = await scored(await opened(playedGpu(), { batch: 1 }));
    for (const options of [{ batch: 3 }, { batch: 8 }, { batch: 4, device: 'cuda:0,cuda:1' }]) {
      const pool = await opened(playedGpu(), options);
      expect(await scored(pool)).toEqual(alone);
      expect(pool.busySeconds()).toBeGreaterThan(0);
    }
    expect(alone[0]).not.toEqual(alone[1]);
  });

  test('that the memory of the device cannot hold are halved, openly, with the same result', async () => {
    const alone = await scored(await opened(playedGpu(), { batch: 1 }));
    const notes: string[] = [];
    const small = playedGpu((session, { dims }) => ({
      run: (data) => (dims[0]! > 2 ? Promise.reject(new RunError('CUDA failure 2: out of memory', data)) : session.run(data)),
    }));
    const pool = await opened(small, { batch: 8, note: (text) => notes.push(text) });
    expect(await scored(pool)).toEqual(alone);
    expect(pool.batch()).toBe(2);
    expect(notes).toEqual([
      'out of memory with batches of 8, going on with 4',
      'out of memory with batches of 4, going on with 2',
    ]);
  });

  test('that cannot even be loaded are halved too, and one that never fits is an error', async () => {
    const notes: string[] = [];
    const limited = (most: number): Runtime => ({
      ...playedGpu(),
      start: (start) =>
        start.device?.provider !== 'cpu' && start.dims[0]! > most
          ? Promise.reject(new RunError('Failed to allocate memory for requested buffer'))
          : playedGpu().start(start),
    });
    const pool = await opened(limited(2), { batch: 4, note: (text) => notes.push(text) });
    expect([pool.batch(), notes.length]).toEqual([2, 1]);
    await expect(opened(limited(0), { batch: 2 })).rejects.toMatchObject({
      code: 'device',
      hint: expect.stringContaining('smaller --window'),
    });
  });

  test.each(['CUDA_ERROR_OUT_OF_MEMORY', 'std::bad_alloc', 'VK_ERROR_OUT_OF_DEVICE_MEMORY', 'Failed to allocate memory'])(
    '%s is want of memory',
    (words) => {
      expect(outOfMemory(words)).toBe(true);
      expect(outOfMemory('invalid shape')).toBe(false);
    },
  );
});

test('scores may leave a device as bytes, off by at most half a step', async () => {
  const floats = await scored(await opened(playedGpu()));
  const pool = await opened(playedGpu(), { scoreType: 'uint8' });
  expect(pool.device.difference).toBeLessThanOrEqual(1 / 510 + 1e-6);
  const bytes = await scored(pool);
  for (const [i, scores] of bytes.entries())
    expect(farthest(scores, floats[i]!, 2, undefined)).toBeLessThanOrEqual(1 / 510 + 1e-6);
  expect(bytes).not.toEqual(floats);
});

test('the windows of a trial differ, are the same everywhere, and use the range of their type', () => {
  const pixels = trialPixels('uint8', window, 3, 4);
  const each = window.width * window.height * 3;
  const [first, second, third] = [0, 1, 2].map((slot) => pixels.slice(slot * each, (slot + 1) * each));
  expect(third).toEqual(first);
  expect(second).not.toEqual(first);
  expect(trialPixels('uint8', window, 3, 4)).toEqual(pixels);
  expect(Math.max(...first!) - Math.min(...first!)).toBeGreaterThan(180);
});

test('what ran where is read from the profile of onnxruntime, which is then gone', async () => {
  const events = [
    { cat: 'Session', name: 'model_loading' },
    { cat: 'Node', name: 'up_kernel_time', args: { op_name: 'Resize', provider: 'CPUExecutionProvider' } },
    { cat: 'Node', name: 'up_fence_before', args: { op_name: 'Resize' } },
  ];
  const node = { name: 'up', op: 'Resize', provider: 'CPUExecutionProvider' };
  expect(placedNodes(JSON.stringify(events))).toEqual([node]);
  const prefix = profilePrefix();
  writeFileSync(`${prefix}_2026.json`, JSON.stringify(events));
  expect(await nodesOfProfile(prefix)).toEqual([node]);
  expect(await nodesOfProfile(prefix)).toEqual([]);
});

test('a diagnosis says how a device runs, or why it does not', async () => {
  const good = await diagnose({ provider: 'cuda' }, model, window, playedGpu());
  expect(good).toMatchObject({ device: 'cuda', refused: undefined, run: { difference: 0, cpuNodes: 0, software: false } });
  expect(good.run!.msPerWindow).toBeGreaterThan(0);
  const none = playedGpu(undefined, async () => {
    throw refusal('cuda');
  });
  expect(await diagnose({ provider: 'cuda' }, model, window, none)).toMatchObject({
    run: undefined,
    refused: { reason: 'no cuda here' },
  });
});
