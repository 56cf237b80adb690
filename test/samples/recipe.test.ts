import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { folder } from '../cli/door.ts';
import { pythonWith } from '../python.ts';

/** A Python with what the recipe of samples/train needs. */
const python = pythonWith('torch', 'onnx', 'PIL', 'tensorboard');

test.skipIf(python === undefined)('the recipe: tiles of others, plateau, TensorBoard, labels that are spoilt', () => {
  const script = fileURLToPath(new URL('recipe_checks.py', import.meta.url));
  const { stdout, stderr } = spawnSync(python!, [script, folder()], { encoding: 'utf8' });
  expect(stdout.trim(), stderr).toBe('sound');
});
