import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { reason, SegtileError, throwIfAborted } from '../src/errors.js';
import { writeRleCsv } from '../src/mask/rle-csv.js';
import { createProgress } from '../src/terminal/progress.js';
import { deflateCodec, jpegCodec, type TileCodec } from '../src/tiff/write/tile-codec.js';
import { writeTiff } from '../src/tiff/write/write.js';
import type { RasterRows, Sink } from '../src/types.js';
import { writeGeojson } from './kidney/geojson.js';
import { LABELS } from './kidney/ground.js';
import { startPainters } from './kidney/painters.js';
import { type KidneyOptions, slideRows } from './kidney/slide.js';

const GLOMERULUS = LABELS.indexOf('glomerulus');
const SCLEROSED = LABELS.indexOf('sclerosed glomerulus');

const usage = `Draws a synthetic kidney section, as large as you like, and says what is where in it.

  npm run sample -- --size 35000x25000 --seed 7 kidney-7.tif

  --size WxH      in pixels, up to 100000x100000 (4096x3072)
  --seed N        the section: its anatomy, scars, stain, dust (1)
  --stain S       pas, or he for haematoxylin and eosin (pas)
  --mpp UM        micrometres per pixel, 0.1 to 8 (0.5)
  --quality Q     of the JPEG tiles, 1 to 100 (80)
  --workers N     threads that draw (${availableParallelism()}, one a processor)
  --no-truth      writes the slide alone

  kidney-7.tif                  the slide: a tiled, pyramidal JPEG TIFF
  kidney-7.truth.tif            the label of every pixel: ${LABELS.map((name, label) => `${label} ${name}`).join(', ')}
  kidney-7.glomeruli.geojson    outlines of both kinds of glomeruli, for QuPath
  kidney-7.glomeruli.csv        glomeruli that are not sclerosed as runs, as HuBMAP has them`;

const TILE = 512;
const LARGEST = 100_000;

/**
 * The number of rows that are drawn at a time: whole tiles, up to 1,536 rows, as long as a band has at most 2^25 px. Tall
 * bands are faster.
 */
function bandOf(width: number): number {
  return TILE * Math.max(1, Math.min(3, Math.floor(2 ** 25 / width / TILE)));
}

interface Request extends KidneyOptions {
  readonly path: string;
  readonly truth: boolean;
  readonly quality: number;
  readonly workers: number;
}

function requestOf(args: readonly string[]): Request {
  const { values, positionals } = parse(args);
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0 || !/\.tiff?$/.test(path)) {
    throw new SegtileError(
      'usage',
      `expected one file name that ends in .tif but got ${positionals.join(' ') || 'none'}`,
      usage,
    );
  }
  const size = /^(\d+)x(\d+)$/.exec(values.size);
  const [width, height] = [Number(size?.[1]), Number(size?.[2])];
  if (!(width >= 1 && width <= LARGEST && height >= 1 && height <= LARGEST)) {
    throw new SegtileError('usage', `expected --size like 4096x3072, at most ${LARGEST} a side, but got ${values.size}`);
  }
  const { stain } = values;
  if (stain !== 'pas' && stain !== 'he') throw new SegtileError('usage', `expected --stain pas or he but got ${stain}`);
  const whole = (from: number, to: number) => (value: number) => Number.isInteger(value) && value >= from && value <= to;
  return {
    path,
    truth: values['no-truth'] !== true,
    stain,
    size: { width, height },
    seed: number('--seed', values.seed, Number.isSafeInteger),
    mpp: number('--mpp', values.mpp, (mpp) => mpp >= 0.1 && mpp <= 8),
    quality: number('--quality', values.quality, whole(1, 100)),
    workers: number('--workers', values.workers, whole(1, 256)),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        size: { type: 'string', default: '4096x3072' },
        seed: { type: 'string', default: '1' },
        stain: { type: 'string', default: 'pas' },
        mpp: { type: 'string', default: '0.5' },
        quality: { type: 'string', default: '80' },
        workers: { type: 'string', default: `${availableParallelism()}` },
        'no-truth': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (thrown) {
    throw new SegtileError('usage', reason(thrown), usage);
  }
}

