import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { type Slurm, startSlurm, whyNoSlurm } from './slurm.ts';

// What samples/cluster says is done on a real Slurm of two nodes, and by a real Snakemake: the bytes are those of one run.
//
//   npm run test:cluster [part of a name]
//
// Takes some minutes, and root. What cannot be had is skipped, and said.

const root = fileURLToPath(new URL('../..', import.meta.url));
const samples = join(root, 'samples/cluster');
const at = mkdtempSync(join(tmpdir(), 'segtile-cluster-'));
const segtile = join(at, 'segtile');
const model = ['-m', join(root, 'samples/models/nuclei.onnx'), '--window', '256', '--stride', '128', '--device', 'cpu'];
const { SEGTILE_SNAKEMAKE_PATH, PYTHONPATH } = process.env;
const shared: Record<string, string> = {
  ...(process.env as Record<string, string>),
  SEGTILE: segtile,
  ...(SEGTILE_SNAKEMAKE_PATH && { PYTHONPATH: [SEGTILE_SNAKEMAKE_PATH, PYTHONPATH].filter(Boolean).join(':') }),
};
const only = process.argv[2] ?? '';
let skipped = 0;

/** Runs a command, which has to succeed. */
function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const ended = spawnSync(command, args, { cwd: at, env: { ...shared, ...env }, encoding: 'utf8' });
  assert.equal(ended.status, 0, `${command} ${args.join(' ')}\n${ended.stdout}${ended.stderr}${logs()}`);
  return ended.stdout;
}

/** What jobs have written, for failures. */
function logs(): string {
  const names = readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.log'));
  return names.map((name) => `\n--- ${name}\n${readFileSync(join(at, name), 'utf8').slice(-2000)}`).join('');
}

/** Every file of results that does not tell of time or place. */
function results(folder: string): Record<string, Buffer> {
  const names = readdirSync(join(at, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(ome\.tif|jpg)$/.test(name),
  );
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(at, folder, name))]));
}

/** Makes sure that the results are those of another folder, and that nothing else is left there. */
function expectSame(folder: string, wanted: string): void {
  const [got, expected] = [results(folder), results(wanted)];
  assert.deepEqual(Object.keys(got), Object.keys(expected), logs());
  for (const [name, bytes] of Object.entries(expected))
    assert.ok(bytes.equals(got[name]!), `${folder}/${name} has other bytes`);
  const hidden = readdirSync(join(at, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(^|\/)\.[^/]*(partial|strips|claim)/.test(name),
  );
  assert.deepEqual(hidden, []);
}

/** Waits until a thing has come to pass, for some minutes at most. */
async function until(what: string, there: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    if (there()) return;
    await delay(250);
  }
  throw new Error(`waited in vain for ${what}${logs()}`);
}

async function part(name: string, work: () => Promise<void>): Promise<void> {
  if (!name.includes(only)) return;
  const began = performance.now();
  await work();
  console.log(`ok    ${name} (${((performance.now() - began) / 1000).toFixed(0)} s)`);
}

function skip(name: string, why: string): void {
  if (!name.includes(only)) return;
  skipped++;
  console.log(`SKIP  ${name}: ${why}`);
}

/** Six slides in two folders, one more in whose rows there is some work, and what one run makes of them. */
async function world(): Promise<void> {
  const program = `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin/segtile.js')}" "$@"\n`;
  writeFileSync(segtile, program, { mode: 0o755 });
  for (let i = 0; i < 6; i++) {
    const folder = join(at, 'slides', i < 3 ? 'a' : 'b');
    mkdirSync(folder, { recursive: true });
    const box = { left: 400 * i, top: 700, width: 700, height: 600 };
    const slide = sharp(join(root, 'samples/kidney.tif')).extract(box);
    await slide.tiff({ compression: 'deflate', tile: true, xres: 2000, yres: 2000 }).toFile(join(folder, `${i}.tif`));
  }
  cpSync(join(root, 'samples/kidney.tif'), join(at, 'tall.tif'));
  run(segtile, ['infer', 'slides', '-o', 'wanted', ...model, '--quiet']);
  run(segtile, ['infer', 'tall.tif', '-o', 'wanted-tall', ...model, '--quiet']);
}

