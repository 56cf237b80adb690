import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { folder, save, segtileProcess } from './door.ts';

const cwd = folder();
const sample = fileURLToPath(new URL('../../samples/kidney.tif', import.meta.url));

// npm leaves out the part of sharp that is made for a machine when it is told to omit optional packages.
save(
  cwd,
  'no-sharp.cjs',
  `const Module = require('node:module');
const load = Module._load;
Module._load = function (name) {
  if (name === 'sharp') throw new Error('Could not load the "sharp" module\\nPossible solutions: ...');
  return load.apply(this, arguments);
};`,
);

const infer = ['infer', sample, '-m', 'kidney', '--device', 'cpu', '-o', 'out/'];

test.each([
  ['infer, which decodes tiles', infer],
  ['infer, in the thread that reads', [...infer, '--tissue', 'none', '--no-preview']],
  ['doctor', ['doctor', '--device', 'cpu']],
])('%s says that sharp cannot be loaded, not that a file is damaged', async (_, args) => {
  const env = { NODE_OPTIONS: `--require=${join(cwd, 'no-sharp.cjs')}` };
  const { code, stderr } = await segtileProcess(args, { cwd, env });
  expect(code, stderr).toBe(1);
  expect(stderr).toMatch(
    /^segtile: sharp, which decodes and writes pictures, cannot be loaded: Could not load the "sharp" module\n {2}hint: install segtile again/m,
  );
  expect(stderr).not.toMatch(/damaged|Possible/);
  expect(readdirSync(cwd).filter((name) => name !== 'no-sharp.cjs' && name !== 'out')).toEqual([]);
});
