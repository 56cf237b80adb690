import { existsSync, mkdirSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Claim, claim, claimPath } from '../../dist/io/claim.js';
import { emptyLabelCount } from '../../dist/plan/labels/labels.js';
import { openStrips } from '../../dist/strip/file.js';
import { filesIn, folder, save, segtile, segtileWell } from './door.ts';

const held: Claim[] = [];
afterEach(async () => {
  for (const each of held.splice(0)) await each.release();
});

/** Strips of a slide of 100 rows, of which some are done. */
async function strips(path: string, rows: number): Promise<void> {
  const facts = { slide: 'hash' };
  const file = await openStrips(path, {
    format: 1,
    facts,
    piece: { x: 0, y: 0, width: 8, height: 100 },
    scores: 'uint8',
    more: {},
  });
  const labels = { x: 0, y: 0, channels: 1, width: 8, height: rows, data: new Uint8Array(8 * rows) };
  await file.append({
    kind: 'strip',
    y: 0,
    height: rows,
    labels,
    scores: undefined,
    count: emptyLabelCount(),
    inside: 8 * rows,
  });
  await file.close();
}

/** A folder in which one slide is done, one is being done here, one was stopped, two of four shards of another are done, and one failed. */
async function results(): Promise<string> {
  const out = folder();
  mkdirSync(join(out, 'a'));
  save(out, 'a/1.run.json', '{}');
  save(out, 'a/1.mask.ome.tif', 'labels');
  for (const shard of [1, 3]) save(out, `4.shard-${shard}-of-4.strips`, 'rows');
  save(out, 'failed.csv', 'slide,mpp,roi,tissue,output,error\n/s/5.tif,,,,,no image\n');
  held.push(await claim(claimPath(join(out, '2')), '2'));
  await strips(join(out, '.2.strips'), 40);
  save(out, '.2.mask.ome.tif.partial-0badcafe', 'half');
  await strips(join(out, 'a/.3.strips'), 60);
  const old = save(out, 'a/.3.mask.ome.tif.partial-0badcafe', 'half');
  utimesSync(old, 1, 1);
  save(out, '.new.csv.partial-0badcafe', 'of a process that cannot be told');
  // The claim of a process that is gone: its id belongs to another by now.
  const gone = { host: 'here', place: 'another boot', pid: 1, started: '1' };
  const dead = save(out, 'a/.3.claim', JSON.stringify({ token: '0badcafe', since: '2026-01-01T00:00:00.000Z', process: gone }));
  utimesSync(dead, 1, 1);
  return out;
}

test('runs watch tells what is going on, from what lies in the folder', async () => {
  const out = await results();
  const { stdout } = await segtileWell(['runs', 'watch', out, '--once', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    done: 1,
    running: [{ slide: '2', host: hostname(), pid: process.pid, rows: { done: 40, total: 100 } }],
    stopped: ['a/3'],
    shards: [{ slide: '4', done: 2, total: 4 }],
    failed: [{ slide: '/s/5.tif', error: 'no image' }],
  });
  const words = (await segtileWell(['runs', 'watch', out, '--once'])).stdout;
  expect(words).toMatch(/^1 done, 1 running, 1 stopped, 1 failed\n/);
  expect(words).toContain(`2  ${hostname()}, process ${process.pid}`);
  expect(words).toContain('row 40 of 100, 40 %');
  expect(words).toContain('a/3: stopped; the same command goes on with it');
  expect(words).toContain('4: 2 of 4 shards are there\n');
  expect(words).toContain('/s/5.tif: no image');
  const none = await segtile(['runs', 'watch', join(out, 'none'), '--once']);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('cannot read the folder')]);
});

test('runs clean removes what nobody holds, and nothing else', async () => {
  const out = await results();
  const before = filesIn(out);
  const dry = await segtileWell(['runs', 'clean', out, '--dry-run']);
  expect(dry.stdout).toMatch(/a\/\.3\.strips: finished rows of a slide that no process is working on, \d+ B\n/);
  expect(dry.stdout).toMatch(/3 files, [^\n]+ would be removed\n$/);
  expect(filesIn(out)).toEqual(before);
  const { stdout } = await segtileWell(['runs', 'clean', out, '--json']);
  const removed = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(removed.map(({ status, kind }) => [status, kind])).toEqual([
    ['removed', 'claim'],
    ['removed', 'partial'],
    ['removed', 'strips'],
  ]);
  expect(filesIn(out)).toEqual(before.filter((name) => !name.startsWith('a/.3.')));
  expect(existsSync(join(out, '.2.strips'))).toBe(true);
  expect((await segtileWell(['runs', 'clean', out])).stdout).toBe('0 files, 0 B removed\n');
});

test('runs clean leaves a shard that is being made, and its columns, and removes one that was stopped', async () => {
  const out = folder();
  for (const name of ['1-of-3', '1-of-3.column-1-of-2', '2-of-3']) await strips(join(out, `.4.shard-${name}.strips`), 10);
  held.push(await claim(claimPath(join(out, '4.shard-1-of-3')), '4'));
  expect((await segtileWell(['runs', 'clean', out])).stdout).toMatch(/\n1 file, [^\n]+ removed\n$/);
  expect(filesIn(out)).toEqual(['.4.shard-1-of-3.claim', '.4.shard-1-of-3.column-1-of-2.strips', '.4.shard-1-of-3.strips']);
  const looked = JSON.parse((await segtileWell(['runs', 'watch', out, '--once', '--json'])).stdout);
  expect(looked).toMatchObject({ running: [{ slide: '4.shard-1-of-3', rows: { done: 20, total: 200 } }], stopped: [] });
});
