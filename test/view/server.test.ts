import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claim, claimPath } from '../../dist/io/claim.js';
import { startView } from '../../dist/pipeline/view/start-view.js';
import { emptyLabelCount } from '../../dist/plan/labels/labels.js';
import { openStrips, STRIP_FORMAT } from '../../dist/strip/file.js';
import type { Box } from '../../dist/types.js';
import { judge } from '../../dist/view/guard.js';
import type {
  Catalogue,
  ListedObject,
  LookedMessage,
  ObjectSummary,
  OpenSlideCard,
  ShownObject,
} from '../../dist/view/messages.js';
import type { RunningServer } from '../../dist/view/server.js';
import { folder, readMask, readPlanes, save, segtileWell, writeSlide } from '../cli/door.js';
import { type Answered, asked, classes, type Fixture, makeFixture, sent, size, thresholded } from './fixture.js';

const settings = { truth: undefined, classes: undefined, host: '127.0.0.1', port: 0 } as const;
let fixture: Fixture;
let server: RunningServer;
let origin: string;
let port: number;
let cookie: Readonly<Record<string, string>>;

beforeAll(async () => {
  fixture = await makeFixture();
  ({ server } = await startView({ ...settings, paths: [fixture.results, fixture.slide] }));
  const { origin: own, port: number } = new URL(server.url);
  [origin, port] = [own, Number(number)];
  const page = await asked(server.url);
  cookie = { cookie: String(page.headers['set-cookie']).split(';')[0]! };
});
afterAll(() => server.close());

const get = (path: string): Promise<Answered> => asked(origin + path, cookie);
const parsed = async <T>(path: string): Promise<T> => JSON.parse((await get(path)).body.toString()) as T;
const opened = async (): Promise<OpenSlideCard> => {
  const { slides } = await parsed<Catalogue>('/catalogue');
  expect(slides).toMatchObject([{ name: 'a.tif', state: 'done', runs: 1 }]);
  return parsed<OpenSlideCard>(`/slides/${slides[0]!.id}`);
};

describe('tiles', () => {
  test('of a slide show what it shows, halved as often as is asked', async () => {
    const { picture } = await opened();
    const { body, headers } = await get(`/tiles/${picture!.id}/1/1_0.jpg`);
    expect(headers['content-type']).toBe('image/jpeg');
    const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 800 - 512, height: 512 });
    const box = { left: 1024, top: 0, width: 576, height: 1024 };
    const wanted = await sharp(fixture.slide).extract(box).resize(288, 512, { kernel: 'linear' }).raw().toBuffer();
    let worst = 0;
    // Not at the edge of the disc, where JPEG rings.
    for (let i = 0; i < data.length; i += 3 * 17) worst = Math.max(worst, Math.abs(data[i]! - wanted[i]!));
    expect(worst).toBeLessThan(40);
    expect(data[0]).toBeGreaterThan(235);
  });

  test('of a mask hold its labels, as bytes of a PNG', async () => {
    const { runs } = await opened();
    const { data } = await readMask(fixture.mask);
    const { body } = await get(`/tiles/${runs[0]!.mask!.id}/0/2_1.png`);
    const tile = await indices(body);
    expect(tile.length).toBe(512 * 512);
    for (let y = 0; y < 512; y++) {
      const wanted = data.subarray((512 + y) * size.width + 1024, (512 + y) * size.width + 1536);
      expect(tile.subarray(y * 512, (y + 1) * 512).equals(wanted)).toBe(true);
    }
    expect(new Set(tile)).toEqual(new Set([0, 1, 2]));
  });

  test('of probabilities hold the planes one below the other', async () => {
    const { runs } = await opened();
    const scores = runs[0]!.scores!;
    expect(scores).toMatchObject({ width: 800, height: 600, channels: ['background', 'disc', '<b>ring</b>'], exclusive: true });
    const { planes } = await readPlanes(fixture.probabilities);
    const tile = await indices((await get(`/tiles/${scores.id}/0/0_0.png`)).body);
    expect(tile.length).toBe(3 * 512 * 512);
    for (const [c, plane] of planes.entries()) {
      for (let y = 0; y < 512; y += 31) {
        for (let x = 0; x < 512; x += 7) expect(tile[(c * 512 + y) * 512 + x]).toBe(Math.round(255 * plane[y * 800 + x]!));
      }
    }
  });

  test('that there are not are not found', async () => {
    const { picture, runs } = await opened();
    const mask = runs[0]!.mask!.id;
    const none = [`${picture!.id}/0/9_0.jpg`, `${picture!.id}/0/0_0.png`, `${picture!.id}/7/0_0.jpg`, `${mask}/0/0_0.jpg`];
    const foreign = [
      `${mask.replace(/\..*/, '')}.mask-000000000000/0/0_0.png`,
      'ffffffffffff.picture-1/0/0_0.jpg',
      `${picture!.id}/-1/0_0.jpg`,
    ];
    for (const path of [...none, ...foreign]) expect(await get(`/tiles/${path}`), path).toMatchObject({ status: 404 });
  });

  test('of a file without tiles or levels are the same', async () => {
    const at = folder();
    const png = `${at}/b.png`;
    await sharp(await writeSlide(`${at}/b.tif`, 1300, 700, (x, y) => [x % 256, y % 256, 90]))
      .png()
      .toFile(png);
    const own = await startView({ ...settings, paths: [png] });
    const { origin: there } = new URL(own.server.url);
    const own_cookie = { cookie: String((await asked(own.server.url)).headers['set-cookie']).split(';')[0]! };
    const { slides } = JSON.parse((await asked(`${there}/catalogue`, own_cookie)).body.toString()) as Catalogue;
    const card = JSON.parse((await asked(`${there}/slides/${slides[0]!.id}`, own_cookie)).body.toString()) as OpenSlideCard;
    const { body } = await asked(`${there}/tiles/${card.picture!.id}/0/1_1.jpg`, own_cookie);
    const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 512, height: 188 });
    const [x, y] = [100, 80];
    expect(Math.abs(data[3 * (y * 512 + x)]! - ((512 + x) % 256))).toBeLessThan(12);
    expect(Math.abs(data[3 * (y * 512 + x) + 1]! - ((512 + y) % 256))).toBeLessThan(12);
    await own.server.close();
  });
});

