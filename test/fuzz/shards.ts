/**
 * Runs slides as a whole and in shards, with random options, and compares the bytes:
 *
 *     npm run fuzz:shards -- --count 40 --seed 1
 *     npm run fuzz:shards -- --count 1 --width 8192 --height 8192
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { compareShards, makeRectangles, type RunSegtile, sharedRuns } from '../strip/rectangles.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    width: { type: 'string', default: '1300' },
    height: { type: 'string', default: '500' },
    shards: { type: 'string' },
  },
});
const program = fileURLToPath(new URL('../../bin/segtile.js', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'segtile-rectangles-'));
const run: RunSegtile = (args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
  });

let bad = 0;
try {
  await makeRectangles(cwd, Number(values.width), Number(values.height));
  const runs = fc.sample(sharedRuns, { seed: Number(values.seed), numRuns: Number(values.count) });
  for (const [index, each] of runs.entries()) {
    const given = { ...each, shards: Number(values.shards ?? each.shards) };
    const began = performance.now();
    const { differing, times, columns } = await compareShards(given, run);
    const words = `${given.shards} shards, ${columns} columns each, ${times.toFixed(3)} times the windows`;
    const result = differing.length === 0 ? 'same bytes' : `NOT THE SAME: ${differing.join(', ')}`;
    if (differing.length > 0) bad++;
    console.log(
      `${index + 1}: ${words}: ${result} (${((performance.now() - began) / 1000).toFixed(0)} s)  ${given.options.join(' ')}`,
    );
  }
  console.log(`${runs.length} runs, ${bad} with other bytes`);
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
process.exitCode = bad > 0 ? 1 : 0;
