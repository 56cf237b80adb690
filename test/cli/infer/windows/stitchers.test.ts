import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { channelNetwork } from '../../../model/networks.ts';
import { filesIn, folder, program, run, save, speckled, writeSlide } from '../../door.ts';

/** A machine of 16 processors, on which four threads stitch. */
const machine = `import os from 'node:os';
import { syncBuiltinESMExports } from 'node:module';
os.availableParallelism = () => 16;
syncBuiltinESMExports();`;

test.each([
  ['blended', ['--window', '128', '--stride', '96', '--margin', '8', '--probabilities', 'float32', '--objects', 'csv']],
  ['laid side by side', ['--window', '128', '--stride', '112', '--margin', '8', '--blend', 'none']],
])('four threads that stitch make the bytes of one, where windows are %s', async (_, way) => {
  const cwd = folder();
  save(cwd, 'green.onnx', channelNetwork(1));
  save(cwd, 'machine.mjs', machine);
  await writeSlide(join(cwd, 'k.tif'), 2500, 300, speckled, { mpp: 0.5 });
  const args = ['infer', 'k.tif', '-m', 'green.onnx', '--activation', 'none', '--tissue', 'none', '--workers', '2', ...way];
  const columns = `import(${JSON.stringify(new URL('../../../../dist/pipeline/infer/stitching/columns.js', import.meta.url).href)})`;
  const counted = `${columns}.then(({ stitchedColumns: c }) => console.log(c({ x: 0, y: 0, width: 2500, height: 300 }).length))`;
  const many = ['--import', './machine.mjs'];
  expect((await run(process.execPath, [...many, '-e', counted], { cwd })).stdout).toBe('4\n');
  for (const [name, node] of [
    ['one', []],
    ['four', many],
  ] as const) {
    const ended = await run(process.execPath, [...node, program, ...args, '--no-history', '-o', name], { cwd });
    expect(ended.code, ended.stderr).toBe(0);
  }
  const made = filesIn(join(cwd, 'one')).filter((name) => !name.endsWith('.run.json'));
  expect(made.length).toBeGreaterThan(1);
  for (const name of made) {
    const [one, four] = ['one', 'four'].map((place) => readFileSync(join(cwd, place, name)));
    expect(one!.equals(four!), name).toBe(true);
  }
});
