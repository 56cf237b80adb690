import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FileServer, startFileServer } from '../../io/file-server.ts';
import { channelNetwork } from '../../model/networks.ts';
import { picture } from '../../tiff/pictures.ts';
import { readMask, segtile } from '../door.ts';

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

function infer(slide: string, output: string, env?: Record<string, string>) {
  const geometry = ['--window', '256', '--stride', '192', '--margin', '16', '--tissue', 'none', '--workers', '1'];
  return segtile(['infer', slide, '-m', model, '-o', join(folder, output), ...geometry], env && { env });
}

const secret = /s3cret|deadbeef/;
const signed = () => `${server.origin.replace('//', '//ann:s3cret@')}/my%20slide.tif?X-Amz-Signature=deadbeef`;

test('info of a URL, without its secrets', async () => {
  const people = await segtile(['info', signed()]);
  expect(people).toMatchObject({ code: 0, stderr: '' });
  expect(people.stdout).toContain(`${server.origin}/my%20slide.tif?...`);
  expect(people.stdout).toContain('1,500 × 1,100 px');
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

test('a list may name URLs and objects of an S3 store, beside paths', async () => {
  server.files.set('/slides/folder/tissue.tif', readFileSync(local));
  const env = {
    AWS_ENDPOINT_URL: server.origin,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 's3cret',
    AWS_REGION: 'us-east-1',
  };
  const list = join(folder, 'mixed.csv');
  writeFileSync(list, `slide,mpp,output\n"${signed()}",0.5,web\ns3://slides/folder/tissue.tif,,store\nmy slide.tif,,here\n`);
  const out = join(folder, 'listed');
  const ended = await segtile(
    ['infer', '--from', list, '-m', model, '-o', out, '--window', '1024', '--tissue', 'none', '--json'],
    { env },
  );
  expect(ended.code, ended.stderr).toBe(0);
  const records = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records.map(({ slide }) => slide.path)).toEqual([
    `${server.origin}/my%20slide.tif?...`,
    's3://slides/folder/tissue.tif',
    local,
  ]);
  expect(records[0].slide.mpp).toEqual({ x: 0.5, y: 0.5, source: '--from' });
  const masks = await Promise.all(
    ['web/my slide', 'store/tissue', 'here/my slide'].map((name) => readMask(join(out, `${name}.mask.ome.tif`))),
  );
  for (const { data } of masks) expect(data.equals(masks[2]!.data)).toBe(true);
  expect(ended.stdout + ended.stderr).not.toMatch(secret);
  const again = await segtile(['infer', '--from', list, '-m', model, '-o', out, '--window', '1024', '--tissue', 'none'], {
    env,
  });
  expect(again.stdout, again.stderr).toMatch(/kept/);
  // It names URLs with their secrets, which later tests look for in all that was written.
  rmSync(list);
});

test('what failed of a list of URLs is listed without what is secret, and is refused until that is put in again', async () => {
  const list = join(folder, 'gone.csv');
  writeFileSync(list, `${signed().replace('my%20slide', 'gone')}\n${local}\n`);
  const out = join(folder, 'some failed');
  const ended = await segtile(['infer', '--from', list, '-m', model, '-o', out, '--window', '1024', '--tissue', 'none']);
  expect(ended.code).toBe(1);
  const failed = readFileSync(join(out, 'failed.csv'), 'utf8');
  expect(failed).toContain(`${server.origin}/gone.tif?...`);
  expect(failed + ended.stderr).not.toMatch(secret);
  const again = await segtile(['infer', '--from', join(out, 'failed.csv'), '-m', model, '-o', out]);
  expect(again.stderr).toContain('has a URL without what stood behind its "?"');
  rmSync(list);
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
  const clash = await segtile(['infer', signed(), signed().replace('?', '?again&'), '-m', model, '-o', join(folder, 'none')]);
  expect(clash).toMatchObject({ code: 2, stderr: expect.stringContaining('is asked for twice') });
  const noModel = await segtile(['info', signed().replace('.tif?', '.onnx?x='), `${signed()}.onnx`]);
  expect([run, clash, noModel].map(({ stdout, stderr }) => stdout + stderr).join('')).not.toMatch(secret);
  expect(readdirSync(folder)).not.toContain('none.mask.ome.tif');
});

test('no secret in what any command says or writes, whether it works or not', async () => {
  const truth = join(folder, 'pairs.csv');
  const bad = signed().replace('my%20slide', 'gone');
  writeFileSync(truth, `slide,truth\n"${signed()}","${signed()}"\n`);
  const all = join(folder, 'said');
  const at = (name: string) => join(all, name);
  const mask = join(folder, 'my slide.truth.png');
  await sharp(Buffer.alloc(1500 * 1100, 1), { raw: { width: 1500, height: 1100, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(mask);
  const works = [
    ['compare', signed(), '--truth', mask, '-m', model, '--tile', '1024/1024', '--resize', '512', '-o', at('x')],
    ['make-dataset', signed(), '--truth', mask, '--window', '512', '-o', at('y')],
    ['infer', signed(), '-m', model, '--window', '1024', '--report', '-o', at('z')],
    ['evaluate', at('z'), '--truth', mask, '--report', at('z.html'), '--csv', at('z.csv')],
  ];
  for (const args of works) {
    const ended = await segtile([...args, ...(args[0] === 'evaluate' ? [] : ['--overwrite'])]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout + ended.stderr, args.join(' ')).not.toMatch(secret);
  }
  const runs = [
    ['infer', bad, '-m', model, '-o', at('a')],
    ['infer', signed(), '-m', signed(), '-o', at('b')],
    ['infer', signed(), '-m', model, '--tissue', signed(), '-o', at('c')],
    ['evaluate', signed(), '--truth', local],
    ['evaluate', local, '--truth', signed()],
    ['make-dataset', signed(), '--truth', signed(), '-o', at('d')],
    ['make-dataset', signed(), '--truth', truth, '-o', at('e')],
    ['make-dataset', signed(), '--truth', folder, '-o', at('f')],
    ['compare', signed(), '--truth', truth, '-m', model, '--tile', '256/192', '-o', at('g')],
    ['compare', signed(), '--truth', local, '-m', model, '--tile', '256/192', '--resize', '256', '-o', at('h')],
    ['info', signed(), bad, 'https://ann:s3cret/x@h/a.tif', 'ftp://ann:s3cret@h/a.tif', 's3://ann:s3cret@'],
    ['threshold', signed(), '-o', at('i')],
    ['pseudo-label', signed(), '-o', at('j')],
    ['find-noise', signed(), '--predictions', signed()],
    ['runs', '--history', signed()],
    ['infer', signed(), '-m', model, '--no-such-option=https://ann:s3cret@h/?deadbeef'],
  ];
  for (const args of runs) {
    const { stdout, stderr } = await segtile([...args, '--json']);
    expect(stdout + stderr, args.join(' ')).not.toMatch(secret);
    expect(stdout + stderr).not.toBe('');
  }
  const written = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of written) {
    const file = join(parentPath, name);
    if (file !== truth) expect(readFileSync(file, 'latin1'), file).not.toMatch(secret);
  }
}, 300_000);