describe('objects', () => {
  test('at a pixel have the outlines, the measures and the name that segtile objects gives them', async () => {
    const out = folder();
    await segtileWell(['objects', fixture.mask, '-o', out, '--quiet']);
    const { features } = JSON.parse(readFileSync(`${out}/a.objects.geojson`, 'utf8')) as {
      features: { id: string; geometry: { type: string; coordinates: number[][][] }; properties: { measurements: object } }[];
    };
    const { runs } = await opened();
    const mask = runs[0]!.mask!.id;
    const at = await parsed<ShownObject>(`/masks/${mask}/at?x=800&y=600`);
    const wanted = features.find(({ id }) => id === at.id)!;
    expect(wanted.geometry.type).toBe('Polygon');
    expect(at.polygons).toEqual([wanted.geometry.coordinates.map((ring) => ring.slice(0, -1))]);
    expect(Object.fromEntries(at.measures)).toEqual(wanted.properties.measurements);
    const ring = await parsed<ShownObject>(`/masks/${mask}/at?x=1280&y=600`);
    expect(features.map(({ id }) => id).sort()).toEqual([at.id, ring.id].sort());
    expect(ring.polygons[0]).toHaveLength(2);
    for (const nowhere of ['x=5&y=5', 'x=-1&y=5', 'x=5&y=99999', 'x=a&y=5', ''])
      expect(await parsed(`/masks/${mask}/at?${nowhere}`)).toBe(null);
  });

  test('are counted, and listed by size', async () => {
    const { runs } = await opened();
    const mask = runs[0]!.mask!.id;
    let summary = await parsed<ObjectSummary>(`/masks/${mask}/objects`);
    while (summary.state === 'counting') summary = await parsed<ObjectSummary>(`/masks/${mask}/objects`);
    const { data } = await readMask(fixture.mask);
    const [disc, ring] = summary.classes;
    expect(disc).toMatchObject({ label: 1, count: 1, area: data.filter((label) => label === 1).length });
    expect(ring).toMatchObject({ label: 2, count: 1, area: data.filter((label) => label === 2).length });
    const { least, most } = ring!.bins[0]!;
    const listed = await parsed<ListedObject[]>(`/masks/${mask}/list?label=2&least=${least}&most=${most}`);
    expect(listed).toMatchObject([{ label: 2, area: ring!.area }]);
    expect(await parsed(`/masks/${mask}/list?label=2&least=${most}&most=1e9`)).toEqual([]);
    expect(await get(`/masks/${mask}/elsewhere`)).toMatchObject({ status: 404 });
    expect(await get(`/masks/${mask}/errors`)).toMatchObject({ status: 404 });
  });
});

