import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isImage, openSlide } from '../../dist/slide/open.js';
import { recognise } from '../../dist/slide/signatures.js';
import { blockTiff, picture } from '../tiff/pictures.ts';

const folder = mkdtempSync(join(tmpdir(), 'segtile-signatures-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (text: string) => Buffer.from(text.padEnd(200, '\0'), 'latin1');

test.each([
  ['slide.dcm', `${'\0'.repeat(128)}DICM`, 'a DICOM file'],
  ['slide.czi', 'ZISRAWFILE', 'a Zeiss CZI slide'],
  ['slide.jp2', '\0\0\0\x0cjP  \r\n\x87\n', 'a JPEG 2000 image (.jp2)'],
  ['slide.j2k', '\xff\x4f\xff\x51', 'a JPEG 2000 codestream'],
  ['slide.isyntax', '\xef\xbb\xbf<?xml version="1.0"?>\n<DataObject ObjectType="DPUfsImport">', 'a Philips iSyntax slide'],
  ['slide.svslide', 'SQLite format 3\0', 'an SQLite database, such as a Sakura SVSlide'],
  ['slide.vms', '[Virtual Microscope Specimen]\r\n', 'a Hamamatsu VMS index'],
  ['slide.mrxs', '\xff\xd8\xff\xe0', 'a MIRAX slide'],
  ['slide.vsi', 'II*\0', 'an Olympus VSI slide'],
  ['slide.avif', '\0\0\0\x1cftypavif', 'an ISO media file, such as HEIF, AVIF or video'],
  ['slide.zip', 'PK\x03\x04', 'a ZIP archive'],
])('%s is refused by name', async (name, start, what) => {
  const path = join(folder, name);
  writeFileSync(path, bytes(start));
  await expect(openSlide(path)).rejects.toMatchObject({
    code: 'unsupported',
    message: `${path} is ${what}, which segtile does not read`,
    hint: expect.stringMatching(/\w/),
  });
  expect(await isImage(path)).toBe(name !== 'slide.zip');
});

test.each([
  ['a.tif', 'II*\0', 'TIFF'],
  ['a.svs', 'MM\0+', 'TIFF'],
  ['a', '\x89PNG\r\n\x1a\n', 'PNG'],
  ['a.tif', '\xff\xd8\xff\xe1', 'JPEG'],
])('%s is known by its bytes, not its name', (name, start, kind) => {
  expect(recognise(name, bytes(start))).toEqual({ kind });
});

test('text is no image, whatever its name', async () => {
  const path = join(folder, 'list.csv');
  writeFileSync(path, 'id,rle\n');
  expect(await isImage(path)).toBe(false);
  const slide = join(folder, 'slide.tif');
  writeFileSync(slide, blockTiff(picture(20, 20), {}));
  expect(await isImage(slide)).toBe(true);
});
