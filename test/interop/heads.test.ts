import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openModel } from '../../dist/model/measured/open-model.js';
import { folder } from '../cli/door.ts';
import { pythonWith } from '../python.ts';

/** `HEADS=all` has every head exported in every way, which takes minutes. */
const every = process.env.HEADS === 'all';

/** A Python with torch; tf2onnx is looked for by the script. */
const python = pythonWith('torch', 'onnxscript', 'onnx');
const script = fileURLToPath(new URL('export_heads.py', import.meta.url));

interface Exported {
  readonly file: string;
  readonly route: 'legacy' | 'dynamo' | 'tf2onnx';
  readonly head: string;
  readonly channels: number;
  readonly truth: string;
}

test.skipIf(python === undefined)('what scores are is told, however they were made and exported', async () => {
  const cwd = folder();
  const { status, stderr } = spawnSync(python!, [script, cwd, ...(every ? ['all'] : [])], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const exported: Exported[] = JSON.parse(readFileSync(join(cwd, 'heads.json'), 'utf8'));
  expect(exported.length).toBeGreaterThan(every ? 60 : 25);
  const other: string[] = [];
  for (const { file, route, head, channels, truth } of exported) {
    const { meaning } = (await openModel(join(cwd, file))).measured;
    const found = meaning.kind === 'probabilities' ? (meaning.exclusive ? 'softmax' : 'sigmoid') : meaning.kind;
    if (found !== truth) other.push(`${route}, ${head}, ${channels}: ${truth} taken for ${found}`);
  }
  expect(other).toEqual([]);
});
