import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { folder, readMask, segtile } from '../cli/door.ts';
import { pythonWith } from '../python.ts';

/** A Python with torch; the other frameworks are looked for by the script. */
const python = pythonWith('torch', 'onnx', 'PIL');
const script = fileURLToPath(new URL('export_networks.py', import.meta.url));

interface Exported {
  readonly name: string;
  readonly words: readonly string[];
  /** Pixels whose two best classes are nearer to each other than float32 is sure of. */
  readonly ties: number;
  readonly classes: number;
}

const cwd = folder();
const made = exported();

function exported(): { networks: Exported[]; missing: Record<string, string> } {
  if (python === undefined) return { networks: [], missing: {} };
  const { status, stderr } = spawnSync(python, [script, cwd], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(join(cwd, 'networks.json'), 'utf8'));
}

describe('masks are those of the framework, in windows of its own', () => {
  if (python === undefined) test.skip('needs PYTHON with torch, onnx and PIL');
  for (const [name, why] of Object.entries(made.missing)) test.skip(`${name}: ${why}`);

  test.each(made.networks)('$name', async ({ name, words, ties, classes }) => {
    const ended = await segtile(
      ['infer', 'slide.png', '-m', `${name}.onnx`, ...words, '--tissue', 'none', '--device', 'cpu', '-o', name],
      { cwd },
    );
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const mask = await readMask(join(cwd, name, 'slide.mask.ome.tif'));
    const expected = await sharp(join(cwd, `${name}.png`))
      .extractChannel(0)
      .raw()
      .toBuffer();
    const differ = mask.data.reduce((sum, label, at) => sum + (label === expected[at] ? 0 : 1), 0);
    expect(classes, 'a mask of one class shows nothing').toBeGreaterThan(1);
    expect(differ).toBeLessThanOrEqual(ties);
  });
});
