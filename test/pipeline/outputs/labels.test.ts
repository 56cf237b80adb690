import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type LabelFile, openLabelFile } from '../../../dist/pipeline/outputs/labels/label-file.js';
import { openLabelFiles } from '../../../dist/pipeline/outputs/labels/open.js';
import type { RasterRows, Sink } from '../../../dist/types.js';

const folder = mkdtempSync(join(tmpdir(), 'segtile-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Large enough for a thread.
const size = { width: 4100, height: 4100 };
const classes = [{ label: 1, name: 'tumor', color: [255, 0, 0] as const }];
const overview = { width: 64, height: 64, channels: 3, data: new Uint8Array(64 * 64 * 3).fill(200) };

function filesIn(name: string): LabelFile[] {
  const at = (ending: string): string => join(folder, `${name}.${ending}`);
  return [
    { path: at('tif'), kind: 'mask', mask: { size, classes, values: 'labels' } },
    {
      path: at('jpg'),
      kind: 'preview',
      preview: { overview, size, classes, covered: [{ x: 0, y: 0, width: 2000, height: 4100 }] },
    },
  ];
}

/** Bands with a step to the right in each, in memory that is the next band's as soon as one is written. */
function* bands(shared: boolean): Generator<RasterRows> {
  const rows = 300;
  const memory = shared ? new SharedArrayBuffer(rows * size.width) : new ArrayBuffer(rows * size.width);
  for (let y = 0; y < size.height; y += rows) {
    const height = Math.min(rows, size.height - y);
    const data = new Uint8Array(memory, 0, height * size.width).fill(0);
    for (let row = 0; row < height; row++) data.fill(1, row * size.width + y / 2, row * size.width + y / 2 + 700 + (row % 5));
    yield { y, width: size.width, height, channels: 1, data };
  }
}

test.each([true, false])('a thread writes the bytes that one thread writes (shared memory: %s)', async (shared) => {
  const [here, there] = [filesIn('here'), filesIn('there')];
  const direct = await Promise.all(here.map(openLabelFile));
  const kept: Sink<never>[] = [];
  const paths: string[] = [];
  const sinks = await openLabelFiles(there, size, (path, sink) => {
    paths.push(path);
    kept.push(sink as Sink<never>);
    return sink;
  });
  expect(paths).toEqual(there.map(({ path }) => path));
  for (const rows of bands(shared)) {
    await Promise.all([...direct, ...sinks].map((sink) => sink.write(rows)));
  }
  for (const sink of [...direct, ...kept]) await sink.finish();
  for (const [index, { path }] of there.entries()) expect(readFileSync(path)).toEqual(readFileSync(here[index]!.path));
});

test('a file that cannot be begun leaves nothing behind, and its error says why', async () => {
  const files = filesIn('begun');
  const missing: LabelFile = { ...files[1]!, path: join(folder, 'missing', 'p.jpg') };
  const opening = openLabelFiles([files[0]!, missing], size, (_, sink) => sink);
  await expect(opening).rejects.toMatchObject({ code: 'output', hint: 'create the folder first' });
  expect(readdirSync(folder).filter((name) => name.includes('begun'))).toEqual([]);
});

test('labels of no class fail where they are written, and later calls with the same error', async () => {
  const kept: Sink<never>[] = [];
  const [sink] = await openLabelFiles(filesIn('failed'), size, (_, each) => {
    kept.push(each as Sink<never>);
    return each;
  });
  const rows = { y: 0, width: size.width, height: 300, channels: 1, data: new Uint8Array(300 * size.width).fill(9) };
  const refused = { code: 'usage', message: expect.stringContaining('belongs to no class') };
  await expect(sink!.write(rows)).rejects.toMatchObject(refused);
  await expect(sink!.write({ ...rows, y: 300 })).rejects.toMatchObject(refused);
  for (const each of kept) await each.abort();
  expect(readdirSync(folder).filter((name) => name.includes('failed'))).toEqual([]);
});
