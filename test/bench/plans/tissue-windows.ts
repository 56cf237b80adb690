// Sets `--placement tissue` beside a fixed grid: `npm run bench:tissue-windows`. Draws 20 slides, of both stains, and makes
// fragments of half of them; with `-- --data FOLDER` also real slides (a folder tiff/). Prints how many windows of 512 px the
// network sees, in area, and how many labelled pixels of the fixed grid are lost, and differ, where both looked.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import sharp from 'sharp';
import { machine, table } from '../measuring/figures.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    size: { type: 'string', default: '2048x1536' },
    slides: { type: 'string', default: '20' },
    kept: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = values.kept ?? mkdtempSync(join(tmpdir(), 'segtile-tissue-'));
mkdirSync(folder, { recursive: true });
const execute = promisify(execFile);

interface Slide {
  readonly name: string;
  readonly path: string;
  readonly model: readonly string[];
}

async function drawn(seed: number): Promise<Slide> {
  const stain = seed % 2 === 0 ? 'pas' : 'he';
  const isWhole = seed % 4 < 2;
  const whole = join(folder, `${stain}-${seed}.tif`);
  if (!existsSync(whole)) {
    const args = [
      '--import',
      'tsx',
      join(root, 'samples/slide.ts'),
      '--size',
      values.size,
      '--seed',
      `${seed}`,
      '--stain',
      stain,
    ];
    await execute(process.execPath, [...args, '--no-truth', whole], { cwd: root });
  }
  const model = ['-m', 'hematoxylin', '--window', '512'];
  if (isWhole) return { name: `${stain}, seed ${seed}`, path: whole, model };
  const path = join(folder, `${stain}-${seed}-fragments.tif`);
  if (!existsSync(path)) await scatter(whole, path, seed);
  return { name: `${stain}, seed ${seed}, fragments`, path, model };
}

/** Cuts pieces out of the middle of a slide and scatters them on glass twice as large. */
async function scatter(whole: string, path: string, seed: number): Promise<void> {
  const image = sharp(whole, { limitInputPixels: false });
  const { width, height } = await image.metadata();
  let state = seed;
  const next = (): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((state ^ (state >>> 12)) >>> 0) / 2 ** 32;
  };
  const pieces = [];
  for (let i = 0; i < 8; i++) {
    const [w, h] = [Math.round(300 + 700 * next()), Math.round(300 + 500 * next())];
    const [left, top] = [Math.round((0.3 + 0.3 * next()) * width!), Math.round((0.3 + 0.3 * next()) * height!)];
    const input = await sharp(whole, { limitInputPixels: false })
      .extract({ left, top, width: Math.min(w, width! - left), height: Math.min(h, height! - top) })
      .png()
      .toBuffer();
    pieces.push({ input, left: Math.round(next() * (2 * width! - w)), top: Math.round(next() * (2 * height! - h)) });
  }
  await sharp({
    create: { width: 2 * width!, height: 2 * height!, channels: 3, background: '#f4f3f5' },
    limitInputPixels: false,
  })
    .composite(pieces)
    .tiff({
      tile: true,
      tileWidth: 512,
      tileHeight: 512,
      compression: 'jpeg',
      quality: 90,
      pyramid: true,
      xres: 2000,
      yres: 2000,
      resolutionUnit: 'cm',
    })
    .toFile(path);
}

async function run({ path, model }: Slide, way: string, more: readonly string[]) {
  const out = join(folder, 'masks', way);
  rmSync(out, { recursive: true, force: true });
  const shared = ['--plan', 'auto', '--no-prove', '--device', 'cpu', '--no-preview', '--no-history', '--quiet', '-o', out];
  await execute(process.execPath, [join(root, 'bin/segtile.js'), 'infer', path, ...model, ...shared, ...more]);
  const stem = basename(path).replace(/\.\w+$/, '');
  const record = JSON.parse(readFileSync(join(out, `${stem}.run.json`), 'utf8'));
  const mask = sharp(join(out, `${stem}.mask.ome.tif`), { limitInputPixels: false }).toColourspace('b-w');
  return { record, labels: await mask.raw().toBuffer() };
}

console.log(machine());
const rows: string[][] = [];
try {
  const slides: (() => Promise<Slide>)[] = Array.from({ length: Number(values.slides) }, (_, i) => () => drawn(100 + i));
  for (const name of values.data === undefined ? [] : ['CMU-1-Small-Region.svs', 'tcga-cr-7395-01a-01-ts1.svs'])
    slides.push(async () => ({
      name,
      path: join(values.data!, 'tiff', name),
      model: ['-m', 'hematoxylin', '--window', '512'],
    }));
  for (const make of slides) {
    const slide = await make();
    const fixed = await run(slide, 'fixed', []);
    const laid = await run(slide, 'laid', ['--placement', 'tissue']);
    let [labelled, lost, differ] = [0, 0, 0];
    for (let i = 0; i < fixed.labels.length; i++) {
      const [a, b] = [fixed.labels[i]!, laid.labels[i]!];
      if (a > 0) labelled++;
      if (a > 0 && b === 0) lost++;
      if (a > 0 && b > 0 && a !== b) differ++;
    }
    const [before, after] = [fixed, laid].map(({ record }) => record.windows.seenPixels / 512 ** 2) as [number, number];
    const share = (part: number): string => `${part} (${((100 * part) / Math.max(1, labelled)).toPrecision(2)} %)`;
    const row = [
      slide.name,
      before.toFixed(1),
      after.toFixed(1),
      `${Math.round(100 * (1 - after / before))} %`,
      share(lost),
      share(differ),
    ];
    console.log(row.join(' | '));
    rows.push(row);
  }
  console.log(table(['', 'fixed', 'along tissue', 'saved', 'labelled pixels lost', 'of another class'], rows));
} finally {
  if (values.kept === undefined) rmSync(folder, { recursive: true, force: true });
}
