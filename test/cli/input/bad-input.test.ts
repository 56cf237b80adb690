import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { network, node, serializeModel, valueInfo } from '../../../dist/model/graph/format/onnx.js';
import { channelNetwork, identityNetwork, unet } from '../../model/networks.ts';
import { blockTiff, picture } from '../../tiff/pictures.ts';
import { type Ended, filesIn, folder, readMask, save, segtile, speckled, writeSlide } from '../door.ts';

/** A little-endian classic TIFF with another value of one tag. */
function retagged(file: Buffer, tag: number, value: number): Buffer {
  const bytes = Buffer.from(file);
  const directory = bytes.readUInt32LE(4);
  for (let i = 0; i < bytes.readUInt16LE(directory); i++) {
    const entry = directory + 2 + 12 * i;
    if (bytes.readUInt16LE(entry) !== tag) continue;
    bytes.writeUInt16LE(3, entry + 2);
    bytes.writeUInt32LE(1, entry + 4);
    bytes.writeUInt32LE(value, entry + 8);
  }
  return bytes;
}

const fixtures = folder();
const at = (name: string): string => join(fixtures, name);
const slide = at('slide.tif');

beforeAll(async () => {
  await writeSlide(slide, 300, 200, speckled);
  await writeSlide(at('measured.tif'), 300, 200, speckled, { mpp: 0.5 });
  mkdirSync(at('folder.tif'));
  save(fixtures, 'empty.tif', '');
  save(fixtures, 'words.tif', 'These are words, and no image at all.\n');
  save(fixtures, 'red.onnx', channelNetwork(0));
  save(fixtures, 'fixed.onnx', channelNetwork(0, { size: { width: 64, height: 64 } }));
  save(fixtures, 'three.onnx', identityNetwork());
  save(fixtures, 'unet.onnx', unet(0.2));
  save(fixtures, 'probabilities.onnx', identityNetwork({}, node('Clip', ['same'], 'cut'), node('Sigmoid', ['cut'], 'p')));
  save(fixtures, 'words.onnx', 'These are words, and no network at all.\n');
  save(fixtures, 'empty.onnx', '');
  save(fixtures, 'half.onnx', channelNetwork(0).subarray(0, 100));
  save(fixtures, 'two-inputs.onnx', twoInputs());
  save(fixtures, 'mean.onnx', meanNetwork());
  save(fixtures, 'comma.json', '{\n  "scale": 1,\n  "mean": [0, 0, 0\n}\n');
  save(fixtures, 'unknown-key.json', '{ "windw": 256 }');
  save(fixtures, 'classes.json', '{ "classes": [{ "name": "a" }, { "name": "b" }, { "name": "c" }, { "name": "d" }] }');
  save(fixtures, 'gray.json', '{ "color": "gray" }');
  save(fixtures, 'model-mpp.json', '{ "mpp": 0.5 }');
  save(fixtures, 'regions.geojson', '{ "type": "FeatureCollection", "features": [] }');
  save(fixtures, 'broken.geojson', '{ "type": ');
  save(fixtures, 'flat.geojson', '{ "type": "Polygon", "coordinates": [[1, 2], [3, 4], [5, 6]] }');
  save(fixtures, 'far.geojson', '{ "type": "Polygon", "coordinates": [[[900, 900], [999, 900], [999, 999]]] }');
  await sharp({ create: { width: 50, height: 200, channels: 3, background: 'white' } })
    .png()
    .toFile(at('tall.png'));
  const sixteen = readFileSync(new URL('../../fixtures/tiff/sixteen-bit.tif', import.meta.url));
  // 34887 is LERC.
  save(fixtures, 'lerc.tif', retagged(sixteen, 259, 34887));
  save(fixtures, 'deep.tif', retagged(sixteen, 258, 24));
});

function twoInputs(): Uint8Array {
  const dims = ['n', 3, 'h', 'w'] as const;
  return serializeModel(
    network({
      inputs: [valueInfo('image', 'float32', dims), valueInfo('other', 'float32', dims)],
      outputs: [valueInfo('out', 'float32', dims)],
      nodes: [node('Add', ['image', 'other'], 'out')],
    }),
  );
}

