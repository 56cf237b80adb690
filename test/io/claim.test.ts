import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { claim, claimPath, tryClaim } from '../../dist/io/claim.js';
import { removeTemporaries } from '../../dist/io/partial-file.js';

const home = mkdtempSync(join(tmpdir(), 'segtile-claim-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

let count = 0;
/** The claim of a result in an empty folder. */
const fresh = (): string => claimPath(join(mkdtempSync(join(home, `${count++}-`)), 'slide.ome.tif'));
const beside = (path: string): string[] => readdirSync(join(path, '..'));
const age = (path: string, seconds: number): void => utimesSync(path, new Date(), new Date(Date.now() - seconds * 1000));

const dist = fileURLToPath(new URL('../../dist/io/claim.js', import.meta.url));
/** A file system that knows no links. */
const noLinks = `import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
promises.link = async () => { throw Object.assign(new Error('no links'), { code: 'EPERM' }); };
syncBuiltinESMExports();`;

/** A process that tries to take a claim, says how that went, and stays if it holds it and `stays`. */
async function claimant(path: string, stays: boolean, before = ''): Promise<{ child: ChildProcess; said: string }> {
  const source = `${before}
    const { tryClaim } = await import(${JSON.stringify(dist)});
    const { taken, holder } = await tryClaim(${JSON.stringify(path)});
    console.log(taken ? 'taken' : 'held by ' + holder.process?.pid);
    if (taken && ${stays}) setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const said = await new Promise<string>((done) =>
    child.stdout
      .setEncoding('utf8')
      .once('data', done)
      .once('end', () => done('')),
  );
  return { child, said: said.trim() };
}

/** Ends a process as a crash does, and waits until its parent knows. */
function crash(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGKILL');
  return gone;
}

/** The claim of a process as it stands on disk, some of it changed. */
async function foreign(path: string, changes: { readonly [key: string]: unknown } = {}): Promise<string> {
  const { taken } = await tryClaim(path);
  const { process: owner, ...note } = JSON.parse(readFileSync(path, 'utf8'));
  await taken!.release();
  const token = Math.random().toString(16).slice(2).padEnd(8, '0').slice(0, 8);
  writeFileSync(path, JSON.stringify({ ...note, token, process: { ...owner, ...changes } }));
  return token;
}

test('one alone holds a claim, the other learns who, and once it is given back nothing is left', async () => {
  const path = fresh();
  const mine = await claim(path, 'slide.ome.tif');
  expect(beside(path)).toEqual(['.slide.ome.tif.claim']);
  await expect(claim(path, 'slide.ome.tif')).rejects.toMatchObject({
    code: 'output',
    message: expect.stringMatching(
      new RegExp(`^slide.ome.tif is being written by process ${process.pid} on \\S+, which began at 2`),
    ),
  });
  const { said } = await claimant(path, false);
  expect(said).toBe(`held by ${process.pid}`);
  await mine.release();
  await mine.release();
  expect(beside(path)).toEqual([]);
  await (await claim(path, 'slide.ome.tif'))[Symbol.asyncDispose]();
  expect(beside(path)).toEqual([]);
});

test.each([
  ['', ''],
  ['where there are no links', noLinks],
])('a process that was killed has no claim any more %s', async (_, before) => {
  const path = fresh();
  const { child, said } = await claimant(path, true, before);
  expect(said).toBe('taken');
  expect((await tryClaim(path)).holder).toMatchObject({ process: { pid: child.pid } });
  await crash(child);
  // Another process, so that all of it is seen where there are no links, too.
  const heir = await claimant(path, true, before);
  expect(heir.said).toBe('taken');
  expect((await tryClaim(path)).holder).toMatchObject({ process: { pid: heir.child.pid } });
  expect(beside(path)).toEqual(['.slide.ome.tif.claim']);
  await crash(heir.child);
});

test('a process that ended without giving its claim back ends by itself, and has no claim any more', async () => {
  const path = fresh();
  const { child, said } = await claimant(path, false);
  expect(said).toBe('taken');
  if (child.exitCode === null) await new Promise((done) => child.once('exit', done));
  expect(child.exitCode).toBe(0);
  await (await tryClaim(path)).taken!.release();
});

test.runIf(process.platform === 'linux')('a process that was stopped for long keeps its claim', async () => {
  const path = fresh();
  const { child } = await claimant(path, true);
  child.kill('SIGSTOP');
  age(path, 3600);
  const { holder } = await tryClaim(path);
  expect(holder).toMatchObject({ process: { pid: child.pid } });
  expect(holder!.silent).toBeGreaterThan(3500);
  await expect(claim(path, 'x')).rejects.toThrow(/last gave a sign of life 60 min ago$/);
  await crash(child);
  await (await tryClaim(path)).taken!.release();
});

test.runIf(process.platform === 'linux')('a process id that was given again is no owner', async () => {
  const path = fresh();
  await foreign(path, { started: '1' });
  const { taken } = await tryClaim(path);
  expect(taken).toBeDefined();
  await taken!.release();
});

test.each([
  ['another machine', (path: string) => foreign(path, { host: 'node7', place: 'elsewhere' }), 'process \\d+ on node7'],
  ['nobody who can be read', async (path: string) => writeFileSync(path, ''), 'another process'],
  ['a text without sense', async (path: string) => writeFileSync(path, '{"token":"../../x","process":{}}'), 'another process'],
])('a claim of %s holds as long as it is touched, and some minutes more', async (_, write, who) => {
  const path = fresh();
  await write(path);
  age(path, 200);
  await expect(claim(path, 'x')).rejects.toThrow(new RegExp(`^x is being written by ${who}.*3 min ago$`));
  expect((await tryClaim(path, { patience: 500 })).holder?.silent).toBeGreaterThan(190);
  age(path, 400);
  expect((await tryClaim(path, { patience: 500 })).taken).toBeUndefined();
  const { taken } = await tryClaim(path);
  expect(beside(path)).toEqual(['.slide.ome.tif.claim']);
  await taken!.release();
});

test('of many that take over a claim that was left, one alone gets it', async () => {
  for (let round = 0; round < 25; round++) {
    const path = fresh();
    await foreign(path, { pid: 2 ** 30, started: '1' });
    const all = await Promise.all(Array.from({ length: 8 }, () => tryClaim(path)));
    const winners = all.filter(({ taken }) => taken);
    expect(winners).toHaveLength(1);
    expect((await tryClaim(path)).holder).toBeDefined();
    await winners[0]!.taken!.release();
    expect(beside(path)).toEqual([]);
  }
});

test('of processes that take over a claim that was left, one alone gets it', async () => {
  const path = fresh();
  await foreign(path, { pid: 2 ** 30, started: '1' });
  const all = await Promise.all(Array.from({ length: 4 }, (_, i) => claimant(path, true, i % 2 ? noLinks : '')));
  expect(all.filter(({ said }) => said === 'taken')).toHaveLength(1);
  await Promise.all(all.map(({ child }) => (child.exitCode === null ? crash(child) : undefined)));
});

test('one that dies while it takes over leaves no obstacle', async () => {
  const path = fresh();
  const dead = { pid: 2 ** 30, started: '1' };
  const first = await foreign(path, dead);
  const second = await foreign(`${path}.${first}`, dead);
  await foreign(`${path}.${first}.${second}`, dead);
  await using taken = (await tryClaim(path)).taken!;
  expect(taken).toBeDefined();
  expect(beside(path)).toEqual(['.slide.ome.tif.claim']);
});

test('what processes that died while they took a claim left beside it goes with the next that gives it back', async () => {
  const path = fresh();
  const dead = { pid: 2 ** 30, started: '1' };
  await foreign(`${path}-01234567`, dead);
  await foreign(`${path}.89abcdef`, dead);
  await foreign(`${path}-00000000`);
  for (const blank of ['-11111111', '-22222222']) writeFileSync(`${path}${blank}`, '');
  age(`${path}-11111111`, 60);
  await (await claim(path, 'slide.ome.tif')).release();
  expect(beside(path).sort()).toEqual(['.slide.ome.tif.claim-00000000', '.slide.ome.tif.claim-22222222']);
});

test('while one takes over, the others are told of it', async () => {
  const path = fresh();
  const first = await foreign(path, { pid: 2 ** 30, started: '1' });
  await foreign(`${path}.${first}`, { host: 'node7', place: 'elsewhere' });
  expect((await tryClaim(path)).holder).toMatchObject({ process: { host: 'node7' } });
});

test('a claim is touched, and its owner learns when it is lost and leaves that of the other alone', async () => {
  const path = fresh();
  const { taken } = await tryClaim(path, { touch: 0.02 });
  age(path, 1000);
  await expect.poll(() => Date.now() - statSync(path).mtimeMs, { timeout: 600_000 }).toBeLessThan(500_000);
  expect(taken!.lost.aborted).toBe(false);
  rmSync(path);
  writeFileSync(
    path,
    JSON.stringify({ token: '0123abcd', since: 'then', process: { host: 'node7', place: '', pid: 9, started: '' } }),
  );
  await new Promise((done) => taken!.lost.addEventListener('abort', done));
  expect(taken!.lost.reason).toMatchObject({
    code: 'output',
    message: `${path} is held by process 9 on node7, which began at then`,
  });
  await taken!.release();
  expect(readFileSync(path, 'utf8')).toContain('0123abcd');
});

test('a claim goes with a process that ends at once', async () => {
  const path = fresh();
  const mine = await claim(path, 'x');
  removeTemporaries();
  expect(beside(path)).toEqual([]);
  await mine.release();
});

test('what cannot be claimed is an error', async () => {
  await expect(claim(join(home, 'missing', '.x.claim'), 'x')).rejects.toMatchObject({
    code: 'output',
    hint: 'create the folder first',
  });
  const path = fresh();
  symlinkSync('nowhere', path);
  await expect(claim(path, 'x')).rejects.toMatchObject({ code: 'output', message: expect.stringMatching(/neither be read/) });
  expect(beside(path)).toEqual(['.slide.ome.tif.claim']);
});
