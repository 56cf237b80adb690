import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { type LabelMask, writeLabelMask } from '../../dist/mask/label-mask.js';
import { configOf } from '../../dist/truth/config.js';
import { openLabels } from '../../dist/truth/open.js';
import { rawDirectories, sharpRead } from '../tiff/write/read-back.ts';
import { readLabels } from '../truth/read.ts';

const folder = mkdtempSync(join(tmpdir(), 'segtile-mask-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tumor = { label: 1, name: 'tumor', color: [200, 0, 0] } as const;
const stroma = { label: 4, name: 'a <"& ä\u0007\ud800', color: [0, 0, 255] } as const;
const size = { width: 1100, height: 600 };
const both: LabelMask = { size, mpp: { x: 0.2273, y: 0.25 }, classes: [tumor, stroma], values: 'labels' };

/** Two discs, label 1 at the left, the other at the right. */
function discs(right: number): Uint8Array {
  return Uint8Array.from({ length: size.width * size.height }, (_, i) => {
    const [x, y] = [i % size.width, Math.floor(i / size.width)];
    return Math.hypot(x - 300, y - 300) < 210 ? 1 : Math.hypot(x - 800, y - 280) < 150 ? right : 0;
  });
}

async function write(name: string, mask: LabelMask, data: Uint8Array): Promise<string> {
  const path = join(folder, name);
  const sink = await writeLabelMask(path, mask);
  for (let y = 0; y < size.height; y += 128) {
    const height = Math.min(128, size.height - y);
    const rows = data.subarray(y * size.width, (y + height) * size.width);
    await sink.write({ y, width: size.width, height, channels: 1, data: rows });
  }
  await sink.finish();
  return path;
}

test.each(['plain.tif', 'PLAIN.TIFF', 'deep.ome.tif', 'deep.OME.tiff'])(
  '%s holds the labels and no other at every level',
  async (name) => {
    const data = discs(4);
    const path = await write(name, both, data);
    const ome = /ome/i.test(name);
    expect(Buffer.compare((await sharpRead(path, {}, 1)).data, data)).toBe(0);
    for (const level of [1, 2]) {
      const reduced = await sharpRead(path, ome ? { subifd: level - 1 } : { page: level }, 1);
      expect([reduced.width, reduced.height]).toEqual([1100 / 2 ** level, 600 / 2 ** level]);
      expect([...new Set(reduced.data)].sort()).toEqual([0, 1, 4]);
    }
    const { chain, sub } = rawDirectories(path);
    expect([chain.length, sub.length]).toEqual(ome ? [1, 2] : [3, 0]);
    // Pixels per mm.
    expect((await sharp(path).metadata()).density).toBe(Math.round(25_400 / 0.2273));
  },
);

/** What stands in an element's attributes; enough of XML for what is written here. */
function attribute(xml: string, element: string, name: string): string | undefined {
  return new RegExp(`<${element} [^>]*\\b${name}="([^"]*)"`).exec(xml)?.[1];
}

function description(path: string): string {
  const text = Buffer.from(rawDirectories(path).chain[0]!.tags.get(270)!.values).toString('utf8');
  expect(text.endsWith('\0')).toBe(true);
  return text.slice(0, -1);
}

test('the OME-XML tells size, pixel size, classes and colours, without numbered characters and units', async () => {
  const xml = description(await write('ä.ome.tif', both, discs(4)));
  expect(xml).not.toMatch(/&#|Unit=/);
  const pixels = (name: string) => attribute(xml, 'Pixels', name);
  expect(
    ['SizeX', 'SizeY', 'SizeC', 'SizeZ', 'SizeT', 'Type', 'DimensionOrder', 'PhysicalSizeX', 'PhysicalSizeY'].map(pixels),
  ).toEqual(['1100', '600', '1', '1', '1', 'uint8', 'XYCZT', '0.2273', '0.25']);
  expect(attribute(xml, 'Image', 'Name')).toBe('ä.ome.tif');
  expect(attribute(xml, 'TiffData', 'IFD')).toBe('0');
  expect(attribute(xml, 'Channel', 'Name')).toBe('labels');
  expect(xml).toContain('<M K="1">tumor #c80000</M><M K="4">a &lt;&quot;&amp; ä\uFFFD\uFFFD #0000ff</M>');
});

test.each([
  [1, 1],
  [100, 3],
  [3, 128],
  [129, 129],
  [257, 2],
])('a mask of %i × %i px is read by libvips', async (width, height) => {
  const path = join(folder, `${width}x${height}.ome.tif`);
  const sink = await writeLabelMask(path, { ...both, size: { width, height } });
  await sink.write({ y: 0, width, height, channels: 1, data: new Uint8Array(width * height).fill(1) });
  await sink.finish();
  const read = await sharpRead(path, {}, 1);
  expect([read.width, read.height, ...read.data]).toEqual([width, height, ...Array(width * height).fill(1)]);
});

test('an unknown pixel size is left out, and the one class names the channel and gives its colour', async () => {
  const xml = description(await write('one.ome.tif', { size, classes: [tumor], values: 'labels' }, discs(1)));
  expect(xml).not.toContain('PhysicalSize');
  expect(attribute(xml, 'Channel', 'Name')).toBe('tumor');
  expect(Number(attribute(xml, 'Channel', 'Color')) >>> 0).toBe(0xc80000ff);
});

test('values 255 show the one class as white, at every level', async () => {
  const path = await write('white.tif', { size, classes: [tumor], values: '255' }, discs(1));
  const white = discs(1).map((label) => 255 * label);
  expect(Buffer.compare((await sharpRead(path, {}, 1)).data, white)).toBe(0);
  expect([...new Set((await sharpRead(path, { page: 2 }, 1)).data)].sort()).toEqual([0, 255]);
  expect(description(path)).toBe('segtile label mask\n0 background\n255 tumor #c80000');
});

test.each([
  ['mask.png', both, /ends in \.tif or \.tiff for a mask but got .*mask\.png/],
  ['mask.tif', { ...both, values: '255' }, /one class for mask values 255 but got 2: tumor, a/],
  ['mask.tif', { ...both, classes: [] }, /labels from 1 to 255 .* got \[\]/],
  ['mask.tif', { ...both, classes: [tumor, tumor] }, /different labels .* got \[1, 1\]/],
  ['mask.tif', { ...both, classes: [{ ...tumor, label: 256 }] }, /got \[256\]/],
  ['mask.tif', { ...both, classes: [{ ...tumor, label: 0 }] }, /got \[0\]/],
] as const)('%s with bad settings is refused before anything is written', async (name, mask, message) => {
  const path = join(mkdtempSync(join(folder, 'refused-')), name);
  await expect(writeLabelMask(path, mask)).rejects.toMatchObject({ code: 'usage', message: expect.stringMatching(message) });
  expect(readdirSync(join(path, '..')).filter((each) => each.includes(basename(path)))).toEqual([]);
});

test.each(['palette.tif', 'palette.ome.tif'])('%s shows classes in their colours, and is read as labels', async (name) => {
  const data = discs(4);
  const path = await write(name, { ...both, palette: true }, data);
  const { data: seen, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([size.width, size.height, 3]);
  const colorAt = (x: number, y: number) => [...seen.subarray(3 * (y * size.width + x), 3 * (y * size.width + x) + 3)];
  expect([colorAt(300, 300), colorAt(800, 280), colorAt(2, 2)]).toEqual([tumor.color, stroma.color, [0, 0, 0]]);
  const labels = await openLabels(path, configOf([tumor, { ...stroma, name: 'stroma' }], path));
  expect(Buffer.compare(await readLabels(labels.view(size)), data)).toBe(0);
  await labels.close();
});