/** A network that has one score for each column of a window, which are taken for classes. */
function meanNetwork(): Uint8Array {
  return serializeModel(
    network({
      inputs: [valueInfo('image', 'float32', ['n', 3, 'h', 'w'])],
      outputs: [valueInfo('out', 'float32', ['n', 1, 1, 'w'])],
      nodes: [node('ReduceMean', ['image'], 'out', { axes: [1n, 2n], keepdims: 1n })],
    }),
  );
}

/** A line and a hint, and nothing else: no trace, no notes, no results. */
function expectOneLine(ended: Ended, code: 1 | 2, says: RegExp): void {
  expect(ended.stderr).toMatch(/^segtile: [^\n]+\n {2}hint: [^\n]+\n$/);
  // A hint goes on after its colon, as the message does: no capital, no full stop.
  expect(ended.stderr).toMatch(/hint: (?![A-Z][a-z])[^\n]*[^.]\n$/);
  expect(ended.stderr).toMatch(says);
  expect(ended.stdout).toBe('');
  expect(ended).toMatchObject({ code, signal: null });
}

/** What is wrong, how the program is called (paths are those of the fixtures), how it ends and which words say why. */
type Case = readonly [what: string, args: string, code: 1 | 2, says: RegExp];

async function expectRefused(args: string, code: 1 | 2, says: RegExp): Promise<void> {
  const cwd = folder();
  const quiet = args.replace(/^infer /, 'infer --quiet ');
  const words = quiet.split(' ').map((word) => (word.startsWith('@') ? at(word.slice(1)) : word));
  expectOneLine(await segtile(words, { cwd }), code, says);
  expect(filesIn(cwd)).toEqual([]);
}

