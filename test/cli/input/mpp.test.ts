import { beforeAll, describe, expect, test } from 'vitest';
import { channelNetwork } from '../../model/networks.ts';
import { type Saying, taggedTiff } from '../../slide/tagged-tiff.ts';
import { folder, painted, save, segtile, segtileWell, speckled } from '../door.ts';

const cwd = folder();
const [width, height] = [96, 64];
const slide = (name: string, saying: Saying): string =>
  save(cwd, name, taggedTiff([{ width, height, channels: 3, data: painted(width, height, speckled) }], saying));

const ome = (attributes: string): string =>
  `<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="${width}" SizeY="${height}" SizeC="3" SizeZ="1" SizeT="1" ${attributes}><Channel ID="Channel:0:0" SamplesPerPixel="3"/><TiffData IFD="0" PlaneCount="1"/></Pixels></Image></OME>`;
const both = (value: string, unit: string): string =>
  `PhysicalSizeX="${value}" PhysicalSizeXUnit="${unit}" PhysicalSizeY="${value}" PhysicalSizeYUnit="${unit}"`;
const aperio = (mpp: string): string => `Aperio Image Library v11.2.1\r\n96x64 (256x256) JPEG|AppMag = 20|MPP = ${mpp}`;

const labels = { width, height, channels: 1, data: Buffer.alloc(width * height).fill(1, 0, 900) };
const look = ['-m', 'model.onnx', '--tissue', 'none', '--window', '32', '--device', 'cpu'];
const info = async (path: string) =>
  JSON.parse((await segtileWell(['info', '--json', path], { cwd })).stdout) as {
    mpp: { x: number; y: number; source: string } | null;
    notes: string[];
  };

beforeAll(() => {
  save(cwd, 'model.onnx', channelNetwork(0));
  save(cwd, 'model.segtile.json', JSON.stringify({ activation: 'none', exclusive: false }));
  slide('plain.tif', {});
  save(cwd, 'labels.tif', taggedTiff([labels]));
  save(cwd, 'half.onnx', channelNetwork(0));
  save(cwd, 'half.segtile.json', JSON.stringify({ activation: 'none', exclusive: false, mpp: 0.5 }));
});

test.each<[string, Saying]>([
  ['utf8', { description: ome(both('0.5', 'µm')) }],
  ['latin1', { description: Buffer.from(ome(both('0.5', 'µm')), 'latin1') }],
  ['mojibake', { description: ome(both('0.5', 'Âµm')) }],
  ['question', { description: ome(both('0.5', '?m')) }],
  ['microns', { description: ome(both('0.5', 'microns')) }],
  ['micrometer', { description: ome(both('0.5', 'micrometer')) }],
  ['nanometres', { description: ome(both('500', 'nm')) }],
  ['xonly', { description: ome('PhysicalSizeX="0.5"') }],
  ['imagej', { description: 'ImageJ=1.54f\nunit=micron\n', resolution: [2, 2], unit: 1 }],
  ['imagej-no-unit-tag', { description: 'ImageJ=1.54f\nunit=\\u00B5m\n', resolution: [2, 2] }],
  ['imagej-latin1', { description: Buffer.from('ImageJ=1.54f\nunit=µm\n', 'latin1'), resolution: [2, 2], unit: 1 }],
  ['aperio', { description: aperio('0,5') }],
  ['tags', { resolution: [20_000, 20_000], unit: 3 }],
])('0.5 µm are read: %s', async (name, saying) => {
  const { mpp } = await info(slide(`${name}.tif`, saying));
  expect(mpp).toMatchObject({ x: 0.5, y: 0.5 });
});

