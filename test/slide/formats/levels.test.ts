import { expect, test } from 'vitest';
import { fullResolution, plainLayout } from '../../../dist/slide/formats/levels.js';
import type { Directory } from '../../../dist/tiff/directory.js';
import { plainDirectory } from '../../tiff/pictures.ts';

const image = (width: number, height: number, more: Partial<Directory> = {}): Directory => ({
  ...plainDirectory(width, height),
  ...more,
});
const tiled = (width: number, height: number, more: Partial<Directory> = {}) =>
  image(width, height, { layout: 'tiles', ...more });
const widths = (levels: readonly (readonly Directory[])[]) => levels.map(([directory]) => directory!.width);
const lay = (chain: readonly Directory[], children: readonly Directory[] = []) =>
  plainLayout(chain, async (directory) => (directory === fullResolution(chain) ? children : []));
const aperio = { description: 'Aperio Image Library v11' };

test('reduced images of the same shape are levels, sorted by size, with the largest unreduced one first', async () => {
  const chain = [image(12, 25, { subfileType: 1 }), tiled(100, 201), image(50, 101, { subfileType: 1 }), tiled(25, 50)];
  const { levels, associated, channels } = await lay(chain);
  expect(widths(levels)).toEqual([100, 50, 25, 12]);
  expect(associated).toEqual([]);
  expect(channels).toEqual([]);
});

test('rounding at each step of a pyramid is allowed for, another shape is not', async () => {
  const base = tiled(46_000, 32_914);
  for (const [width, height, level] of [
    [11_500, 8228, true],
    [11_500, 8229, true],
    [2875, 2057, true],
    [11_500, 8231, false],
    [1280, 431, false],
    [8228, 11_500, false],
    [1, 1, true],
  ] as const) {
    expect((await lay([base, tiled(width, height)])).levels.length, `${width} × ${height}`).toBe(level ? 2 : 1);
  }
});

test('an Aperio file: thumbnail, label and macro are told from the levels', async () => {
  const chain = [
    tiled(46_000, 32_914, aperio),
    image(1024, 732, { description: 'Aperio Image Library v11\r\n46000x32914 -> 1024x732 - ' }),
    tiled(11_500, 8228, aperio),
    image(387, 463, { description: 'Aperio Image Library v11\nlabel 387x463', subfileType: 1 }),
    image(1280, 431, { description: 'Aperio Image Library v11\nmacro 1280x431', subfileType: 9 }),
  ];
  const { levels, associated } = await lay(chain);
  expect(widths(levels)).toEqual([46_000, 11_500]);
  expect(associated.map(({ kind, directory }) => [kind, directory.width])).toEqual([
    ['thumbnail', 1024],
    ['label', 387],
    ['macro', 1280],
  ]);
});

test('masks are no levels, sub-directories are', async () => {
  const chain = [tiled(512, 512), tiled(512, 512, { subfileType: 4 }), tiled(256, 256, { subfileType: 5 })];
  const { levels, associated } = await lay(chain, [image(256, 256, { parent: 0 })]);
  expect(widths(levels)).toEqual([512, 256]);
  expect(associated.map(({ kind }) => kind)).toEqual(['mask', 'mask']);
});

test('a smaller image in strips that nothing marks as reduced is no level', async () => {
  const { levels, associated } = await lay([image(400, 400), image(100, 100)]);
  expect(widths(levels)).toEqual([400]);
  expect(associated.map(({ kind }) => kind)).toEqual(['other']);
});

const grey = (width: number, height: number, index: number, more: Partial<Directory> = {}) =>
  image(width, height, { index, samples: 1, bits: [8], photometric: 1, ...more });

test('three grey images of one size are channels, with their levels', async () => {
  const pages = [0, 1, 2].map((index) => grey(90, 61, index));
  const reduced = [3, 4, 5].map((index) => grey(45, 30, index, { subfileType: 1 }));
  const odd = grey(22, 15, 6, { subfileType: 1 });
  const { levels, channels, associated, refusal } = await lay([...pages, ...reduced, odd]);
  expect(levels).toEqual([pages, reduced]);
  expect(channels).toEqual(['', '', '']);
  expect(associated).toEqual([{ kind: 'other', directory: odd }]);
  expect(refusal).toBeUndefined();
  expect(fullResolution(pages)).toBe(pages[0]);
});

test.each([2, 4, 30])('%d grey images of one size are read when channels are chosen', async (count) => {
  const pages = Array.from({ length: count }, (_, index) => grey(90, 61, index));
  const { levels, refusal } = await lay(pages);
  expect(levels).toEqual([pages]);
  expect(refusal).toMatchObject({ message: expect.stringContaining(`has ${count} grey images`), liftedByChannels: true });
});

test('of several images in colour of one size the first is read, with what is reduced of it alone', async () => {
  const pages = [0, 2].map((index) => image(90, 61, { index }));
  const reduced = [1, 3].map((index) => image(45, 31, { index, subfileType: 1 }));
  const { levels, notes, associated, refusal } = await lay([pages[0]!, reduced[0]!, pages[1]!, reduced[1]!]);
  expect(levels).toEqual([[pages[0]], [reduced[0]]]);
  expect(associated.map(({ directory }) => directory)).toEqual([pages[1], reduced[1]]);
  expect(notes).toEqual(['of 2 images of 90 × 61, that in directory 0 is read']);
  expect(refusal).toBeUndefined();
});

test('what is reduced of another image in colour is no level', async () => {
  const [first, second] = [0, 1].map((index) => image(90, 61, { index }));
  const child = image(45, 31, { index: 0, parent: 1, subfileType: 1 });
  const children = async (directory: Directory) => (directory === second ? [child] : []);
  expect((await plainLayout([first!, second!], children)).levels).toEqual([[first]]);
  expect((await lay([first!, second!, image(45, 31, { index: 2, subfileType: 1 })])).levels).toEqual([[first]]);
});
