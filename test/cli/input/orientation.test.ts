import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { channelNetwork } from '../../model/networks.ts';
import { taggedTiff } from '../../slide/tagged-tiff.ts';
import { folder, painted, save, segtile, segtileWell, speckled } from '../door.ts';

const cwd = folder();
const [width, height] = [96, 64];
const pixels = (w: number, h: number, channels: 1 | 3) => {
  const data =
    channels === 3 ? painted(w, h, speckled) : Buffer.from(Array.from({ length: w * h }, (_, i) => (i % w < w / 2 ? 1 : 0)));
  return { width: w, height: h, channels, data };
};

/** The picture or the labels as a file of the kind that its name says, with an orientation. */
async function write(name: string, w: number, h: number, channels: 1 | 3, orientation: number): Promise<string> {
  const image = pixels(w, h, channels);
  if (name.endsWith('.tif')) return save(cwd, name, taggedTiff([image], { orientation }));
  const made = sharp(image.data, { raw: image });
  if (channels === 3) await made.withMetadata({ orientation }).toFile(join(cwd, name));
  else save(cwd, name, oriented(await made.toColourspace('b-w').png().toBuffer(), orientation));
  return join(cwd, name);
}

/** A PNG with a chunk eXIf behind its header: sharp makes labels colours where it writes one. */
function oriented(png: Buffer, orientation: number): Buffer {
  const exif = Buffer.from([
    ...Buffer.from('eXIfMM\0*\0\0\0\b\0\x01\x01\x12\0\x03\0\0\0\x01\0', 'latin1'),
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  const chunk = Buffer.concat([Buffer.alloc(4), exif, Buffer.alloc(4)]);
  chunk.writeUInt32BE(exif.length - 4, 0);
  chunk.writeInt32BE(~exif.reduce((crc, byte) => shifted(crc ^ byte), -1), exif.length + 4);
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}

/** Eight steps of the checksum of PNG. */
function shifted(crc: number): number {
  let value = crc;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
}

const look = ['-m', 'model.onnx', '--tissue', 'none', '--window', '32', '--device', 'cpu'];

beforeAll(async () => {
  save(cwd, 'model.onnx', channelNetwork(0));
  save(cwd, 'model.segtile.json', JSON.stringify({ activation: 'none', exclusive: false }));
  await write('plain.tif', width, height, 3, 1);
  await write('truth.png', width, height, 1, 1);
});

const said = (kind: string, orientation: number) =>
  new RegExp(`${kind} orientation ${orientation} \\(to be shown .*\\) is ignored`, 'g');
const times = (text: string, words: RegExp): number => [...text.matchAll(words)].length;

describe.each(['slide.tif', 'slide.jpg', 'slide.png'])('an orientation of %s', (name) => {
  test.each([2, 3, 4, 5, 6, 7, 8])('%d is said by every command that reads it', async (orientation) => {
    const words = said(name.endsWith('.tif') ? 'TIFF' : 'EXIF', orientation);
    const file = `${orientation}-${name}`;
    await write(file, width, height, 3, orientation);
    expect(times((await segtileWell(['info', file], { cwd })).stdout, words)).toBe(1);
    if (orientation !== 3 && orientation !== 6) return;
    const dry = await segtileWell(['infer', file, ...look, '--dry-run'], { cwd });
    expect(times(dry.stdout, words)).toBe(1);
    const out = `${file}-out`;
    expect(times((await segtileWell(['infer', file, ...look, '-o', `${out}/`], { cwd })).stderr, words)).toBe(1);
    const cut = ['make-dataset', file, '--truth', 'truth.png', '--window', '32', '--tissue', 'none', '-o', `${out}-set`];
    expect(times((await segtileWell(cut, { cwd })).stderr, words)).toBe(1);
    const ways = ['--resize', '32', '-m', 'model.onnx', '-o', `${out}-compare`, '--no-report'];
    const compare = await segtileWell(['compare', file, '--truth', 'truth.png', ...ways], { cwd });
    expect(times(compare.stderr, words)).toBe(1);
  });

  test('of 1 nothing is said', async () => {
    await write(`1-${name}`, width, height, 3, 1);
    expect((await segtileWell(['info', `1-${name}`], { cwd })).stdout).not.toContain('orientation');
  });
});

describe.each(['labels.tif', 'labels.png'])('an orientation of truth, masks and predictions: %s', (name) => {
  const words = said(name.endsWith('.tif') ? 'TIFF' : 'EXIF', 3);
  beforeAll(() => write(name, width, height, 1, 3));

  test('is said by evaluate, for both sides', async () => {
    const both = await segtileWell(['evaluate', name, name], { cwd });
    expect(times(both.stderr, words)).toBe(2);
  });

  test('is said by make-dataset and compare of the truth', async () => {
    const cut = ['make-dataset', 'plain.tif', '--truth', name, '--window', '32', '--tissue', 'none', '-o', `${name}-set`];
    expect(times((await segtileWell(cut, { cwd })).stderr, words)).toBe(1);
    const ways = ['--resize', '32', '-m', 'model.onnx', '-o', `${name}-compare`, '--no-report'];
    const compare = await segtileWell(['compare', 'plain.tif', '--truth', name, ...ways], { cwd });
    expect(times(compare.stderr, words)).toBe(1);
  });

  test('is said by infer and make-dataset of a tissue mask', async () => {
    const own = look.map((word) => (word === 'none' ? name : word));
    expect(times((await segtileWell(['infer', 'plain.tif', ...own, '-o', `${name}-tissue/`], { cwd })).stderr, words)).toBe(1);
    const cut = ['make-dataset', 'plain.tif', '--truth', 'truth.png', '--window', '32', '--tissue', name, '-o', `${name}-cut`];
    expect(times((await segtileWell(cut, { cwd })).stderr, words)).toBe(1);
  });
});

test('an orientation of predictions is said by find-noise, once for many', async () => {
  const cut = ['plain.tif', '--truth', 'truth.png', '--window', '32', '--tissue', 'none', '-o', 'noise-set', '--quiet'];
  await segtileWell(['make-dataset', ...cut], { cwd });
  const masks = readFileSync(join(cwd, 'noise-set/manifest.csv'), 'utf8')
    .match(/[^,/\n"]+\.png/g)!
    .filter((each) => each.includes('plain'));
  const blank = sharp(Buffer.alloc(32 * 32), { raw: { width: 32, height: 32, channels: 1 } });
  const labels = oriented(await blank.toColourspace('b-w').png().toBuffer(), 8);
  const predictions = folder();
  for (const name of new Set(masks)) save(predictions, name, labels);
  const { stderr } = await segtileWell(['find-noise', 'noise-set/manifest.csv', '--predictions', predictions], { cwd });
  expect(times(stderr, said('EXIF', 8))).toBe(1);
  expect(stderr).toMatch(/the same is true of 5 more files/);
});

describe('truth or a tissue mask of the turned size is an error that says so', () => {
  const turned = /64 × 96 px, which.* turned by 90 degrees[\s\S]*hint: .*orientation/;
  beforeAll(async () => {
    await write('turned.png', height, width, 1, 1);
    await write('six.jpg', width, height, 3, 6);
    save(cwd, 'turned.json', coco(height, width));
  });

  const coco = (w: number, h: number): string =>
    JSON.stringify({
      images: [{ id: 1, file_name: 'six.jpg', width: w, height: h }],
      annotations: [{ id: 1, image_id: 1, category_id: 1, segmentation: [[4, 5, 24, 5, 24, 15, 4, 15]] }],
      categories: [{ id: 1, name: 'a' }],
    });

  test.each(['turned.png', 'turned.json'])('%s, in make-dataset', async (truth) => {
    const ended = await segtile(['make-dataset', 'six.jpg', '--truth', truth, '--window', '32', '-o', `x-${truth}`], { cwd });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(turned);
  });

  test('in evaluate, compare and as a tissue mask', async () => {
    const evaluated = await segtile(['evaluate', 'truth.png', 'turned.png'], { cwd });
    expect(evaluated.code).toBe(1);
    expect(evaluated.stderr).toMatch(turned);
    const ways = ['--resize', '32', '-m', 'model.onnx', '-o', 'turned-compare', '--no-report'];
    const compared = await segtile(['compare', 'six.jpg', '--truth', 'turned.png', ...ways], { cwd });
    expect(compared.code).toBe(1);
    expect(compared.stderr).toMatch(turned);
    const own = look.map((word) => (word === 'none' ? 'turned.png' : word));
    const masked = await segtile(['infer', 'six.jpg', ...own, '-o', 'turned-tissue/'], { cwd });
    expect(masked.code).toBe(1);
    expect(masked.stderr).toMatch(turned);
  });

  test('another shape is called another shape', async () => {
    await write('other.png', 10, 64, 1, 1);
    expect((await segtile(['evaluate', 'truth.png', 'other.png'], { cwd })).stderr).toMatch(/not the shape of the slide/);
  });
});