test('where a run looked is found anew by its record', async () => {
  const out = folder();
  const square = [
    [100, 100],
    [900, 100],
    [900, 700],
    [100, 700],
    [100, 100],
  ];
  const roi = save(
    out,
    'roi.geojson',
    JSON.stringify({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [square] } }),
  );
  const plan = [
    '--downsample',
    '4',
    '--window',
    '96',
    '--stride',
    '64',
    '--margin',
    '8',
    '--placement',
    'aligned',
    '--roi',
    roi,
  ];
  await segtileWell(['infer', fixture.slide, '-m', 'kidney', ...plan, '-o', out, '--quiet']);
  const record = JSON.parse(readFileSync(`${out}/a.run.json`, 'utf8')) as { windows: { run: number; planned: number } };
  const own = await startView({ ...settings, paths: [out] });
  const { origin: there } = new URL(own.server.url);
  const allowed = { cookie: String((await asked(own.server.url)).headers['set-cookie']).split(';')[0]! };
  const read = async <T>(path: string): Promise<T> => JSON.parse((await asked(there + path, allowed)).body.toString()) as T;
  const { slides } = await read<Catalogue>('/catalogue');
  // The slide is the one that the record names.
  const card = await read<OpenSlideCard>(`/slides/${slides[0]!.id}`);
  expect(card).toMatchObject({ name: 'a.tif', ...size, runs: [{ looked: true, region: true }] });
  const looked = await read<LookedMessage>(`/looked/${card.id}/${card.runs[0]!.id}`);
  expect(looked.notes).toEqual([]);
  expect(looked.windows).toHaveLength(record.windows.planned);
  expect(looked.windows.filter(([, , , , run]) => run === 1)).toHaveLength(record.windows.run);
  expect(record.windows.run).toBeLessThan(record.windows.planned);
  const labels = async ({ id }: { id: string }): Promise<Buffer> =>
    indices((await asked(`${there}/tiles/${id}/0/0_0.png`, allowed)).body);
  const tissue = await labels(looked.tissue!);
  expect([tissue[0], tissue[512 * 500 + 500]]).toEqual([0, 1]);
  const region = await labels(looked.region!);
  expect([region[512 * 99 + 300], region[512 * 101 + 300]]).toEqual([0, 1]);
  await own.server.close();
});

test('what is run meanwhile is told, and what is done is there when the page is loaded anew', async () => {
  const results = folder();
  copyFileSync(fixture.mask, join(results, 'a.mask.ome.tif'));
  const own = await startView({ ...settings, paths: [results] });
  const { origin: there } = new URL(own.server.url);
  const allowed = { cookie: String((await asked(own.server.url)).headers['set-cookie']).split(';')[0]! };
  const read = async <T>(path: string): Promise<T> => JSON.parse((await asked(there + path, allowed)).body.toString()) as T;
  expect(await read('/progress')).toMatchObject({ running: [] });
  const held = await claim(claimPath(join(results, 'b')), 'b');
  expect(await read('/progress')).toMatchObject({ running: [{ slide: 'b', rows: null }] });
  await held.release();
  const names = async (): Promise<string[]> => (await read<Catalogue>('/catalogue')).slides.map(({ name }) => name);
  expect(await names()).toEqual(['a']);
  const [{ id }] = (await read<Catalogue>('/catalogue')).slides as [Catalogue['slides'][number]];
  const before = await read<OpenSlideCard>(`/slides/${id}`);
  copyFileSync(fixture.mask, join(results, 'b.mask.ome.tif'));
  copyFileSync(await thresholded(fixture.probabilities, new Map([['disc', 0.9]]), folder()), join(results, 'a.mask.ome.tif'));
  expect(await names()).toEqual(['a', 'b']);
  const after = await read<OpenSlideCard>(`/slides/${id}`);
  expect(after.runs[0]!.mask!.id).not.toBe(before.runs[0]!.mask!.id);
  expect(await asked(`${there}/tiles/${before.runs[0]!.mask!.id}/0/0_0.png`, allowed)).toMatchObject({ status: 404 });
  expect(await asked(`${there}/tiles/${after.runs[0]!.mask!.id}/0/0_0.png`, allowed)).toMatchObject({ status: 200 });
  await own.server.close();
});

