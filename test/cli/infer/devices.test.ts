import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { random, unet } from '../../model/networks.js';
import { filesIn, folder, readPlanes, save, segtile, segtileWell, speckled, writeSlide } from '../door.js';

const fixtures = folder();
const slide = join(fixtures, 'slide.tif');
const model = join(fixtures, 'small.onnx');
const infer = (...more: string[]): string[] => [
  ...['infer', slide, '-m', model, '--window', '96', '--tissue', 'none', '--no-preview', '-o', 'out', ...more],
];

/** Whether WebGPU runs here, if only on a driver that draws on the CPU. */
const webgpu = await webgpuRuns();

async function webgpuRuns(): Promise<boolean> {
  const { stdout } = await segtile(['doctor', '--device', 'webgpu', '--json']);
  return JSON.parse(stdout).devices[0].run !== undefined;
}

beforeAll(async () => {
  await writeSlide(slide, 260, 230, speckled);
  save(fixtures, 'small.onnx', unet(0.05));
});

test('doctor tells what runs and what does not, and fails for a device that cannot', async () => {
  const well = await segtileWell(['doctor', '--device', 'cpu']);
  expect(well.stdout).toMatch(/onnxruntime +\d+\.\d+\.\d+\n/);
  expect(well.stdout).toMatch(/libvips +\d/);
  expect(well.stdout).toMatch(/cpu\n +runs +a small network, [\d.]+ ms/);
  const other = process.platform === 'darwin' ? 'dml' : 'coreml';
  const none = await segtile(['doctor', '--device', other]);
  expect(none.code).toBe(1);
  expect(none.stdout).toContain(`${other} is not compiled into onnxruntime`);
  const { code, stderr } = await segtile(['doctor', '--device', 'gpu']);
  expect([code, stderr.split('\n')[0]]).toEqual([2, expect.stringContaining('expected auto, cpu, cuda')]);
});

test('a device that is not there ends the run with the reason, and the CPU does not stand in', async () => {
  const cwd = folder();
  const other = process.platform === 'darwin' ? 'dml' : 'coreml';
  const { code, stdout, stderr } = await segtile(infer('--device', other), { cwd });
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(`${other} is not compiled into onnxruntime`);
  expect(filesIn(cwd)).toEqual([]);
});

describe.skipIf(existsSync('/dev/nvidia0') || existsSync('/dev/dri') || process.platform !== 'linux')('without a GPU', () => {
  test('auto says why each was refused, takes the CPU, and writes that down', async () => {
    const cwd = folder();
    const { stderr } = await segtileWell(infer(), { cwd });
    expect(stderr).toContain('webgpu finds no GPU on this machine');
    const { device } = JSON.parse(readFileSync(join(cwd, 'out', 'slide.run.json'), 'utf8'));
    expect(device).toMatchObject({ name: 'cpu', refused: [{ device: 'cuda' }, { device: 'webgpu' }] });
  });

  test('--require-gpu refuses the CPU', async () => {
    const cwd = folder();
    const { code, stderr } = await segtile(infer('--require-gpu'), { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain('no GPU runs');
    expect(filesIn(cwd)).toEqual([]);
  });
});

test('a batch changes nothing but how windows travel', async () => {
  const cwd = folder();
  const bytes = [];
  for (const batch of ['1', '5']) {
    await segtileWell(infer('--device', 'cpu', '--batch', batch, '--overwrite'), { cwd });
    bytes.push(readFileSync(join(cwd, 'out', 'slide.mask.ome.tif')));
  }
  expect(bytes[1]!.equals(bytes[0]!)).toBe(true);
});

describe.skipIf(!webgpu)(`WebGPU${webgpu ? '' : ' (skipped: none runs here, not even in software)'}`, () => {
  test('differs from the CPU by less than 1e-4, and says that it is emulated on the CPU', async () => {
    const cwd = folder();
    const scores = ['--probabilities', 'float32'];
    await segtileWell(infer('--device', 'cpu', '-o', 'cpu', ...scores), { cwd });
    const { stderr } = await segtileWell(infer('--device', 'webgpu', '--allow-software', ...scores), { cwd });
    const { device } = JSON.parse(readFileSync(join(cwd, 'out', 'slide.run.json'), 'utf8'));
    expect(device).toMatchObject({ name: 'webgpu', cpuNodes: [] });
    expect(device.difference).toBeLessThan(1e-4);
    if (device.software) expect(stderr).toMatch(/lavapipe|SwiftShader/);
    const read = async (name: string) => (await readPlanes(join(cwd, name, 'slide.probabilities.ome.tif'))).planes[0]!;
    const [here, there] = [await read('cpu'), await read('out')];
    expect(there).toHaveLength(260 * 230);
    expect(Math.max(...here.map((value, i) => Math.abs(value - there[i]!)))).toBeLessThan(1e-4);
  });

  test.skipIf(existsSync('/dev/nvidia0') || existsSync('/dev/dri'))(
    'in software is refused unless that is allowed',
    async () => {
      const cwd = folder();
      const { code, stderr } = await segtile(infer('--device', 'webgpu'), { cwd });
      expect(code).toBe(1);
      expect(stderr).toContain('--allow-software');
      expect(filesIn(cwd)).toEqual([]);
    },
  );

  // SEGTILE_KILLS=50 stops it as often as one likes.
  const next = random(9);
  const moments = Array.from({ length: Number(process.env.SEGTILE_KILLS ?? 4) }, () => Math.round(next() * 4000));
  test.each(moments)('stopped after %i ms, it ends in order and leaves nothing', async (delay) => {
    const cwd = folder();
    let waiting = false;
    const kind = delay % 2 === 0 ? 'SIGINT' : 'SIGTERM';
    const { code, signal, stderr } = await segtile(infer('--device', 'webgpu', '--allow-software', '--stride', '16'), {
      cwd,
      onStderr: (text, kill) => {
        if (waiting || !text.includes('model')) return;
        waiting = true;
        setTimeout(() => kill(kind), delay);
      },
    });
    expect({ code, signal }, stderr).toEqual({ code: 1, signal: null });
    expect(filesIn(cwd)).toEqual([]);
  });
});
