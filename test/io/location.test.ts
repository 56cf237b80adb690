import { expect, test } from 'vitest';
import { fileName, locate, shownPath } from '../../dist/io/location.js';

test.each([
  ['slide.tif', { kind: 'local' }],
  ['/data/a b.tif', { kind: 'local' }],
  ['C:/data/a.tif', { kind: 'local' }],
  ['C:\\data\\a.tif', { kind: 'local' }],
  ['http.tif', { kind: 'local' }],
  ['HTTPS://Host/a.tif', { kind: 'http', url: new URL('https://host/a.tif') }],
  ['s3://bucket/folder/a b+c%20#?.tif', { kind: 's3', bucket: 'bucket', key: 'folder/a b+c%20#?.tif' }],
])('%s', (path, place) => {
  expect(locate(path)).toMatchObject(place);
});

test.each([
  ['s3://bucket', 'usage', 'expected s3://bucket/key but got s3://bucket'],
  ['s3:///key', 'usage', 'expected s3://bucket/key but got s3:///key'],
  ['https://ann:s3cret@:port/a?hush', 'usage', 'https://... is not a valid URL'],
  ['gs://bucket/key?hush', 'unsupported', 'files at gs:// are not read'],
])('%s is refused', (path, code, message) => {
  expect(() => locate(path)).toThrow(expect.objectContaining({ name: 'SegtileError', code, message }));
});

test.each([
  ['slide.tif', 'slide.tif'],
  ['odd?name#.tif', 'odd?name#.tif'],
  ['https://host:81/a/b%20c.tif', 'https://host:81/a/b%20c.tif'],
  ['https://ann:s3cret@host/a.tif?X-Amz-Signature=hush#part', 'https://host/a.tif?...'],
  ['https://token@host/a.tif', 'https://host/a.tif'],
  ['http://[half?hush', 'http://...'],
  ['s3://bucket/key?a', 's3://bucket/key?a'],
])('%s is shown as %s', (path, shown) => {
  expect(shownPath(path)).toBe(shown);
});

test.each([
  ['folder/slide.tif', 'slide.tif'],
  ['https://host/a/my%20slide.svs?sig=x/y', 'my slide.svs'],
  ['https://host/a/slide.tif/', 'slide.tif'],
  ['https://host/', 'host'],
  ['https://host/a%2F..', 'host'],
  ['https://host/..%2f..%2fetc%2fpasswd', 'passwd'],
  ['https://host/a%5C..%5Cb%3A%00.tif', 'a_.._b__.tif'],
  ['https://host/100%.tif', '100%.tif'],
  ['s3://bucket/folder/a%20b.tif', 'a%20b.tif'],
  ['s3://bucket/..', 'bucket'],
])('the file name of %s is %s', (path, name) => {
  expect(fileName(path)).toBe(name);
});
