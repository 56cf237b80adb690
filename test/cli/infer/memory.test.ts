import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { allowances } from '../../../dist/pipeline/memory/machine.js';
import { requireMemory } from '../../../dist/pipeline/memory/require.js';
import { allowanceText } from '../../../dist/pipeline/memory/words.js';
import { segtileInfer } from '../../bench/measuring/command.js';
import { unet } from '../../model/networks.js';
import { folder, save, segtile, segtileWell, speckled, writeSlide } from '../door.js';

const cwd = folder();

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), 1500, 520, speckled);
  save(cwd, 'net.onnx', unet(0.05, { channels: 30 }));
});

const windows = ['-m', 'net.onnx', '--window', '256', '--tissue', 'none', '--device', 'cpu', '--workers', '2'];
const infer = (...more: readonly string[]): string[] => ['infer', 'slide.tif', ...windows, '--no-preview', ...more];

/** What a dry run foretells, in bytes. */
async function foretold(...more: readonly string[]): Promise<number> {
  const { stdout } = await segtileWell(infer('--dry-run', '--json', ...more), { cwd });
  return JSON.parse(stdout).memory.total;
}

test('a dry run and the run itself foretell the same peak, which the process keeps to within a quarter', async () => {
  const bytes = await foretold();
  const said = `expected to take ${Math.round(bytes / 1e6)} MB of memory at most, `;
  const dry = await segtileWell(infer('--dry-run'), { cwd });
  expect(dry.stdout).toContain(said);
  const { stderr } = await segtileWell(infer('-o', 'out'), { cwd });
  expect(stderr).toContain(said);
  const options = windows.map((word) => (word === 'net.onnx' ? join(cwd, word) : word));
  const { peakRssBytes } = await segtileInfer(join(cwd, 'slide.tif'), join(cwd, 'own'), options);
  expect(bytes / peakRssBytes).toBeGreaterThan(0.75);
  expect(bytes / peakRssBytes).toBeLessThan(1.25);
});

test('--memory refuses a run that is expected to take more, before anything is run, with settings that it then takes', async () => {
  const bytes = await foretold();
  const budget = ['--memory', `${Math.round(bytes / 1e6) - 40}MB`];
  const refused = await segtile(infer('-o', 'small', ...budget), { cwd });
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toMatch(
    /slide\.tif is expected to take \d+ MB of memory \(\d+ % of it .+\), but --memory allows \d+ MB/,
  );
  expect(refused.stderr).not.toContain('windows ');
  const [, words] = /(?:hint: )?((?:--window \d+ )?--workers \d) would take \d+ MB/.exec(refused.stderr)!;
  const obeyed = await segtileWell([...infer('-o', 'small', '--dry-run', ...budget), ...words!.split(' ')], { cwd });
  expect(obeyed.stdout).toContain('expected to take');
});

test('--memory that nothing fits into says so, and how many classes would', async () => {
  const { code, stderr } = await segtile(infer('--dry-run', '--memory', '90MB'), { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('no window and no number of workers makes it fit');
});

test('a network that does not run on the windows: nothing is predicted, and --memory cannot be kept to', async () => {
  const odd = ['infer', 'slide.tif', '-m', 'net.onnx', '--window', '75', '--tissue', 'none', '--device', 'cpu', '--dry-run'];
  const { stdout } = await segtileWell(odd, { cwd });
  expect(stdout).toMatch(/memory cannot be predicted: .*75 × 75 px/);
  const { code, stderr } = await segtile([...odd, '--memory', '2GB'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(/--memory cannot be kept to, since the memory of this run cannot be predicted: .*75 × 75 px/);
});

test('without --memory, a run is to leave half of what there is to others, where columns do that, and may take all otherwise', async () => {
  const limit = { bytes: 8e9, by: 'cgroup' } as const;
  expect(allowances(undefined, limit)).toEqual([
    { bytes: 4e9, by: 'half', limit },
    { bytes: 8e9, by: 'all', limit },
  ]);
  expect(allowances(2e9, limit)).toEqual([{ bytes: 2e9, by: '--memory', limit }]);
  const words = [...allowances(undefined, limit), ...allowances(2e9, limit)].map(allowanceText);
  expect(words).toEqual([
    'half of what the control group of this process allows is 4 GB',
    'which is more than half of the 8 GB that the control group of this process allows',
    '--memory allows 2 GB',
  ]);
  expect((await segtileWell(infer('--dry-run'), { cwd })).stdout).toMatch(/half of what .+ is \d.* [GM]B/);
  expect((await segtileWell(infer('--dry-run', '--memory', '3GB'), { cwd })).stdout).toContain('--memory allows 3 GB');
});

test('what the machine or its control group has not is refused, unless --memory says otherwise', () => {
  const network = { count: 2, batch: 1, weightBytes: 1e6, running: 1e9 };
  const side = { width: 512, height: 512 };
  const grid = { window: side, own: side, ring: { height: 512, blocks: 9 }, channels: 1, inHand: 4, isCopied: false };
  const read = { width: 4000, rows: 256, bytes: 3 };
  const sizes = {
    workingWidth: 4000,
    maskWidth: 4000,
    probabilityRow: 0,
    pixelBytes: 3,
    resampledWidth: undefined,
    stitchers: 1,
    passing: 0,
  };
  const view = { pixels: 0, findsTissue: false, isShown: false };
  const shape = { networks: [network], grids: [grid], read, ...sizes, view };
  const parts = { program: 2e8, garbage: 0, view: 0, networks: 2e9, windows: 0, reading: 1e8, blending: 1e8, writing: 1e8 };
  const forecast = { shape, foretold: { ...parts, total: 2.5e9 } };
  const ensemble = { members: [], classes: [], labels: [], channels: 1, exclusive: false, channelsOf: [] };
  const check = (budget: number | undefined, bytes: number, by: 'machine' | 'cgroup') => () =>
    requireMemory('s.svs', forecast, ensemble, budget, { bytes, by });
  expect(check(undefined, 3e9, 'machine')).not.toThrow();
  expect(check(3e9, 2e9, 'cgroup')).not.toThrow();
  expect(check(undefined, 2e9, 'machine')).toThrow(
    's.svs is expected to take 2.5 GB of memory (80 % of it to run the model in 2 workers), but this machine has 2 GB',
  );
  expect(check(undefined, 2e9, 'cgroup')).toThrow('but the control group of this process allows 2 GB');
  expect(check(1.5e9, 9e9, 'machine')).toThrow('but --memory allows 1.5 GB');
});
