import { expect, test } from 'vitest';
import { lookUpMpp, parseMppCsv } from '../../../dist/slide/mpp/mpp-csv.js';

const from = (mpp: number) => ({ x: mpp, y: mpp, source: '--slide-mpp-csv' });

test('slides are found by path, by name and by name without extension, in this order', () => {
  const table = parseMppCsv('slide,mpp\na/one.svs,0.1\none.svs,0.2\none,0.3\ntwo,0.5\nthree.ome.tif,0.6\nthree,0.7\n', 'x.csv');
  expect(lookUpMpp(table, 'a/one.svs')).toEqual(from(0.1));
  expect(lookUpMpp(table, 'b/one.svs')).toEqual(from(0.2));
  expect(lookUpMpp(table, 'b/one.tif')).toEqual(from(0.3));
  expect(lookUpMpp(table, 'two.ndpi')).toEqual(from(0.5));
  expect(lookUpMpp(table, 'three.ome.tif')).toEqual(from(0.6));
  expect(lookUpMpp(table, 'three.ome.tiff')).toEqual(from(0.7));
  expect(lookUpMpp(table, 'four.tif')).toBeUndefined();
});

test.each([
  ['no header', 'one.svs,0.25'],
  ['a byte order mark and Windows line ends', '\uFEFFslide,mpp\r\none.svs,0.25\r\n\r\n'],
  ['quotes, space and further columns', '"slide" , "mpp"\n "one.svs" , 2.5e-1 ,scanner 7'],
  ['the same line twice', 'one.svs,0.25\none.svs,0.250'],
])('%s is fine', (_, text) => {
  expect(lookUpMpp(parseMppCsv(text, 'x.csv'), 'one.svs')).toEqual(from(0.25));
});

test('a comma and a quote within quotes belong to the name', () => {
  expect(lookUpMpp(parseMppCsv('"a, ""b"".svs",0.25', 'x.csv'), 'a, "b".svs')).toEqual(from(0.25));
});

test.each([
  ['slide,mpp\none.svs,half', 'expected a positive number for mpp in line 2 of x.csv but got "half"'],
  ['one.svs,-1', 'expected a positive number for mpp in line 1 of x.csv but got "-1"'],
  ['one.svs,0', 'in line 1 of x.csv but got "0"'],
  ['one.svs,NaN', 'in line 1 of x.csv but got "NaN"'],
  ['one.svs,', 'in line 1 of x.csv but got ""'],
  ['one.svs,0.25um', 'in line 1 of x.csv but got "0.25um"'],
  ['a.svs,1\n\none.svs', 'expected a slide and its micrometres per pixel in line 3 of x.csv but got "one.svs"'],
  [',0.5', 'expected a slide and its micrometres per pixel in line 1 of x.csv but got ",0.5"'],
  ['a.svs,1\na.svs,2', 'x.csv gives a.svs two values: 1 in line 1 and 2 in line 2'],
])('%j is an error that names the line', (text, message) => {
  expect(() => parseMppCsv(text, 'x.csv')).toThrow(
    expect.objectContaining({ code: 'input', message: expect.stringContaining(message) }),
  );
});
