import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { variantFolder } from '../../dist/pipeline/compare/variant-folder.js';
import { findSlides } from '../../dist/pipeline/view/found.js';
import type { Catalogue, OpenSlideCard } from '../../dist/view/messages.js';
import { asked, makeFixture } from '../view/fixture.js';
import { filesIn, folder, save, segtile, segtileWell } from './door.js';

test('segtile view serves what was named, at the address that it prints, until it is ended', async () => {
  const { slide, results } = await makeFixture();
  let looked: Promise<unknown> | undefined;
  const { code, stdout, stderr } = await segtile(['view', results, slide], {
    onStdout: (text, kill) => {
      looked ??= asked(text.trim())
        .then(({ status, body }) => ({ status, page: body.toString().slice(0, 15) }))
        .finally(() => kill('SIGINT'));
    },
  });
  expect(await looked).toEqual({ status: 200, page: '<!doctype html>' });
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n$/);
  expect(stderr).toContain('segtile: 1 slide, 1 result; open the address in a browser, Ctrl-C ends\n');
  expect(code).toBe(0);
});

test('segtile view --export writes the same page as files, with pictures as Deep Zoom images', async () => {
  const { slide, results } = await makeFixture();
  const site = join(folder(), 'site');
  const { stdout } = await segtileWell(['view', results, slide, '--export', site, '--quiet']);
  const files = filesIn(site);
  expect(stdout).toBe(`${site}: ${files.length} files\n`);
  const data = <T>(path: string): T => {
    const [, name, value] = /^segtileData\(("[^"]*"),(.*)\);\n$/s.exec(readFileSync(join(site, 'data', `${path}.js`), 'utf8'))!;
    expect(JSON.parse(name!)).toBe(path);
    return JSON.parse(value!) as T;
  };
  const catalogue = data<Catalogue>('catalogue');
  expect(catalogue).toMatchObject({ live: false, slides: [{ name: 'a.tif' }] });
  const { picture, runs } = data<OpenSlideCard>(`slides/${catalogue.slides[0]!.id}`);
  expect(picture!.deepZoom).toBe('images/a');
  // 1600 x 1200 px in tiles of 512, at three sizes.
  const mask = runs[0]!.mask!.id;
  expect(files.filter((path) => path.startsWith(`data/tiles/${mask}/`))).toHaveLength(12 + 4 + 1);
  expect(Buffer.from(data<string>(`tiles/${mask}/0/0_0.png`), 'base64').toString('latin1', 1, 4)).toBe('PNG');
  expect(files).toEqual(expect.arrayContaining(['index.html', 'app/main.js', 'app/main.css', `data/masks/${mask}/objects.js`]));
  expect(readFileSync(join(site, 'index.html'), 'utf8')).toContain('<html data-copy lang="en">');

  // libvips makes the same files of the same sizes.
  const theirs = join(folder(), 'a');
  await sharp(slide).toColourspace('srgb').tile({ size: 512, overlap: 0, layout: 'dz' }).toFile(`${theirs}.dz`);
  const tiles = (of: string): string[] => filesIn(of).filter((path) => /_\d+\.jpe?g$/.test(path));
  const own = tiles(join(site, 'images/a_files'));
  expect(own).toEqual(tiles(`${theirs}_files`));
  expect(own).toHaveLength(12 + 4 + 10);
  for (const tile of own) {
    const [a, b] = [join(site, 'images/a_files', tile), join(`${theirs}_files`, tile)];
    const [ours, wanted] = await Promise.all([a, b].map((path) => sharp(path).raw().toBuffer({ resolveWithObject: true })));
    expect({ tile, ...ours!.info, size: 0 }).toEqual({ tile, ...wanted!.info, size: 0 });
    let sum = 0;
    for (let i = 0; i < ours!.data.length; i++) sum += Math.abs(ours!.data[i]! - wanted!.data[i]!);
    // libvips leaves out the last pixel of an odd number, which shows in the smallest levels.
    if (ours!.info.width > 32) expect(sum / ours!.data.length, tile).toBeLessThan(4);
  }
  const attributes = (path: string): string[] =>
    [...readFileSync(path, 'utf8').matchAll(/(xmlns|Overlap|TileSize|Width|Height)="[^"]*"/g)].map(([each]) => each).sort();
  expect(attributes(join(site, 'images/a.dzi'))).toEqual(attributes(`${theirs}.dzi`));

  const again = await segtile(['view', results, slide, '--export', site]);
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toContain('site is there already');
});

test('a folder is looked through with those below it, for results if it is of results, and a pattern picks some of them', async () => {
  const at = folder();
  const names = [
    'study/a/1.tif',
    'study/b/1.tif',
    'study/b/1_mask.mask.tif',
    'out/a/1.mask.ome.tif',
    'out/b/1.mask.ome.tif',
    'out/b/1.preview.jpg',
  ];
  for (const name of names) {
    mkdirSync(dirname(join(at, name)), { recursive: true });
    writeFileSync(join(at, name), '');
  }
  mkdirSync(join(at, 'out/empty'));
  const found = async (...paths: string[]) => {
    const slides = await findSlides(paths.map((path) => join(at, path)));
    return slides
      .flatMap(({ path, runs }) => [path, ...runs.map(({ mask }) => mask)])
      .filter(Boolean)
      .map((path) => path!.slice(at.length + 1));
  };
  expect(await found('out')).toEqual(['out/a/1.mask.ome.tif', 'out/b/1.mask.ome.tif']);
  expect(await found('out/*/*')).toEqual(['out/a/1.mask.ome.tif', 'out/b/1.mask.ome.tif']);
  expect(await found('study/{a,b}/*.tif')).toEqual(['study/b/1_mask.mask.tif']);
  rmSync(join(at, 'study/b/1_mask.mask.tif'));
  expect(await found('study')).toEqual(['study/a/1.tif', 'study/b/1.tif']);
  await expect(found('out/empty')).rejects.toMatchObject({ code: 'input' });
  await expect(found('out/*.svs')).rejects.toThrow('nothing that matches');
  // Slides in the folder itself: it is no folder of results, though there is one in it.
  writeFileSync(join(at, 'top.tif'), '');
  expect(await found('.')).toEqual(['study/a/1.tif', 'study/b/1.tif', 'top.tif']);
});

test('a folder of segtile compare is shown as variants of its slides, by their names', async () => {
  const at = folder();
  const variants = ['tile 512/256', 'resize 512'];
  const of = (variant: string, name: string): string => `variants/${variantFolder(variant)}/${name}`;
  mkdirSync(join(at, 'variants'));
  for (const each of [...variants, 'made for several']) mkdirSync(join(at, of(each, '')));
  for (const each of [...variants, 'made for several']) writeFileSync(join(at, of(each, 'k.mask.ome.tif')), '');
  const seen = { slide: { path: '/gone/k.svs', width: 10, height: 10 } };
  save(at, of(variants[0]!, 'k.run.json'), JSON.stringify(seen));
  save(at, of(variants[1]!, 'k.result.json'), JSON.stringify({ record: seen }));
  save(at, 'compare.json', JSON.stringify({ variants: variants.map((variant, i) => ({ variant, dice: 0.8 + i / 10 })) }));
  const [slide, ...others] = await findSlides([at]);
  expect(others).toEqual([]);
  expect(slide).toMatchObject({ name: 'k.svs', path: undefined });
  expect(slide!.runs.map(({ variant }) => variant).sort((a, b) => a!.dice - b!.dice)).toEqual([
    { name: 'tile 512/256', dice: 0.8 },
    { name: 'resize 512', dice: 0.9 },
  ]);
});

test('a list names what is shown, beside what is named', async () => {
  const at = folder();
  const list = save(at, 'list.csv', 'slide,mpp\nnowhere.tif,0.5\n');
  const ended = await segtile(['view', '--from', list]);
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toContain('list.csv: mpp means nothing to this command, and is ignored');
  expect(ended.stderr).toContain(`there is no file or folder ${at}/nowhere.tif`);
});

test.each([
  [['view', 'nowhere'], 1, /there is no file or folder nowhere/],
  [['view', '--port', '70000'], 2, /expected an integer from 0 to 65535 for --port but got "70000"/],
  [['view', join(import.meta.dirname, '..', '..', 'bin')], 1, /holds neither results nor slides/],
  [['view', 'package.json', '--host', 'nowhere.invalid'], 2, /cannot listen at nowhere\.invalid/],
] as const)('segtile %j is refused', async (args, code, words) => {
  const ended = await segtile(args, { cwd: join(import.meta.dirname, '..', '..') });
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toMatch(words);
});
