import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { columnCuts } from '../../dist/plan/columns.js';
import { disc, folder, save, segtile, segtileWell, speckled, writeSlide } from '../cli/door.js';
import { unet } from '../model/networks.js';
import { resultOf } from './lasting.js';

const cwd = folder();

beforeAll(async () => {
  const tissue = disc(700, 150, 500);
  await writeSlide(join(cwd, 'slide.tif'), 1700, 380, (x, y) => (tissue(x, y)[0] < 200 ? speckled(x, y) : [243, 243, 243]), {
    mpp: 0.5,
  });
  save(cwd, 'net.onnx', unet(0.02, { channels: 40 }));
});

test('columns are as wide as the image together, and about as wide as each other', () => {
  const ways = [...columnCuts(1700)];
  expect(ways).toHaveLength(4);
  expect(ways[1]).toEqual([
    { start: 0, length: 1024 },
    { start: 1024, length: 676 },
  ]);
  for (const columns of ways) expect(columns.reduce((sum, { length }) => sum + length, 0)).toBe(1700);
  expect([...columnCuts(300)]).toEqual([[{ start: 0, length: 300 }]]);
});

test('what does not fit into --memory is made in columns, with the same bytes', async () => {
  const infer = (output: string, ...more: string[]): string[] => [
    ...[
      'infer',
      'slide.tif',
      '-m',
      'net.onnx',
      '--window',
      '160',
      '--overlap',
      '50%',
      '--tta-scales',
      '1,0.8',
      '--device',
      'cpu',
    ],
    ...['--workers', '1', '--threshold', '0.5', '--min-object', '9px', '--objects', 'csv', '--report-disagreement'],
    ...['--no-history', '-o', output, ...more],
  ];
  const whole = await segtileWell(infer('whole', '--json'), { cwd });
  expect(whole.stderr).not.toContain('columns');
  const { 'summary.csv': _, ...wanted } = resultOf(join(cwd, 'whole'));
  const { memory } = JSON.parse((await segtileWell(infer('dry', '--dry-run', '--json'), { cwd })).stdout);
  const seen = new Set<string>();
  for (let budget = memory.total - 2e7; seen.size < 2; budget -= 3e7) {
    const args = ['--memory', `${Math.floor(budget / 1e6)}MB`];
    const dry = await segtile(infer('dry', '--dry-run', ...args), { cwd });
    const [, columns] = /; the slide is done in (\d) columns, one after the other/.exec(dry.stdout) ?? [];
    if (columns === undefined || seen.has(columns)) {
      if (dry.code !== 0) break;
      continue;
    }
    seen.add(columns);
    await segtileWell(infer(`in ${columns}`, '--quiet', ...args), { cwd });
    const { 'summary.csv': __, ...made } = resultOf(join(cwd, `in ${columns}`));
    expect(JSON.parse(made['slide.run.json']!.replaceAll(`in ${columns}/`, 'whole/'))).toEqual(
      JSON.parse(wanted['slide.run.json']!),
    );
    expect({ ...made, 'slide.run.json': '' }).toEqual({ ...wanted, 'slide.run.json': '' });
  }
  expect(seen.size).toBeGreaterThan(0);
});