test.each<[string, Saying, string]>([
  [
    'unit on x alone',
    { description: ome('PhysicalSizeX="0.0005" PhysicalSizeXUnit="mm" PhysicalSizeY="0.0005"') },
    '0.5 × 0.0005 µm',
  ],
  ['72 dpi as OME', { description: ome(both('352.8', 'µm')) }, '352.8 µm'],
  ['72 dpi', { resolution: [72, 72], unit: 2 }, '352.8 µm'],
  ['Aperio', { description: aperio('250') }, '250 µm'],
  ['Aperio in words', { description: aperio('about half') }, '"about half"'],
  ['ImageJ', { description: 'ImageJ=1.54f\nunit=mm\n', resolution: [2, 2], unit: 1 }, '500 µm'],
  ['ImageJ in words', { description: 'ImageJ=1.54f\nunit=cubits\n', resolution: [2, 2], unit: 1 }, '"cubits"'],
  ['1:3', { description: ome('PhysicalSizeX="0.5" PhysicalSizeY="1.5"') }, '0.5 × 1.5 µm'],
])('what no slide can have is unknown, and quoted by info and infer: %s', async (name, saying, quote) => {
  const file = slide(`bad ${name}.tif`, saying);
  const { mpp, notes } = await info(file);
  expect(mpp).toBeNull();
  expect(notes.join()).toContain(quote);
  const dry = await segtileWell(['infer', file, ...look, '--dry-run'], { cwd });
  expect(dry.stdout).toContain(`note: ${notes[0]}`);
  // A model that has a size of its own asks.
  const ended = await segtile(['infer', file, '-m', 'half.onnx', '--tissue', 'none', '--window', '32', '-o', 'x/'], { cwd });
  expect(ended).toMatchObject({ code: 2 });
  expect(ended.stderr).toMatch(/does not say how large its pixels are[\s\S]*--slide-mpp/);
  // The user may know better.
  await segtileWell(
    ['infer', file, '-m', 'half.onnx', '--slide-mpp', '0.5', '--tissue', 'none', '--window', '32', '--dry-run'],
    { cwd },
  );
});

describe('what the user says that no slide can have is an error', () => {
  const range = (what: string): RegExp => new RegExp(`expected 0\\.02 to 20 µm per pixel for ${what} but got`);
  test.each(['250', '0.001'])('%s, in flags', async (value) => {
    for (const command of [
      ['info', 'plain.tif', '--slide-mpp', value],
      ['infer', 'plain.tif', ...look, '--slide-mpp', value],
      ['infer', 'plain.tif', ...look, '--slide-mpp', '0.5', '--mpp', value],
      ['infer', 'plain.tif', ...look, '--slide-mpp', '0.5', '--model-mpp', value],
      ['make-dataset', 'plain.tif', '--truth', 'plain.tif', '--window', '32', '-o', 'x', '--slide-mpp', value],
      ['make-dataset', 'plain.tif', '--truth', 'plain.tif', '--window', '32', '-o', 'x', '--mpp', value],
      ['compare', 'plain.tif', '--truth', 'plain.tif', '-m', 'model.onnx', '--resize', '32', '-o', 'x', '--slide-mpp', value],
      ['compare', 'plain.tif', '--truth', 'plain.tif', '-m', 'model.onnx', '--resize', '32', '-o', 'x', '--mpp', value],
    ]) {
      const ended = await segtile(command, { cwd });
      expect(ended, command.join(' ')).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(range('--(slide-|model-)?mpp'));
    }
  });

  test('in a CSV, by its line', async () => {
    save(cwd, 'far.csv', 'slide,mpp\nplain.tif,250\n');
    for (const command of ['info', 'infer']) {
      const ended = await segtile([command, 'plain.tif', '--slide-mpp-csv', 'far.csv'], { cwd });
      expect(ended.stderr).toMatch(range('line 2 of far\\.csv'));
    }
  });

  test.each([250, 0.001])('in a card: %d', async (mpp) => {
    const card = save(cwd, 'far.json', JSON.stringify({ activation: 'none', exclusive: false, mpp }));
    const ended = await segtile(['infer', 'plain.tif', ...look, '--card', card, '-o', 'x/'], { cwd });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/expected 0\.02 to 20 µm per pixel .*but got/);
  });
});

