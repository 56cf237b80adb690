import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { segment } from '../../dist/index.js';
import { columnCuts } from '../../dist/plan/columns.js';
import { disc, folder, save, segtile, segtileWell, speckled, writeSlide } from '../cli/door.js';
import { unet } from '../model/networks.js';
import { resultOf } from './lasting.js';
import { allStrips, cutStrips } from './results.js';

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

const slide = join(cwd, 'slide.tif');
/** Options of all runs but where they write, what memory they may take, and what reaches over all rows. */
const options = {
  model: join(cwd, 'net.onnx'),
  window: 160,
  overlap: '50%',
  ttaScales: [1, 0.8],
  device: 'cpu',
  workers: 1,
  threshold: 0.5,
  history: false,
  minObject: '9px',
  objects: 'csv',
  reportDisagreement: true,
} as const;
const flags = [
  ...['infer', slide, '-m', options.model, '--window', '160', '--overlap', '50%', '--tta-scales', '1,0.8', '--device', 'cpu'],
  ...['--workers', '1', '--threshold', '0.5', '--no-history', '--min-object', '9px', '--objects', 'csv'],
  ...['--report-disagreement', '-o'],
];
let wanted: Record<string, string>;
/** By the number of columns, what memory makes them. */
const budgets = new Map<number, string>();

/** What a run left, but for the table of all slides, which is written when all of them are done. */
function leftIn(output: string): Record<string, string> {
  const { 'summary.csv': _, ...others } = resultOf(output);
  return { ...others, 'slide.run.json': JSON.parse(others['slide.run.json']!) };
}

beforeAll(async () => {
  const whole = folder();
  const { stderr } = await segtileWell([...flags, whole, '--json']);
  expect(stderr).not.toContain('columns');
  wanted = leftIn(whole);
  const { memory } = JSON.parse((await segtileWell([...flags, 'dry', '--dry-run', '--json'], { cwd })).stdout);
  for (let budget = memory.total - 2e7; budgets.size < 2; budget -= 3e7) {
    const text = `${Math.floor(budget / 1e6)}MB`;
    const dry = await segtile([...flags, 'dry', '--dry-run', '--memory', text], { cwd });
    const [, columns] = /; the slide is done in (\d) columns, one after the other/.exec(dry.stdout) ?? [];
    if (columns !== undefined && !budgets.has(Number(columns))) budgets.set(Number(columns), text);
    else if (dry.code !== 0) break;
  }
  expect(budgets.size).toBeGreaterThan(0);
});

test('what does not fit into --memory is made in columns, with the same bytes', async () => {
  for (const memory of budgets.values()) {
    const output = folder();
    await segtileWell([...flags, output, '--quiet', '--memory', memory]);
    expect(leftIn(output)).toEqual(wanted);
  }
});

/** Stops a run in columns when its last one is nearly done. */
async function stopLate(output: string, memory: string): Promise<void> {
  const stop = new AbortController();
  const onProgress = ({ done, total }: { done: number; total: number }): void => {
    if (done > 0.95 * total) stop.abort();
  };
  const run = segment(slide, { ...options, output, memory, onProgress, signal: stop.signal });
  await expect(run).rejects.toMatchObject({ code: 'aborted' });
}

/** Runs in columns once more, and gives what it said of what it goes on with. */
async function goneOn(output: string, memory: string): Promise<string> {
  const notes: string[] = [];
  await segment(slide, { ...options, output, memory, onNote: (note) => notes.push(note) });
  expect(leftIn(output)).toEqual(wanted);
  return notes.join('\n');
}

test('columns that were stopped go on, each where it was, or begin anew where their number is another, and say so', async () => {
  const [[count, memory]] = [...budgets] as [[number, string]];
  const [output, other] = [folder(), folder()];
  await stopLate(output, memory);
  cpSync(output, other, { recursive: true });
  expect(await goneOn(other, '64GB')).toContain('what was done in another number of columns is done again');
  const said = await goneOn(output, memory);
  expect(said).toContain(`column 1 of ${count} is done`);
  expect(said).toMatch(new RegExp(`column ${count} of ${count} goes on at row \\d+ of 380`));
});

test('a run that was stopped goes on in columns with less memory, and may be stopped in them or while they are joined', async () => {
  const [[, memory]] = [...budgets] as [[number, string]];
  const strips = await allStrips(slide, { ...options, output: folder() });
  const bytes = readFileSync(strips);
  const output = folder();
  cutStrips(strips, output, bytes.subarray(0, bytes.length * 0.4));
  await stopLate(output, memory);
  // Some of the rows that the columns have are joined already.
  cutStrips(strips, output, bytes.subarray(0, bytes.length * 0.8));
  const said = await goneOn(output, memory);
  expect(said).toMatch(/slide\.tif: goes on at row \d+ of 380/);
  expect(said).toMatch(/: column 1 of \d is done/);
});
