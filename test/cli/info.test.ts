import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openSlide } from '../../dist/slide/open.js';
import { blockTiff, picture } from '../tiff/pictures.ts';
import { rawTiff } from '../tiff/raw-tiff.ts';
import { folder, save, segtile, segtileWell } from './door.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

/** A copy of a fixture with a block of deflate data overwritten. */
async function damaged(at: string, name: string): Promise<string> {
  const path = join(at, name);
  const whole = fixture('slide/leica.scn');
  const slide = await openSlide(whole);
  const { offset } = slide.blockPlaces!(1, 1)[0]!;
  await slide.close();
  const bytes = readFileSync(whole);
  bytes.fill(0, offset, offset + 20);
  writeFileSync(path, bytes);
  return path;
}

describe('info', () => {
  test('says what is in a slide, which rules were applied and that it can be read', async () => {
    const { stdout, stderr } = await segtileWell(['info', fixture('slide/channels.ome.tif')]);
    expect(stderr).toBe('');
    for (const words of [
      /^ {2}format +OME-TIFF, 1 × 8 bit grey$/m,
      /^ {2}mpp +0\.5 µm\/px \(OME-XML\)$/m,
      /^ {2}channels +5: 0 \(DAPI\), 1 \(CD8 & CD4\), 2 \(CD20\), 3 \(PanCK\), 4$/m,
      /^ {2}level 1 +45 × 30 px, downsample 2, tiles of 32 × 32, deflate$/m,
      /^ {2}note +of 5 channels .* are seen as red, green and blue; --channels picks others$/m,
      /^ {2}segtile +can read it$/m,
    ]) {
      expect(stdout).toMatch(words);
    }
  });

  test('says what is in a slide that it cannot read, and why, with exit code 1', async () => {
    const path = fixture('slide/ventana.bif');
    const ended = await segtile(['info', path]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^ {2}level 0 +64 × 64 px/m);
    expect(ended.stdout).toMatch(/^ {2}segtile +cannot read it: .*whose tiles overlap$/m);
    expect(ended.stdout).toMatch(/^ {2}hint +convert it/m);
    const [facts] = lines((await segtile(['info', '--json', path])).stdout);
    expect(facts).toMatchObject({ kind: 'slide', path, readable: false, problem: { code: 'unsupported' }, width: 64 });
  });

  test('says how many blocks of a sparse file are absent, and as what they are read', async () => {
    const path = fixture('tiff/absent-16.tif');
    const { stdout } = await segtileWell(['info', path]);
    expect(stdout).toMatch(/^ {2}level 0 .*, \d+ of 6 blocks absent$/m);
    expect(stdout).toMatch(/^ {2}note +blocks that are not in the file are read as 771$/m);
    const [facts] = lines((await segtileWell(['info', '--json', path])).stdout);
    expect(facts).toMatchObject({ levels: [{ absentBlocks: expect.any(Number) }] });
  });

  test('says by what rule 16-bit and float samples become 8 bits', async () => {
    const { stdout } = await segtileWell(['info', fixture('slide/twelve-bits.ome.tif'), fixture('tiff/float-plain.tif')]);
    expect(stdout).toMatch(/^ {2}note +16-bit samples: 0 to 4095 \(OME-XML SignificantBits\) becomes 0 to 255$/m);
    expect(stdout).toMatch(/^ {2}note +32-bit floating point samples: 0 to 1 \(nothing else is declared\) becomes 0 to 255$/m);
  });

  test('reads the channels that are picked, and refuses those that are not there', async () => {
    const path = fixture('slide/channels.ome.tif');
    const [facts] = lines((await segtileWell(['info', '--json', '--channels', 'PanCK', path])).stdout);
    expect(facts).toMatchObject({ readable: true, notes: [], channels: ['DAPI', 'CD8 & CD4', 'CD20', 'PanCK', ''] });
    const ended = await segtile(['info', '--channels', 'CD3', path]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/has no channel "CD3" for --channels\n {2}hint: its channels are 0 \(DAPI\)/);
  });
});

describe('pixel sizes from a CSV', () => {
  test('go above --slide-mpp and above what the file says, for info and for infer', async () => {
    const at = folder();
    const [one, two] = [join(at, 'one.tif'), join(at, 'two.tif')];
    writeFileSync(one, blockTiff(picture(64, 64), {}));
    copyFileSync(one, two);
    const csv = save(at, 'sizes.csv', 'slide,mpp\none,0.31\n');
    const flags = ['--slide-mpp', '0.5', '--slide-mpp-csv', csv, '--json'];
    const expected = [
      { x: 0.31, y: 0.31, source: '--slide-mpp-csv' },
      { x: 0.5, y: 0.5, source: '--slide-mpp' },
    ];
    const facts = lines((await segtileWell(['info', one, two, ...flags])).stdout) as { mpp: object }[];
    expect(facts.map(({ mpp }) => mpp)).toEqual(expected);
    const plans = lines((await segtileWell(['infer', one, two, '--dry-run', '--tissue', 'none', ...flags])).stdout);
    expect((plans as { slide: { mpp: object } }[]).map(({ slide }) => slide.mpp)).toEqual(expected);
  });

  test.each([
    ['one.tif,half\n', /expected a positive number for mpp in line 1 of .*sizes\.csv but got "half"/],
    ['one.tif,0.31\nother.svs,9\n', /sizes\.csv lists slides that were not given: other\.svs in line 2/],
    ['one.tif,250\n', /expected 0\.02 to 20 µm per pixel for line 1 of .*sizes\.csv but got 250/],
    ['one.tif,1\none.tif,2\n', /gives one\.tif two values: 1 in line 1 and 2 in line 2/],
    [undefined, /--slide-mpp-csv .*sizes\.csv cannot be read/],
  ])('%j is an error', async (text, message) => {
    const at = folder();
    const slide = save(at, 'one.tif', blockTiff(picture(64, 64), {}));
    const csv = text === undefined ? join(at, 'sizes.csv') : save(at, 'sizes.csv', text);
    for (const command of ['info', 'infer']) {
      const ended = await segtile([command, slide, '--slide-mpp-csv', csv]);
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toMatch(message);
    }
  });
});