test('the rows that a run has finished are shown while it is going on', async () => {
  const results = folder();
  const [width, height] = [800, 600];
  const working = { width, height };
  const of = { slide: { path: fixture.slide, ...size }, working, spans: working, classes };
  const piece = { x: 0, y: 0, width, height };
  const path = join(results, '.a.strips');
  const strips = await openStrips(path, { format: STRIP_FORMAT, facts: {}, piece, scores: 'float32', more: { of } });
  const append = (y: number, rows: number, label: number): Promise<void> => {
    const labels = { y, width, height: rows, channels: 1, data: new Uint8Array(width * rows).fill(label) };
    const count = emptyLabelCount();
    return strips.append({ kind: 'strip', y, height: rows, labels, scores: undefined, count, inside: width * rows });
  };
  await append(0, 256, 1);
  const own = await startView({ ...settings, paths: [results] });
  const { origin: there } = new URL(own.server.url);
  const allowed = { cookie: String((await asked(own.server.url)).headers['set-cookie']).split(';')[0]! };
  const read = async <T>(path: string): Promise<T> => JSON.parse((await asked(there + path, allowed)).body.toString()) as T;
  const open = async (): Promise<OpenSlideCard> => {
    const { slides } = await read<Catalogue>('/catalogue');
    expect(slides).toMatchObject([{ name: 'a.tif', state: 'unfinished', runs: 1 }]);
    return read<OpenSlideCard>(`/slides/${slides[0]!.id}`);
  };
  const tile = async ({ runs }: OpenSlideCard, at: string): Promise<Buffer> =>
    indices((await asked(`${there}/tiles/${runs[0]!.mask!.id}/${at}.png`, allowed)).body);
  const before = await open();
  expect(before).toMatchObject({ ...size, runs: [{ rows: { done: 256, total: 600 }, mask: { ...working, classes } }] });
  const first = await tile(before, '0/0_0');
  expect([first[255 * 512], first[256 * 512]]).toEqual([1, 0]);
  await append(256, 256, 2);
  const after = await open();
  expect(after.runs[0]!.rows).toEqual({ done: 512, total: 600 });
  const [second, halved] = [await tile(after, '0/0_0'), await tile(after, '1/0_0')];
  expect([second[255 * 512], second[256 * 512], second[511 * 512 + 511]]).toEqual([1, 2, 2]);
  expect([halved[127 * 400], halved[128 * 400 + 399], halved[256 * 400]]).toEqual([1, 2, 0]);
  // Done: the mask takes the place of the strips.
  await strips.close();
  rmSync(path);
  copyFileSync(fixture.mask, join(results, 'a.mask.ome.tif'));
  const { slides } = await read<Catalogue>('/catalogue');
  expect(slides).toMatchObject([{ state: 'missing', runs: 1 }]);
  await own.server.close();
});

test('the rows of shards and of columns are shown together, whether or not a shard is done', async () => {
  const results = folder();
  const working = { width: 800, height: 600 };
  const of = { slide: { path: fixture.slide, ...size }, working, spans: working, classes };
  const write = async (name: string, piece: Box, rows: number, label: number): Promise<void> => {
    const head = { format: STRIP_FORMAT, facts: {}, piece, scores: 'float32', more: { of } } as const;
    const strips = await openStrips(join(results, name), head);
    const { y, width } = piece;
    const labels = { y, width, height: rows, channels: 1, data: new Uint8Array(width * rows).fill(label) };
    if (rows > 0)
      await strips.append({ kind: 'strip', y, height: rows, labels, scores: undefined, count: emptyLabelCount(), inside: 0 });
    await strips.close();
  };
  await write('a.shard-1-of-2.strips', { x: 0, y: 0, width: 800, height: 300 }, 300, 1);
  const second = { x: 0, y: 300, width: 800, height: 300 };
  await write('.a.shard-2-of-2.strips', second, 0, 1);
  await write('.a.shard-2-of-2.column-1-of-2.strips', { ...second, width: 400 }, 200, 2);
  await write('.a.shard-2-of-2.column-2-of-2.strips', { ...second, x: 400, width: 400 }, 100, 1);
  const own = await startView({ ...settings, paths: [results] });
  const { origin: there } = new URL(own.server.url);
  const allowed = { cookie: String((await asked(own.server.url)).headers['set-cookie']).split(';')[0]! };
  const read = async <T>(path: string): Promise<T> => JSON.parse((await asked(there + path, allowed)).body.toString()) as T;
  const { slides } = await read<Catalogue>('/catalogue');
  expect(slides).toMatchObject([{ name: 'a.tif', state: 'unfinished', runs: 1 }]);
  const { runs } = await read<OpenSlideCard>(`/slides/${slides[0]!.id}`);
  expect(runs[0]!.rows).toEqual({ done: 450, total: 600 });
  const halved = await indices((await asked(`${there}/tiles/${runs[0]!.mask!.id}/1/0_0.png`, allowed)).body);
  const at = (x: number, y: number): number => halved[(y >> 1) * 400 + (x >> 1)]!;
  expect([at(0, 298), at(798, 298), at(398, 302), at(402, 302)]).toEqual([1, 1, 2, 1]);
  expect([at(398, 498), at(398, 502), at(402, 398), at(402, 402)]).toEqual([2, 0, 1, 0]);
  await own.server.close();
});