describe('a row that matches no slide is an error', () => {
  beforeAll(() => {
    slide('one.tif', {});
    slide('two.tif', {});
    save(cwd, 'sizes.csv', 'slide,mpp\none.tif,0.5\ntow.tif,0.25\n');
    save(cwd, 'right.csv', 'slide,mpp\none.tif,0.5\ntwo.tif,0.25\n');
    save(cwd, 'pairs.csv', 'slide,truth\none.tif,labels.tif\ntwo.tif,labels.tif\nthree.tif,labels.tif\n');
    save(cwd, 'two-pairs.csv', 'slide,truth\none.tif,labels.tif\ntwo.tif,labels.tif\n');
    for (const name of ['one', 'two']) save(cwd, `${name}.mask.tif`, taggedTiff([labels]));
  });

  test('in --slide-mpp-csv: info, infer, compare and make-dataset', async () => {
    for (const command of [
      ['info', 'one.tif', 'two.tif'],
      ['infer', 'one.tif', 'two.tif', ...look, '-o', 'never/'],
      ['compare', 'one.tif', 'two.tif', '--truth', 'two-pairs.csv', '-m', 'model.onnx', '--resize', '32', '-o', 'never'],
      ['make-dataset', 'one.tif', 'two.tif', '--truth', 'two-pairs.csv', '--window', '32', '-o', 'never'],
    ]) {
      const ended = await segtile([...command, '--slide-mpp-csv', 'sizes.csv'], { cwd });
      expect(ended, command.join(' ')).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toMatch(
        /sizes\.csv lists slides that were not given: tow\.tif in line 3\n {2}hint: .*one\.tif, two\.tif/,
      );
    }
  });

  test('compare hands each slide its own size', async () => {
    const ways = ['-m', 'model.onnx', '--resize', '32', '-o', 'sizes', '--no-report', '--json', '--slide-mpp-csv', 'right.csv'];
    await segtileWell(['compare', 'one.tif', 'two.tif', '--truth', 'two-pairs.csv', ...ways], { cwd });
  });

  test('make-dataset cuts each slide at its own size, and again where the CSV says another', async () => {
    const grid = ['--window', '16', '--mpp', '0.5', '--tissue', 'none', '-o', 'sized', '--json', '--quiet'];
    const cut = async (csv: string, ...more: string[]) => {
      const args = ['make-dataset', 'one.tif', 'two.tif', '--truth', 'two-pairs.csv', ...grid, '--slide-mpp-csv', csv, ...more];
      const { stdout } = await segtileWell(args, { cwd });
      return stdout.split('\n', 2).map((line) => (JSON.parse(line) as { slide: { tiles: number } }).slide.tiles);
    };
    expect(await cut('right.csv')).toEqual([24, 6]);
    save(cwd, 'other.csv', 'slide,mpp\none.tif,0.25\ntwo,0.5\n');
    expect(await cut('other.csv', '--overwrite')).toEqual([6, 24]);
  });

  test('in a CSV of pairs: make-dataset, evaluate and compare', async () => {
    for (const command of [
      ['make-dataset', 'one.tif', 'two.tif', '--window', '32', '-o', 'never'],
      ['evaluate', 'one.mask.tif', 'two.mask.tif'],
      ['compare', 'one.tif', 'two.tif', '-m', 'model.onnx', '--resize', '32', '-o', 'never'],
    ]) {
      const ended = await segtile([...command, '--truth', 'pairs.csv'], { cwd });
      expect(ended, command.join(' ')).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toMatch(/pairs\.csv lists slides that were not given: three\.tif/);
    }
  });
});

describe('a plan that is far larger than the slide says so before it starts', () => {
  const words = /warning: (?:plain\.tif: )?this is a lot of work: [\d,]+ windows, [\d.,]+ times the area of the slide/;
  const fine = ['--stride', '4'];

  test('infer and its dry run', async () => {
    const dry = await segtileWell(['infer', 'plain.tif', ...look, ...fine, '--dry-run'], { cwd });
    expect(dry.stdout).toMatch(words);
    const json = await segtileWell(['infer', 'plain.tif', ...look, ...fine, '--dry-run', '--json'], { cwd });
    expect(JSON.parse(json.stdout).warning).toMatch(/a lot of work/);
    let before = false;
    const onStderr = (text: string): void => {
      before ||= words.test(text);
    };
    await segtileWell(['infer', 'plain.tif', ...look, ...fine, '-o', 'much/'], { cwd, onStderr });
    expect(before).toBe(true);
  });

  test('a million windows, of a slide of any size', async () => {
    const large = ['--downsample', '0.008', '--window', '8', '--stride', '8'];
    const small = look.map((word) => (word === '32' ? '8' : word));
    const dry = await segtileWell(
      ['infer', 'plain.tif', ...small.filter((word) => word !== '--window' && word !== '8'), ...large, '--dry-run'],
      { cwd },
    );
    expect(dry.stdout).toMatch(words);
  });

  test('make-dataset and compare', async () => {
    const cut = ['make-dataset', 'plain.tif', '--truth', 'labels.tif', '--window', '32', '--tissue', 'none', ...fine];
    const dry = await segtileWell([...cut, '-o', 'never', '--dry-run'], { cwd });
    expect(dry.stdout).toMatch(words);
    const ways = ['-m', 'model.onnx', '--tile', '32/4', '--tissue', 'none', '-o', 'much-compare', '--no-report'];
    const compared = await segtileWell(['compare', 'plain.tif', '--truth', 'labels.tif', ...ways], { cwd });
    expect(compared.stderr).toMatch(words);
  });

  test('nothing is said of one of the usual size, or of a small image in one window', async () => {
    const half = await segtileWell(['infer', 'plain.tif', ...look, '--stride', '16', '--dry-run'], { cwd });
    expect(half.stdout).not.toContain('warning');
    const one = look.map((word) => (word === '32' ? '1024' : word));
    expect((await segtileWell(['infer', 'plain.tif', ...one, '--dry-run'], { cwd })).stdout).not.toContain('warning');
  });
});