describe('info --check', () => {
  test('names the bad blocks of a slide, with level, number, codec and place', async () => {
    const path = await damaged(folder(), 'bad.scn');
    const ended = await segtile(['info', '--check', path]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^ {2}check +1 of 8 blocks are bad$/m);
    expect(ended.stdout).toMatch(
      /^ {2}bad +level 1, block 1 \(deflate, \d+ bytes at byte \d+\): block 1 \(deflate, at byte \d+\) in level 1/m,
    );
    const [facts] = lines((await segtile(['info', '--check', '--json', path])).stdout);
    expect(facts).toMatchObject({ check: { blocks: 8, badBlocks: 1, bad: [{ level: 1, block: 1, codec: 'deflate' }] } });
    const whole = await segtileWell(['info', '--check', fixture('slide/leica.scn')]);
    expect(whole.stdout).toMatch(/^ {2}check +all 8 blocks can be decoded$/m);
  });

  test('goes through a folder and those in it, a line a file', async () => {
    const at = folder();
    mkdirSync(join(at, 'deeper'));
    const ok = join(at, 'deeper', 'ok.scn');
    copyFileSync(fixture('slide/leica.scn'), ok);
    const bad = await damaged(at, 'bad.scn');
    const half = save(at, 'half.tif', readFileSync(ok).subarray(0, 3000));
    const text = save(at, 'train.csv', 'id,rle\n');
    save(at, '.hidden.tif', 'II*\0');
    const ended = await segtile(['info', '--check', at]);
    expect(ended).toMatchObject({ code: 1, stderr: '' });
    expect(ended.stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(`^bad  ${bad}: 1 of 8 blocks are bad: block 1`),
      `ok   ${ok}: all 8 blocks can be decoded`,
      expect.stringMatching(`^bad  ${half}: .*damaged`),
      `-    ${text}: not an image`,
    ]);
    const verdicts = lines((await segtile(['info', '--check', '--json', at])).stdout);
    expect(verdicts).toMatchObject([
      { path: bad, verdict: 'bad', check: { badBlocks: 1 } },
      { path: ok, verdict: 'ok' },
      { path: half, verdict: 'bad', why: expect.stringContaining('damaged') },
      { path: text, verdict: 'not an image' },
    ]);
    expect((await segtile(['info', '--check', join(at, 'deeper')])).code).toBe(0);
  });

  test('tells what is damaged from what needs options, and from what is not supported', async () => {
    const at = folder();
    const page = (more: object) => ({ width: 8, height: 8, strips: [new Uint8Array(64)], ...more });
    const good = save(at, 'a-good.tif', rawTiff([page({})]));
    const four = save(at, 'b-four.tif', rawTiff([page({}), page({}), page({}), page({})]));
    const fax = save(at, 'c-fax.tif', rawTiff([page({ tags: { 259: [3, [4]] } })]));
    const zeiss = save(at, 'd-zeiss.czi', Buffer.concat([Buffer.from('ZISRAWFILE'), Buffer.alloc(100)]));
    const verdicts = async (...more: readonly string[]) => {
      const ended = await segtile(['info', '--check', '--json', at, ...more]);
      return { code: ended.code, verdicts: (lines(ended.stdout) as { verdict: string }[]).map(({ verdict }) => verdict) };
    };
    const words = ['ok', 'needs --channels', 'not supported', 'not supported'];
    expect(await verdicts()).toEqual({ code: 2, verdicts: words });
    const { stdout } = await segtile(['info', '--check', at]);
    expect(stdout).toMatch(/^needs --channels {2}.*b-four\.tif: .*has 4 grey images/m);
    expect(stdout).toMatch(/^not supported {2}.*c-fax\.tif: .*CCITT fax group 4/m);
    expect((await verdicts('--channels', '7')).verdicts).toEqual([
      'needs other options',
      'needs other options',
      'needs other options',
      'not supported',
    ]);
    for (const [path, verdict, code] of [
      [good, 'ok', 0],
      [four, 'needs --channels', 2],
      [fax, 'not supported', 2],
    ] as const) {
      const one = await segtile(['info', '--check', '--json', path]);
      expect(one.code).toBe(code);
      expect(lines(one.stdout)).toMatchObject([{ verdict }]);
      if (code === 2)
        expect((await segtile(['info', '--check', path])).stdout).toContain(`check  ${verdict}: no block was decoded`);
    }
    expect((await segtile(['info', '--check', zeiss])).code).toBe(2);
    // Damage weighs more.
    save(at, 'e-bad.tif', rawTiff([page({})]).subarray(0, -4));
    expect(await verdicts()).toEqual({ code: 1, verdicts: [...words, 'bad'] });
    expect((await segtile(['info', '--check', fax, at])).code).toBe(1);
    // Without --check nothing has changed: what cannot be read is a failure.
    expect((await segtile(['info', fax])).code).toBe(1);
  });
});