describe('corrections', () => {
  const put = (
    body: string,
    headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
  ): Promise<Answered> => asked(`${origin}${path}`, { ...cookie, ...headers }, 'PUT', body);
  const ring = [
    [1, 1],
    [9, 1],
    [9, 9],
    [1, 1],
  ];
  const classification = { name: 'disc', color: [0, 158, 115] };
  const feature = {
    type: 'Feature',
    id: 'x',
    geometry: { type: 'Polygon', coordinates: [ring] },
    properties: { objectType: 'annotation', classification },
  };
  let path: string;
  beforeAll(async () => {
    path = `/corrections/${(await opened()).id}`;
  });

  test('are refused where they make no sense, and kept where they do', async () => {
    const bad = [
      '',
      '{',
      '[]',
      '{"stamp":"","features":[{}]}',
      JSON.stringify({ stamp: '', features: [{ ...feature, geometry: { type: 'Point', coordinates: [1, 2] } }] }),
    ];
    const open = {
      ...feature,
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [1, 1],
            [9, 1],
            [9, 9],
            [2, 2],
          ],
        ],
      },
    };
    for (const body of [...bad, JSON.stringify({ stamp: '', features: [open] })])
      expect(await put(body), body).toMatchObject({ status: 400 });
    expect(await put('{}', { 'content-type': 'text/plain' })).toMatchObject({ status: 400 });
    const { status, body } = await put(JSON.stringify({ stamp: '', features: [feature] }));
    expect(status).toBe(200);
    const file = fixture.slide.replace(/tif$/, 'corrections.geojson');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ type: 'FeatureCollection', features: [feature] });
    expect(await parsed(path)).toEqual(JSON.parse(body.toString()));
  });

  test('are not written over what somebody else has changed', async () => {
    const again = await put(JSON.stringify({ stamp: '', features: [] }));
    expect(again).toMatchObject({ status: 400 });
    expect(again.body.toString()).toContain('was changed by another program or page');
  });
});