/** The jobs of an array, and what follows it, as Slurm tells of them. */
function submitted(
  slurm: Slurm,
  jobs: number,
  slides: string,
  out: string,
  ...more: string[]
): { array: string; merge: string } {
  const env = { ...slurm.env, SBATCH_TIMELIMIT: '10', SBATCH_MEM_PER_NODE: '900' };
  const args = [join(at, 'slurm/submit.sh'), String(jobs), slides, out, ...model, ...more];
  const said = run('bash', args, env);
  const [, array, merge] = /^array (\d+), then merge (\d+)/.exec(said)!;
  return { array: array!, merge: merge! };
}

function state(slurm: Slurm, job: string): string {
  const ended = spawnSync('scontrol', ['show', 'job', job], { env: { ...shared, ...slurm.env }, encoding: 'utf8' });
  return [...ended.stdout.matchAll(/JobState=(\S+)/g)].map(([, each]) => each).join(' ');
}

const isOver = (slurm: Slurm, job: string): boolean =>
  !/PENDING|RUNNING|COMPLETING|REQUEUE|CONFIGURING/.test(state(slurm, job));

/** Waits for an array and its merge, which have to succeed. */
async function finished(slurm: Slurm, { array, merge }: { array: string; merge: string }): Promise<void> {
  await until(`jobs ${array} and ${merge}`, () => isOver(slurm, array) && isOver(slurm, merge));
  assert.match(state(slurm, array), /^(COMPLETED ?)+$/, logs());
  assert.equal(state(slurm, merge), 'COMPLETED', logs());
}

/** A hidden file of strips that has grown: a job is in the middle of a slide. */
function inTheMiddle(folder: string): boolean {
  if (!existsSync(join(at, folder))) return false;
  const names = readdirSync(join(at, folder), { recursive: true, encoding: 'utf8' });
  return names.some((name) => /\.strips$/.test(name) && readFileSync(join(at, folder, name)).length > 20_000);
}

async function onSlurm(slurm: Slurm): Promise<void> {
  cpSync(join(samples, 'slurm'), join(at, 'slurm'), { recursive: true });
  // The nodes here have a processor each.
  for (const name of ['shard.sbatch', 'merge.sbatch'])
    run('sed', ['-i', 's/--cpus-per-task=.*/--cpus-per-task=1/', join(at, 'slurm', name)]);

  await part('slurm: six slides as an array of six, then its merge', async () => {
    await finished(slurm, submitted(slurm, 6, 'slides', 'six'));
    expectSame('six', 'wanted');
    // Once more: all is there.
    await finished(slurm, submitted(slurm, 6, 'slides', 'six'));
    expectSame('six', 'wanted');
  });
  await part('slurm: the rows of a slide as an array of four, then its merge', async () => {
    await finished(slurm, submitted(slurm, 4, 'tall.tif', 'rows', '--shard-rows'));
    expectSame('rows', 'wanted-tall');
  });
  await part('slurm: a job that is requeued in the middle, on a node that is drained', async () => {
    const jobs = submitted(slurm, 1, 'tall.tif', 'requeued');
    await until('the middle of the slide', () => inTheMiddle('requeued'));
    const node = run('squeue', ['-h', '-j', jobs.array, '-t', 'RUNNING', '-o', '%N'], slurm.env).trim();
    run('scontrol', ['update', `nodename=${node}`, 'state=drain', 'reason=test'], slurm.env);
    run('scontrol', ['requeue', `${jobs.array}_1`], slurm.env);
    await finished(slurm, jobs);
    run('scontrol', ['update', `nodename=${node}`, 'state=resume'], slurm.env);
    expectSame('requeued', 'wanted-tall');
    assert.match(logs(), /goes on at row|REQUEUE/i);
  });
  await part('slurm: jobs that are cancelled in the middle, and submitted again', async () => {
    const first = submitted(slurm, 1, 'tall.tif', 'cancelled');
    await until('the middle of the slide', () => inTheMiddle('cancelled'));
    run('scancel', [first.array], slurm.env);
    await until('the end of both', () => isOver(slurm, first.array) && isOver(slurm, first.merge));
    assert.equal(existsSync(join(at, 'cancelled/tall.mask.ome.tif')), false);
    await finished(slurm, submitted(slurm, 1, 'tall.tif', 'cancelled'));
    expectSame('cancelled', 'wanted-tall');
  });
}

