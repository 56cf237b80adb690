import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { deflateCodec } from '../../../dist/tiff/write/tile-codec.js';
import { writeTiff } from '../../../dist/tiff/write/write.js';

const root = mkdtempSync(join(tmpdir(), 'segtile-fail-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function folder(name: string): string {
  const path = join(root, name);
  mkdirSync(path);
  return path;
}

const size = { width: 100, height: 90 };
const layout = { size, channels: 1, tile: 16, codec: deflateCodec('labels'), reduce: 'majority', levels: 'chained' } as const;
const rows = (y: number, height: number) => ({
  y,
  height,
  width: 100,
  channels: 1,
  data: new Uint8Array(100 * height).fill(3),
});

test('nothing stands under the final name before finish, and nothing else after it', async () => {
  const at = folder('finish');
  const sink = await writeTiff(join(at, 'mask.tif'), layout);
  await sink.write(rows(0, 90));
  expect(readdirSync(at)).toEqual([expect.stringMatching(/^\.mask\.tif\.partial-/)]);
  await sink.finish();
  await sink.finish();
  await sink.abort();
  expect(readdirSync(at)).toEqual(['mask.tif']);
});

test('an abort leaves what stood there before, and everything after it says so', async () => {
  const at = folder('abort');
  writeFileSync(join(at, 'mask.tif'), 'the mask of yesterday');
  const sink = await writeTiff(join(at, 'mask.tif'), layout);
  await sink.write(rows(0, 50));
  await sink.abort();
  await sink.abort();
  await expect(sink.write(rows(50, 40))).rejects.toMatchObject({ code: 'aborted' });
  await expect(sink.finish()).rejects.toMatchObject({ code: 'aborted' });
  expect(readdirSync(at)).toEqual(['mask.tif']);
  expect(readFileSync(join(at, 'mask.tif'), 'utf8')).toBe('the mask of yesterday');
});

test('an abort stops a finish that is under way', async () => {
  const at = folder('abort-finish');
  const sink = await writeTiff(join(at, 'mask.tif'), layout);
  await sink.write(rows(0, 90));
  const finished = sink.finish();
  const [outcome] = await Promise.allSettled([finished, sink.abort()]);
  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
  expect(readdirSync(at)).toEqual([]);
});

test.each([
  ['too few', [rows(0, 89)], /expected 90 rows for .*mask\.tif but got 89/],
  ['too many', [rows(0, 80), rows(80, 11)], /rows 80 to 91/],
  ['a gap', [rows(0, 10), rows(11, 10)], /expected rows from 10 .* rows 11 to 21/],
  ['another width', [{ ...rows(0, 10), width: 99 }], /100 px wide .* 99 px wide/],
  ['a lack of samples', [{ ...rows(0, 10), data: new Uint8Array(999) }], /in 999 bytes/],
  ['another number of channels', [{ ...rows(0, 10), channels: 3 }], /with 3 channel\(s\)/],
] as const)('rows that do not fit are refused: %s', async (name, parts, message) => {
  const at = folder(name);
  const sink = await writeTiff(join(at, 'mask.tif'), layout);
  const work = async () => {
    for (const part of parts) await sink.write(part);
    await sink.finish();
  };
  const refusal = { code: 'usage', message: expect.stringMatching(message) };
  await expect(work()).rejects.toMatchObject(refusal);
  await expect(sink.finish()).rejects.toMatchObject(refusal);
  expect(readdirSync(at)).toEqual([]);
});

test.each([
  ['a missing folder', 'nowhere/mask.tif', /ENOENT: no such file/, /create the folder/],
  ['a file as a folder', 'file/mask.tif', /ENOTDIR/, /is a file/],
  ['a folder as the file', 'folder', /it is a folder/, /name of a file/],
  ['a name that is too long', `${'n'.repeat(250)}.tif`, /ENAMETOOLONG/, /shorter/],
])('a place that cannot be written to is named at once: %s', async (name, path, message, hint) => {
  const at = folder(name);
  writeFileSync(join(at, 'file'), '');
  mkdirSync(join(at, 'folder'));
  await expect(writeTiff(join(at, path), layout)).rejects.toMatchObject({
    code: 'output',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
  await expect(writeTiff(join(at, path), layout)).rejects.toMatchObject({ message: expect.stringContaining(join(at, path)) });
  expect(readdirSync(at).sort()).toEqual(['file', 'folder']);
});

test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('a folder without permission is named', async () => {
  const at = folder('locked');
  execFileSync('chmod', ['555', at]);
  await expect(writeTiff(join(at, 'mask.tif'), layout)).rejects.toMatchObject({
    code: 'output',
    hint: expect.stringMatching(/may write/),
  });
});

/** A script that writes noise, so that the file grows, and prints what it was told at the end. */
function noiseWriter(path: string): string {
  const module = (name: string) => JSON.stringify(new URL(`../../../dist/tiff/write/${name}.js`, import.meta.url).href);
  return `
    import { writeTiff } from ${module('write')};
    import { deflateCodec } from ${module('tile-codec')};
    const size = { width: 1024, height: 40_000 };
    const codec = deflateCodec('labels');
    const sink = await writeTiff(${JSON.stringify(path)}, { size, channels: 1, tile: 256, codec, reduce: 'majority', levels: 'chained' });
    const data = new Uint8Array(1024 * 64);
    let random = 1;
    try {
      for (let y = 0; y < size.height; y += 64) {
        for (let i = 0; i < data.length; i++) data[i] = (random = (random * 1103515245 + 12345) & 0x7fffffff) >> 16;
        await sink.write({ y, width: 1024, height: 64, channels: 1, data });
        console.log(y);
      }
      await sink.finish();
      console.log('finished');
    } catch (error) {
      console.log(JSON.stringify({ name: error.name, code: error.code, message: error.message, hint: error.hint }));
    }
  `;
}

test.skipIf(process.platform === 'win32')('a disk that takes no more bytes ends the file with a plain error', () => {
  const at = folder('full');
  // A limit on the size of files stands for the full disk: it needs no rights. In blocks of 512 or 1,024 bytes.
  const { stdout, status } = spawnSync(
    'sh',
    ['-c', 'ulimit -f 2000; exec "$0" --input-type=module -e "$1"', process.execPath, noiseWriter(join(at, 'mask.tif'))],
    {
      encoding: 'utf8',
    },
  );
  const last = JSON.parse(stdout.trim().split('\n').at(-1)!);
  expect(last).toMatchObject({
    name: 'SegtileError',
    code: 'output',
    message: expect.stringMatching(/cannot write .*mask\.tif: EFBIG/),
  });
  expect(last.hint).toMatch(/another disk/);
  expect(status).toBe(0);
  expect(readdirSync(at)).toEqual([]);
});

const mountable = process.platform === 'linux' && process.getuid?.() === 0 && canMount();

function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'segtile-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe]).status === 0;
  if (mounted) spawnSync('umount', [probe]);
  rmSync(probe, { recursive: true });
  return mounted;
}

test.skipIf(!mountable)('a full disk is called full, and is left empty (needs the right to mount)', () => {
  const at = folder('tmpfs');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at]);
  try {
    const stdout = execFileSync(process.execPath, ['--input-type=module', '-e', noiseWriter(join(at, 'mask.tif'))], {
      encoding: 'utf8',
    });
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!);
    expect(last).toMatchObject({ code: 'output', message: expect.stringMatching(/ENOSPC: no space left on device/) });
    expect(last.hint).toMatch(/free some space/);
    expect(readdirSync(at)).toEqual([]);
  } finally {
    execFileSync('umount', [at]);
  }
});

test('a process that is killed leaves nothing under the final name', async () => {
  const at = folder('killed');
  const child = spawn(process.execPath, ['--input-type=module', '-e', noiseWriter(join(at, 'mask.tif'))]);
  for await (const chunk of child.stdout) {
    if (
      String(chunk)
        .split('\n')
        .some((line) => Number(line) > 2000)
    )
      break;
  }
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
  expect(child.signalCode).toBe('SIGKILL');
  expect(readdirSync(at)).toEqual([expect.stringMatching(/^\.mask\.tif\.partial-/)]);
});
