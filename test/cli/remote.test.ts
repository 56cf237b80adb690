import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { channelNetwork } from '../model/networks.ts';
import { type FileServer, startFileServer } from '../tiff/file-server.ts';
import { picture } from '../tiff/pictures.ts';

const program = fileURLToPath(new URL('../../bin/segtile.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'segtile-remote-cli-'));
const model = join(folder, 'red.onnx');
const local = join(folder, 'my slide.tif');
let server: FileServer;

beforeAll(async () => {
  server = await startFileServer();
  writeFileSync(model, channelNetwork(0));
  const { data } = picture(1500, 1100);
  await sharp(data, { raw: { width: 1500, height: 1100, channels: 3 } })
    .tiff({ tile: true, tileWidth: 128, tileHeight: 128, pyramid: true, compression: 'deflate' })
    .toFile(local);
});
beforeEach(() => {
  server.reset();
  server.files.set('/my%20slide.tif', readFileSync(local));
  server.files.set('/slides/my%20slide.tif', readFileSync(local));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Runs segtile while the server goes on serving. */
function segtile(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], { env: { ...process.env, ...env } }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

function infer(slide: string, output: string, env?: Record<string, string>) {
  const geometry = ['--window', '256', '--stride', '192', '--margin', '16', '--tissue', 'none', '--workers', '1'];
  return segtile(['infer', slide, '-m', model, '-o', join(folder, output), ...geometry], env);
}

const secret = /s3cret|deadbeef/;
const signed = () => `${server.origin.replace('//', '//ann:s3cret@')}/my%20slide.tif?X-Amz-Signature=deadbeef`;

test('info of a URL, without its secrets', async () => {
  const people = await segtile(['info', signed()]);
  expect(people).toMatchObject({ code: 0, stderr: '' });
  expect(people.stdout).toContain(`${server.origin}/my%20slide.tif?...`);
  expect(people.stdout).toContain('1,500 x 1,100 px');
  expect(people.stdout).not.toMatch(secret);
  expect(server.seen[0]!.headers.authorization).toMatch(/^Basic /);
  const programs = await segtile(['info', '--json', signed()]);
  expect(JSON.parse(programs.stdout)).toMatchObject({
    path: `${server.origin}/my%20slide.tif?...`,
    width: 1500,
    readable: true,
  });
});

test('infer on a URL writes the mask of the local file, under the name in the URL, and no secret', async () => {
  const here = await infer(local, 'here');
  const there = await infer(signed(), 'there');
  expect([here.code, there.code]).toEqual([0, 0]);
  expect(readdirSync(join(folder, 'there')).sort()).toEqual([
    'my slide.mask.ome.tif',
    'my slide.preview.jpg',
    'my slide.run.json',
    'runs.jsonl',
  ]);
  const [a, b] = ['here', 'there'].map((name) => readFileSync(join(folder, name, 'my slide.mask.ome.tif')));
  expect(Buffer.compare(a!, b!)).toBe(0);
  const record = readFileSync(join(folder, 'there', 'my slide.run.json'), 'utf8');
  expect(JSON.parse(record)).toMatchObject({ slide: { path: `${server.origin}/my%20slide.tif?...` } });
  const history = readFileSync(join(folder, 'there', 'runs.jsonl'), 'utf8');
  expect(record + history + there.stdout + there.stderr).not.toMatch(secret);
});

test('infer on an object of an S3 store', async () => {
  server.files.set('/slides/folder/tissue.tif', readFileSync(local));
  const env = {
    AWS_ENDPOINT_URL: server.origin,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 's3cret',
    AWS_REGION: 'us-east-1',
  };
  const run = await infer('s3://slides/folder/tissue.tif', 'store', env);
  expect(run.code).toBe(0);
  expect(server.seen.every(({ headers }) => headers.authorization?.startsWith('AWS4-HMAC-SHA256 '))).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, 'store', 'tissue.run.json'), 'utf8'))).toMatchObject({
    slide: { path: 's3://slides/folder/tissue.tif' },
  });
});

test('failures tell what to do, and no secret', async () => {
  server.fault = (response) => {
    response.writeHead(200).end('whole');
    return 'taken';
  };
  const args = [signed(), signed().replace('my%20slide', 'other')];
  const run = await segtile(['infer', ...args, '-m', model, '-o', join(folder, 'none'), '--json']);
  expect(run.code).toBe(1);
  expect(run.stderr).toContain('its server does not answer range requests');
  expect(run.stderr).toContain('hint: download the file and give its local path');
  const clash = await segtile(['infer', signed(), signed(), '-m', model, '-o', join(folder, 'none')]);
  expect(clash).toMatchObject({ code: 2, stderr: expect.stringContaining('would both be written as') });
  const noModel = await segtile(['info', signed().replace('.tif?', '.onnx?x='), `${signed()}.onnx`]);
  expect([run, clash, noModel].map(({ stdout, stderr }) => stdout + stderr).join('')).not.toMatch(secret);
  expect(readdirSync(folder)).not.toContain('none.mask.ome.tif');
});