/** Snakemake as a command; undefined where there is none. */
function snakemake(): readonly string[] | undefined {
  const ways = [['snakemake'], [process.env.PYTHON ?? 'python3', '-m', 'snakemake']];
  return ways.find(([command, ...args]) => spawnSync(command!, [...args, '--version'], { env: shared }).status === 0);
}

/** The workflow on the six slides; `end` may end it before it is done. */
async function workflow(
  [command, ...first]: readonly string[],
  profile: string,
  out: string,
  env: Readonly<Record<string, string>>,
  end?: (pid: number) => Promise<void>,
): Promise<number | null> {
  const config = [`slides=slides`, `out=${out}`, `options=${model.join(' ')}`, `shards=2`, `segtile=${segtile}`];
  const args = [...first, '--snakefile', join(samples, 'snakemake/Snakefile'), '--profile', join(at, 'profiles', profile)];
  const child = spawn(command!, [...args, '--config', ...config], {
    cwd: at,
    env: { ...shared, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await end?.(child.pid!);
  const code = await ended;
  if (end === undefined) assert.equal(code, 0, said + logs());
  return code;
}

async function bySnakemake(command: readonly string[], slurm: Slurm | undefined, why: string): Promise<void> {
  cpSync(join(samples, 'snakemake/profiles'), join(at, 'profiles'), { recursive: true });
  await part('snakemake: alone, ended in the middle, and run again', async () => {
    await workflow(command, 'local', 'alone', {}, async (pid) => {
      await until('the first slide', () => existsSync(join(at, 'alone')) && Object.keys(results('alone')).length > 0);
      process.kill(-pid, 'SIGKILL');
    });
    run(command[0]!, [
      ...command.slice(1),
      '--snakefile',
      join(samples, 'snakemake/Snakefile'),
      '--unlock',
      '--config',
      'out=alone',
    ]);
    await workflow(command, 'local', 'alone', {});
    expectSame('alone', 'wanted');
    assert.equal(readFileSync(join(at, 'alone/summary.jsonl'), 'utf8').trim().split('\n').length, 6);
  });
  const name = 'snakemake: on Slurm';
  if (slurm === undefined) return skip(name, why);
  if (!slurm.everywhere) return skip(name, 'its plugin needs /etc/slurm/slurm.conf, where another stands');
  await part(name, async () => {
    // The nodes here are small.
    run('sed', [
      '-i',
      '$a set-threads:\\n  shard: 1\\n  merge: 1\\nset-resources:\\n  shard:\\n    mem_mb: 900\\n  merge:\\n    mem_mb: 900\\n  plan:\\n    mem_mb: 900\\nlatency-wait: 10',
      join(at, 'profiles/slurm/config.yaml'),
    ]);
    run('sed', ['-i', '0,/latency-wait: 60/{/latency-wait: 60/d}', join(at, 'profiles/slurm/config.yaml')]);
    await workflow(command, 'slurm', 'on-slurm', slurm.env);
    expectSame('on-slurm', 'wanted');
  });
}

let slurm: Slurm | undefined;
try {
  await world();
  const why = whyNoSlurm();
  if (why === undefined) {
    slurm = await startSlurm();
    await onSlurm(slurm);
  } else skip('slurm', why);
  const command = snakemake();
  if (command === undefined) skip('snakemake', 'not installed (pip install snakemake snakemake-executor-plugin-slurm)');
  else await bySnakemake(command, slurm, why ?? '');
  console.log(skipped > 0 ? `done, ${skipped} skipped` : 'done');
} finally {
  await slurm?.stop();
  rmSync(at, { recursive: true, force: true, maxRetries: 5 });
}