const files: readonly Case[] = [
  ['a slide that is missing', 'infer @nowhere.tif -m @red.onnx', 1, /no file .*nowhere\.tif/],
  ['a slide that is a folder', 'infer @folder.tif -m @red.onnx', 1, /folder\.tif/],
  ['an empty slide file', 'infer @empty.tif -m @red.onnx', 1, /empty\.tif/],
  ['a slide that is a text', 'infer @words.tif -m @red.onnx', 1, /words\.tif is not an image/],
  ['a compression that is not read', 'infer @lerc.tif -m @red.onnx', 1, /compression 34887 \(LERC\)/],
  ['samples that are not read', 'infer @deep.tif -m @red.onnx', 1, /24-bit samples/],
  ['a model that is missing', 'infer @slide.tif -m @nowhere.onnx', 1, /no such model file.*nowhere\.onnx/],
  ['a model that is a folder', 'infer @slide.tif -m @folder.tif', 1, /folder/],
  ['a model that is a text', 'infer @slide.tif -m @words.onnx', 1, /words\.onnx is not a whole ONNX file/],
  ['an empty model file', 'infer @slide.tif -m @empty.onnx', 1, /empty\.onnx is empty/],
  ['half a model', 'infer @slide.tif -m @half.onnx', 1, /half\.onnx is not a whole ONNX file/],
  ['a model with two inputs', 'infer @slide.tif -m @two-inputs.onnx', 1, /2 inputs \("image" .*, "other" /],
  ['a model of too many classes', 'infer @slide.tif -m @mean.onnx --window 64', 1, /mean\.onnx has \d+ classes/],
  ['a window that the network cannot take', 'infer @slide.tif -m @unet.onnx --window 101', 1, /window of 101/],
  ['a card that is missing', 'infer @slide.tif -m @red.onnx --card @nowhere.json', 1, /there is no card .*nowhere\.json/],
  ['a card with a comma missing', 'infer @slide.tif -m @red.onnx --card @comma.json', 1, /comma\.json: line 4/],
  ['a card with an unknown key', 'infer @slide.tif -m @red.onnx --card @unknown-key.json', 1, /"windw", did you mean "window"/],
  ['a card with too many classes', 'infer @slide.tif -m @three.onnx --card @classes.json', 1, /classes .* 3 channels/],
  ['a card with the wrong colours', 'infer @slide.tif -m @red.onnx --card @gray.json', 1, /gray.* 3 channels/],
  ['tissue regions that are missing', 'infer @slide.tif -m @red.onnx --tissue @nowhere.png', 1, /no file .*nowhere\.png/],
  ['tissue regions without a polygon', 'infer @slide.tif -m @red.onnx --tissue @regions.geojson', 1, /no polygon/],
  ['tissue regions that are no JSON', 'infer @slide.tif -m @red.onnx --tissue @broken.geojson', 1, /broken\.geojson/],
  ['tissue regions without rings', 'infer @slide.tif -m @red.onnx --tissue @flat.geojson', 1, /flat\.geojson: feature 1 is no/],
  [
    'tissue regions of another slide',
    'infer @slide.tif -m @red.onnx --tissue @far.geojson',
    1,
    /outside the slide of 300 × 200/,
  ],
  [
    'a tissue mask of another shape',
    'infer @slide.tif -m @red.onnx --tissue @tall.png',
    1,
    /tall\.png has .* which is not the shape of the slide/,
  ],
  ['info on a text', 'info @words.tif', 1, /not an image/],
  ['info on a model that is a text', 'info @words.onnx', 1, /not a whole ONNX file/],
];

const uses: readonly Case[] = [
  ['an unknown command', 'infre @slide.tif', 2, /unknown command 'infre'\n.*did you mean infer\?/],
  ['an unknown option', 'infer @slide.tif --windw 64', 2, /unknown option '--windw'\n.*did you mean --window\?/],
  ['an unknown option before the command', '--fast infer @slide.tif', 2, /unknown option '--fast'/],
  ['no slide', 'infer', 2, /no slide was given/],
  ['no file', 'info', 2, /no slide was given/],
  ['an option without its value', 'infer @slide.tif --window', 2, /option '--window <px>' argument missing/],
  ['a word for --window', 'infer @slide.tif --window wide', 2, /for --window but got "wide"/],
  ['nothing for a --window', 'infer @slide.tif --window 0', 2, /for --window but got "0"/],
  ['a negative --window', 'infer @slide.tif --window=-64', 2, /for --window but got "-64"/],
  ['a huge --window', 'infer @slide.tif -m @red.onnx --window 100000', 2, /at most 8192 px for --window/],
  ['a --window that the model does not take', 'infer @slide.tif -m @fixed.onnx --window 96', 2, /windows of 64x64 px only/],
  ['half a --stride', 'infer @slide.tif --stride 0.5', 2, /for --stride but got "0\.5"/],
  [
    'a --stride over the window',
    'infer @slide.tif -m @red.onnx --window 64 --stride 65',
    2,
    /stride 65 px is larger than window 64/,
  ],
  [
    'a --stride that leaves gaps',
    'infer @slide.tif -m @red.onnx --window 64 --stride 60 --margin 8',
    2,
    /largest legal stride is 48/,
  ],
  ['an --overlap of everything', 'infer @slide.tif -m @red.onnx --window 64 --overlap 100%', 2, /leaves no stride/],
  ['a word for --overlap', 'infer @slide.tif -m @red.onnx --overlap much', 2, /overlap but got "much"/],
  ['--stride and --overlap', 'infer @slide.tif -m @red.onnx --stride 32 --overlap 32', 2, /exclude each other/],
  ['a --margin of half a window', 'infer @slide.tif -m @red.onnx --window 64 --margin 32', 2, /margin of at most 31/],
  ['a broken --margin', 'infer @slide.tif --margin 1.5', 2, /for --margin but got "1\.5"/],
  ['an unknown --border', 'infer @slide.tif --border wrap', 2, /keep, mirror for --border but got "wrap"/],
  ['an unknown --blend', 'infer @slide.tif --blend average', 2, /gaussian.* for --blend but got "average"/],
  ['an unknown --blend-space', 'infer @slide.tif --blend-space scores', 2, /for --blend-space but got "scores"/],
  [
    'logits of a model without',
    'infer @slide.tif -m @red.onnx --activation none --blend-space logits',
    2,
    /no logits to blend/,
  ],
  ['no --workers', 'infer @slide.tif --workers 0', 2, /positive integer for --workers but got "0"/],
  ['too many --workers', 'infer @slide.tif -m @red.onnx --workers 5000', 2, /1 to 1024 workers for --workers but got "5000"/],
  ['an unknown --device', 'infer @slide.tif --device abacus', 2, /for --device but got "abacus"/],
  [
    'a --level that is not there',
    'infer @slide.tif -m @red.onnx --level 99',
    2,
    /but got 99\n.*has the levels 0 \(300 × 200\)/,
  ],
  ['a broken --level', 'infer @slide.tif --level -1', 2, /--level but got "-1"/],
  ['--level and --mpp', 'infer @slide.tif -m @red.onnx --level 0 --mpp 1', 2, /--level and --mpp exclude each other/],
  ['--mpp of a slide without', 'infer @slide.tif -m @red.onnx --mpp 1', 2, /does not say.*\n.*--slide-mpp/],
  ['a model with mpp, a slide without', 'infer @slide.tif -m @red.onnx --card @model-mpp.json', 2, /0\.5 µm.*\n.*--slide-mpp/],
  ['--output-mpp of a slide without', 'infer @slide.tif -m @red.onnx --output-mpp 1', 2, /does not say.*\n.*--slide-mpp/],
  ['a tiny --output-mpp', 'infer @measured.tif -m @red.onnx --output-mpp 0.00001', 2, /at least 0\.0156 µm/],
  [
    'a tiny --mpp',
    'infer @measured.tif -m @red.onnx --mpp 0.00001',
    2,
    /expected 0\.02 to 20 µm per pixel for --mpp but got 0\.00001/,
  ],
  ['nothing for --slide-mpp', 'infer @slide.tif --slide-mpp 0', 2, /above 0 for --slide-mpp but got "0"/],
  ['a word for --slide-mpp of info', 'info @slide.tif --slide-mpp half', 2, /for --slide-mpp but got "half"/],
  ['a word for --downsample', 'infer @slide.tif --downsample twice', 2, /for --downsample but got "twice"/],
  ['an unknown --tissue', 'infer @slide.tif -m @red.onnx --tissue otzu', 2, /for --tissue but got "otzu"/],
  ['a large --min-tissue', 'infer @slide.tif --min-tissue 2', 2, /for --min-tissue but got "2"/],
  ['a large --threshold', 'infer @slide.tif --threshold 1.5', 2, /for --threshold but got "1\.5"/],
  ['a --threshold of no class', 'infer @slide.tif -m @red.onnx --threshold tumor=0.5', 2, /no class "tumor".*\n.*class 1/],
  ['two --threshold of a class', 'infer @slide.tif --threshold a=0.5,a=0.6', 2, /one threshold a class/],
  ['255 for two classes', 'infer @slide.tif -m @three.onnx --mask-values 255', 2, /--mask-values 255 shows one class/],
  ['unknown --mask-values', 'infer @slide.tif --mask-values 1', 2, /labels, 255 for --mask-values but got "1"/],
  [
    'two numbers for --mean',
    'infer @slide.tif --mean 0.5,0.5',
    1,
    /the flags say mean \[0\.5,0\.5\] but the image has 3 channels/,
  ],
  ['nothing for --std', 'infer @slide.tif --std 1,0,1', 2, /for --std but got "1,0,1"/],
  ['a broken --scale', 'infer @slide.tif --scale 1/255', 2, /for --scale but got "1\/255"/],
  ['an unknown --layout', 'infer @slide.tif --layout chw', 2, /for --layout but got "chw"/],
  ['an unknown --color', 'infer @slide.tif --color cmyk', 2, /for --color but got "cmyk"/],
  ['an unknown --activation', 'infer @slide.tif --activation relu', 2, /for --activation but got "relu"/],
  ['an unknown --standardize', 'infer @slide.tif --standardize slide', 2, /for --standardize but got "slide"/],
  ['a class twice', 'infer @slide.tif --classes a,a', 2, /"a" is there twice/],
  ['a class with a bad colour', 'infer @slide.tif --classes a=red', 2, /for --classes but got "a=red"/],
  ['a broken --model-mpp', 'infer @slide.tif --model-mpp x', 2, /for --model-mpp but got "x"/],
  ['one name for two slides', 'infer @slide.tif @measured.tif -m @red.onnx -o one.tif', 2, /one output file/],
];

describe('a line, a hint and nothing else for', () => {
  test.concurrent.each([...files, ...uses])('%s', async (_, args, code, says) => expectRefused(args, code, says));
});

describe('slides that are cut short', () => {
  const whole = ['libtiff.tif', 'directory-first.tif'];

  test.each(whole)(
    '%s at many lengths: each is refused in a line and a hint, or read with a note where no pixel is lost',
    async (name) => {
      const cwd = folder();
      const bytes =
        name === 'libtiff.tif'
          ? readFileSync(slide)
          : blockTiff(picture(300, 200), { compression: 8, layout: 'tiles', blockWidth: 64, blockHeight: 64 });
      const lengths = [0, 1, 3, 4, 7, 8, 9, 15, bytes.length - 1];
      for (let i = 1; i < 24; i++) lengths.push(Math.floor((i * bytes.length) / 24));
      const cut = lengths.map((length) => save(cwd, `${length}.tif`, bytes.subarray(0, length)));
      save(cwd, 'whole.tif', bytes);
      const ended = await segtile(['infer', ...cut, 'whole.tif', '-m', at('red.onnx'), '-o', 'out', '--quiet', '--json'], {
        cwd,
      });
      expect(ended.code).toBe(1);
      const lines = ended.stdout.trim().split('\n');
      interface Result {
        readonly slide: { readonly path: string; readonly notes?: readonly string[] };
        readonly mask?: { readonly path: string };
        readonly error?: { readonly code: string };
      }
      const results = lines.map((line) => JSON.parse(line) as Result);
      const labels = async ({ mask }: Result) => (await readMask(join(cwd, mask!.path))).data;
      const wanted = await labels(results.at(-1)!);
      const done = results.filter(({ error }) => error === undefined);
      for (const each of done.slice(0, -1)) {
        expect([each.slide.path, each.slide.notes?.length]).not.toEqual([each.slide.path, 0]);
        expect((await labels(each)).equals(wanted), each.slide.path).toBe(true);
      }
      for (const { slide: each, error } of results) if (error) expect([each.path, error.code]).toEqual([each.path, 'input']);
      expect(results.length - done.length).toBeGreaterThan(20);
      expect(ended.stderr).toMatch(
        /^(segtile: [^\n]+\n {2}hint: [^\n]+\n)+segtile: \d+ of 33 slides done, \d+ failed\n( {2}[^\n]+\n)+$/,
      );
      expect(ended.stderr).toContain(`segtile: ${done.length} of 33 slides done`);
      expect(filesIn(join(cwd, 'out')).filter((file) => file.endsWith('.mask.ome.tif'))).toHaveLength(done.length);
    },
  );
});

test('a model that fails while the first slide is found to be damaged is told, and not only that slide', async () => {
  const cwd = folder();
  // Without a pyramid all of it is read to look for tissue, which takes longer than a model takes to fail; only its last block is bad.
  const size = { width: 5000, height: 4000 };
  const bytes = Buffer.from(blockTiff(picture(size.width, size.height), { compression: 8, blockHeight: 100 }));
  bytes.fill(0, bytes.length - 400);
  save(cwd, 'damaged.tif', bytes);
  const ended = await segtile(
    ['infer', 'damaged.tif', slide, '-m', at('unet.onnx'), '--window', '101', '-o', 'out', '--quiet'],
    {
      cwd,
    },
  );
  expect(ended.stderr).toMatch(
    /damaged\.tif cannot be decoded.*\n.*hint.*\nsegtile: .*window of 101.*\n.*\nsegtile: 0 of 2 slides done, 2 failed\n( {2}[^\n]+\n){2}$/,
  );
  expect(ended.code).toBe(1);
});

describe('outputs', () => {
  const args = ['-m', at('red.onnx'), '--quiet'];

  test('that are there already are kept, unless they may be overwritten', async () => {
    const cwd = folder();
    for (const name of ['mask.ome.tif', 'run.json', 'preview.jpg']) {
      const out = join(cwd, `holds ${name}`.replaceAll('.', ' '));
      mkdirSync(out);
      const kept = save(out, `slide.${name}`, 'mine');
      expectOneLine(await segtile(['infer', slide, ...args, '-o', out]), 1, /is there already\n.*--overwrite/);
      expect(readFileSync(kept, 'utf8')).toBe('mine');
      expect(filesIn(out)).toEqual([`slide.${name}`]);
      expect(await segtile(['infer', slide, ...args, '-o', out, '--overwrite'])).toMatchObject({ code: 0, stderr: '' });
      expect(filesIn(out)).toEqual(['runs.jsonl', 'slide.mask.ome.tif', 'slide.preview.jpg', 'slide.run.json']);
      expect(readFileSync(kept, 'utf8')).not.toBe('mine');
    }
  });

  test('never replace the slide', async () => {
    const cwd = folder();
    const own = join(cwd, 'own.tif');
    copyFileSync(slide, own);
    for (const name of ['own.tif', './own.tif', join(cwd, '..', cwd.split('/').at(-1)!, 'own.tif')])
      expectOneLine(
        await segtile(['infer', 'own.tif', ...args, '-o', name, '--overwrite'], { cwd }),
        1,
        /is a file that the command reads/,
      );
    expect(readFileSync(own)).toEqual(readFileSync(slide));
  });

  test('never replace another slide of the same command', async () => {
    const cwd = folder();
    copyFileSync(slide, join(cwd, 'own.tif'));
    copyFileSync(slide, join(cwd, 'own.mask.ome.tif'));
    const ended = await segtile(['infer', 'own.tif', 'own.mask.ome.tif', ...args, '-o', '.', '--overwrite'], { cwd });
    expect(ended.stderr).toMatch(/own\.mask\.ome\.tif is a file that the command reads/);
    expect(ended.code).toBe(1);
    expect(readFileSync(join(cwd, 'own.mask.ome.tif'))).toEqual(readFileSync(slide));
  });

  test('cannot be in a folder that cannot be made, nor under the name of a folder', async () => {
    const cwd = folder();
    save(cwd, 'file', '');
    mkdirSync(join(cwd, 'a.mask.tif'));
    expectOneLine(await segtile(['infer', slide, ...args, '-o', 'file/out'], { cwd }), 1, /cannot make the folder/);
    expectOneLine(await segtile(['infer', slide, ...args, '-o', '/proc/segtile'], { cwd }), 1, /cannot make the folder/);
    expectOneLine(await segtile(['infer', slide, ...args, '-o', 'a.mask.tif', '--overwrite'], { cwd }), 1, /is a folder/);
    expect(filesIn(cwd)).toEqual(['file']);
  });

  test('on a disk that is full leave nothing behind but strips', async (context) => {
    const disk = join(folder(), 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0;
    if (!mounted) context.skip('a small disk cannot be mounted here: it takes root');
    try {
      // Labels that look like noise do not compress: 300 × 200 of them need more than there is.
      const noise = [...args, '--window', '64', '--threshold', '0.62'];
      const big = await writeSlide(at('big.tif'), 900, 900, speckled);
      for (const preview of [[], ['--no-preview', '--no-resume']]) {
        const ended = await segtile(['infer', big, ...noise, ...preview, '-o', join(disk, 'out')]);
        expectOneLine(ended, 1, /cannot write .*\n.*disk is full/);
        // What was kept is smaller than what was to be written, and the next run goes on with it.
        expect(filesIn(disk).filter((name) => name !== 'out/.big.strips')).toEqual([]);
      }
    } finally {
      spawnSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });

  test('to a standard output that is full are reported', async () => {
    const ended = spawnSync('sh', ['-c', `"$0" "$1" info "$2" > /dev/full`, process.execPath, 'bin/segtile.js', slide], {
      encoding: 'utf8',
    });
    expect(ended.stderr).toMatch(/^segtile: cannot write standard output: [^\n]+\n {2}hint: [^\n]+\n$/);
    expect(ended.status).toBe(1);
  });
});

test('one slide of several that fails does not stop the others', async () => {
  const cwd = folder();
  const args = ['infer', slide, at('words.tif'), at('measured.tif'), '-m', at('red.onnx'), '-o', 'out', '--quiet'];
  const ended = await segtile(args, { cwd });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(
    /^segtile: [^\n]*words\.tif[^\n]*\n {2}hint: [^\n]+\nsegtile: 2 of 3 slides done, 1 failed\n {2}run them again with --from out\/failed.csv\n$/,
  );
  expect(filesIn(join(cwd, 'out')).filter((name) => name.endsWith('.json'))).toEqual(['measured.run.json', 'slide.run.json']);
});

test('a model that does not run is reported once, not for every slide', async () => {
  const cwd = folder();
  const ended = await segtile(['infer', slide, at('measured.tif'), '-m', at('unet.onnx'), '--window', '101', '--quiet'], {
    cwd,
  });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(
    /^segtile: [^\n]*101[^\n]*\n {2}hint: [^\n]+\nsegtile: 0 of 2 slides done, 1 failed, 1 not begun\n$/,
  );
  expect(filesIn(cwd)).toEqual([]);
});