describe('a server', () => {
  test('lets nobody in without its token', async () => {
    const addresses = [
      '/',
      '/?token=',
      '/?token=wrong',
      '/catalogue',
      '/app/main.js',
      `/catalogue${new URL(server.url).search}`,
    ];
    for (const path of addresses) expect(await asked(origin + path), path).toMatchObject({ status: 403 });
    expect(await asked(`${origin}/catalogue`, { cookie: `segtile-${port}=wrong` })).toMatchObject({ status: 403 });
    expect(await get('/catalogue')).toMatchObject({ status: 200 });
  });

  test('answers only to names of this machine', async () => {
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost@evil.example']) {
      expect(await asked(`${origin}/catalogue`, { ...cookie, host }), host).toMatchObject({ status: 403 });
    }
    expect(await sent(port, `GET /catalogue HTTP/1.0\r\nCookie: ${cookie.cookie}\r\n\r\n`)).toMatch(/ 403 /);
    for (const host of [`localhost:${port}`, '127.0.0.1', `[::1]:${port}`]) {
      expect(await asked(`${origin}/catalogue`, { ...cookie, host }), host).toMatchObject({ status: 200 });
    }
  });

  test('does not answer what another page asks', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://evil.example' },
    ]) {
      expect(await asked(`${origin}/catalogue`, { ...cookie, ...headers })).toMatchObject({ status: 403 });
    }
    const named = { ...cookie, 'sec-fetch-site': 'same-origin', origin };
    expect(await asked(`${origin}/catalogue`, named)).toMatchObject({ status: 200 });
    expect(await asked(`${origin}/catalogue`, cookie, 'PUT')).toMatchObject({ status: 400 });
    expect(await asked(`${origin}/catalogue`, cookie, 'POST')).toMatchObject({ status: 405 });
  });

  test('gives its page to no frame, and lets it load nothing from elsewhere', async () => {
    const { headers } = await asked(server.url);
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/);
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(String(headers['set-cookie'])).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
  });

  test('passes the licence of what is in its script on with it', async () => {
    expect((await get('/app/main.js')).body.toString()).toContain('Redistribution and use in source and binary forms');
  });

  test('has no way to a file by its path', async () => {
    const up = [
      '/../../etc/passwd',
      '/app/../../cli.js',
      '/app/%2e%2e/server.js',
      '/app/..%2fserver.js',
      '/tiles/..',
      '//etc/passwd',
      '/app/index.html',
      '/app/server.js',
      `/slides/${encodeURIComponent(fixture.slide)}`,
    ];
    for (const path of up) {
      const line = await sent(
        port,
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie.cookie}\r\nConnection: close\r\n\r\n`,
      );
      expect(line, path).toMatch(/^HTTP\/1\.1 (400|404) /);
    }
  });

  test('survives thousands of mutated requests, and answers none of them with more than it should', async () => {
    const { picture } = await opened();
    const plain = `GET /tiles/${picture!.id}/0/0_0.jpg HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${cookie.cookie}\r\nConnection: close\r\n\r\n`;
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const mutated = (): Buffer => {
      const bytes = Buffer.from(plain, 'latin1');
      for (let i = random(4); i >= 0; i--) bytes[random(bytes.length)] = random(256);
      return bytes;
    };
    const statuses = new Set<string>();
    for (let round = 0; round < 50; round++) {
      const lines = await Promise.all(Array.from({ length: 40 }, () => sent(port, mutated())));
      for (const line of lines) statuses.add(line.slice(9, 12));
    }
    for (const status of statuses) expect(['', '200', '400', '403', '404', '405', '431', '505']).toContain(status);
    expect(await get('/catalogue')).toMatchObject({ status: 200 });
  });

  test('lets in none of ten thousand callers who guess', () => {
    const door = { token: 'right', cookie: 'segtile-1', hosts: new Set(['localhost']) };
    const caller = { method: 'GET', target: '/catalogue', headers: { host: 'localhost', cookie: 'segtile-1=right' } };
    expect(judge(caller, door)).toEqual({ status: 200, newcomer: false });
    const odd = fc.oneof(fc.string(), fc.constantFrom('right', 'segtile-1', '../', 'localhost', '\0', '=', ';', '%2e'));
    const joined = fc.array(odd, { maxLength: 4 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(joined, joined, joined, (host, cookie, target) => {
        const judged = judge({ method: 'GET', target: `/${target}`, headers: { host, cookie } }, door);
        const known = host === 'localhost' && /(^|; *)segtile-1=right *(;|$)/.test(cookie);
        if (judged.status === 200) expect(known || /[?&]token=right(&|$)/.test(target)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  test('stops work that nobody waits for', async () => {
    const { picture } = await opened();
    await new Promise<void>((resolve) => {
      const left = request(`${origin}/tiles/${picture!.id}/0/1_1.jpg`, { headers: cookie });
      left.on('error', () => resolve());
      left.end();
      setTimeout(() => left.destroy(new Error('left')), 1);
    });
    expect(await get(`/tiles/${picture!.id}/0/1_1.jpg`)).toMatchObject({ status: 200 });
  });

  test('refuses a port that is taken', async () => {
    await expect(startView({ ...settings, paths: [fixture.slide], port })).rejects.toMatchObject({ code: 'usage' });
  });

  test('sends names as text of JSON, whatever they hold', async () => {
    const { headers, body } = await get(`/slides/${(await opened()).id}`);
    expect(headers['content-type']).toBe('application/json');
    expect(body.toString()).toContain('"<b>ring</b>"');
  });
});

/** The bytes of a PNG of one byte a pixel, as a program reads them that was not written for this. */
async function indices(png: Buffer): Promise<Buffer> {
  expect(png[25]).toBe(3);
  const colors = png.subarray(png.indexOf('PLTE') + 4, png.indexOf('PLTE') + 4 + 768);
  const byColor = new Map<number, number>();
  for (let i = 255; i >= 0; i--) byColor.set(colors.readUIntBE(3 * i, 3), i);
  const { data, info } = await sharp(png).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const out = Buffer.alloc(info.width * info.height);
  for (let i = 0; i < out.length; i++) out[i] = byColor.get(data.readUIntBE(i * info.channels, 3))!;
  return out;
}