function number(name: string, text: string, allowed: (value: number) => boolean): number {
  const value = Number(text);
  if (text.trim() === '' || !allowed(value)) throw new SegtileError('usage', `${name} cannot be ${text}`);
  return value;
}

const deflateAsync = promisify<Uint8Array, object, Buffer>(deflate);

/**
 * Deflate that searches thoroughly for repeats. Outlines continue from row to row, so this makes a truth a third smaller
 * than run lengths alone. Level 9 would save another 3 % at a third of the speed.
 */
const truthCodec: TileCodec = { ...deflateCodec('labels'), encode: (labels) => deflateAsync(labels, { level: 8 }) };

/** A file of a slide, and whether it holds the image or the truth. */
interface Part {
  readonly path: string;
  readonly of: 'image' | 'truth';
  readonly sink: Sink<RasterRows>;
}

/**
 * Opens the files of a request one after the other. If one fails to open, {@link write} can abort those that are already
 * open.
 */
async function* open({ path, truth, quality, size, mpp }: Request): AsyncGenerator<Part> {
  const layout = { size, tile: TILE, levels: 'chained', mpp: { x: mpp, y: mpp }, software: 'segtile sample' } as const;
  yield {
    path,
    of: 'image',
    sink: await writeTiff(path, { ...layout, channels: 3, codec: jpegCodec(quality), reduce: 'mean' }),
  };
  if (!truth) return;
  const stem = path.replace(/\.tiff?$/, '');
  const [labels, outlines, runs] = [`${stem}.truth.tif`, `${stem}.glomeruli.geojson`, `${stem}.glomeruli.csv`];
  const sink = await writeTiff(labels, { ...layout, channels: 1, codec: truthCodec, reduce: 'majority' });
  yield { path: labels, of: 'truth', sink };
  yield { path: outlines, of: 'truth', sink: await writeGeojson(outlines, [GLOMERULUS, SCLEROSED], layout.mpp) };
  const row = { size, rows: [{ id: basename(stem), labels: [GLOMERULUS] }], column: 'encoding' } as const;
  yield { path: runs, of: 'truth', sink: await writeRleCsv(runs, row) };
}

/** Writes the files of a request and returns their paths. If it fails or is stopped, no file is left. */
async function write(request: Request, done: (rows: number) => void, signal: AbortSignal): Promise<string[]> {
  const parts: Part[] = [];
  const painters = startPainters(request, request.workers);
  try {
    for await (const part of open(request)) parts.push(part);
    for await (const rows of slideRows(request.size, bandOf(request.size.width), painters.draw, 2 * request.workers, signal)) {
      for (const { of, sink } of parts) await sink.write(rows[of]);
      done(rows.image.y + rows.image.height);
      throwIfAborted(signal);
    }
    for (const { sink } of parts) await sink.finish();
  } catch (thrown) {
    for (const { sink } of parts) await sink.abort();
    throw thrown;
  } finally {
    await painters.close();
  }
  return parts.map(({ path }) => path);
}

async function main(args: readonly string[]): Promise<void> {
  if (parse(args).values.help) {
    console.log(usage);
    return;
  }
  const request = requestOf(args);
  const { width, height } = request.size;
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const start = performance.now();
  const stage = createProgress(process.stderr, false).stage(basename(request.path), 'rows');
  const show = (done: number): void => stage.update({ done, total: height, pixels: done * width });
  try {
    show(0);
    const paths = await write(request, show, interrupt.signal);
    stage.stop();
    const seconds = (performance.now() - start) / 1000;
    const megapixels = (width * height) / 1e6;
    console.log(`${paths.join('\n')}\n${megapixels.toFixed(1)} MPix in ${seconds.toFixed(1)} s`);
  } finally {
    stage.stop();
  }
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  if (!(thrown instanceof SegtileError)) throw thrown;
  console.error(thrown.message);
  if (thrown.hint) console.error(thrown.hint);
  process.exitCode = thrown.code === 'usage' ? 2 : 1;
}
