import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { shiftNetwork, unet } from '../model/networks.js';
import { resultOf } from './lasting.js';

/** Runs `segtile` to its end. */
export type RunSegtile = (args: readonly string[]) => Promise<{
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}>;

/** A run that is shared out, and into how many shards. */
export interface SharedRun {
  /** Options of `segtile infer`, but for the slide, the output and what shares it out. */
  readonly options: readonly string[];
  readonly shards: number;
  /** Whether the shards get so little memory that they are made in columns. */
  readonly narrow: boolean;
}

/** A folder with a slide whose tissue reaches over all borders of shards, and the models of {@link sharedRuns}. */
export async function makeRectangles(at: string, width: number, height: number): Promise<void> {
  mkdirSync(at, { recursive: true });
  const data = Buffer.alloc(3 * width * height, 243);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Tissue is what lies in waves from corner to corner; its colour is a hash of the place.
      if (Math.sin(x / 90 + Math.sin(y / 70)) + Math.cos(y / 110) < -0.6) continue;
      const hash = Math.imul(Math.imul(x + 1, 73856093) ^ Math.imul(y + 1, 19349663), 0x5bd1e995);
      for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = ((hash >>> (24 - 8 * c)) & 255) * 0.8;
    }
  }
  await sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .tiff({ compression: 'deflate', tile: true, tileWidth: 256, tileHeight: 256, pyramid: true, xres: 2000, yres: 2000 })
    .toFile(join(at, 'slide.tif'));
  const card = (name: string, card: object): void => writeFileSync(join(at, `${name}.segtile.json`), JSON.stringify(card));
  writeFileSync(join(at, 'one.onnx'), unet(0.02));
  writeFileSync(join(at, 'two.onnx'), unet(0.02, { channels: 3, seed: 5 }));
  card('two', { activation: 'softmax', classes: [{ name: 'a' }, { name: 'b' }] });
  writeFileSync(join(at, 'many.onnx'), unet(0.02, { channels: 40, seed: 3 }));
  writeFileSync(join(at, 'shift.onnx'), shiftNetwork(3));
  card('shift', { activation: 'none', classes: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] });
}

/** Runs of the slide of {@link makeRectangles}, whose folder is the current one. */
export const sharedRuns: fc.Arbitrary<SharedRun> = fc
  .record({
    model: fc.constantFrom(['one.onnx'], ['two.onnx'], ['shift.onnx', 'shift.onnx:2'], ['one.onnx', 'one.onnx:3']),
    window: fc.integer({ min: 8, max: 20 }).map((n) => 8 * n),
    overlap: fc.constantFrom('0%', '25%', '50%'),
    blend: fc.constantFrom('gaussian', 'constant', 'hann', 'pyramid', 'none'),
    tta: fc.constantFrom('none', 'hflip', 'flips'),
    scales: fc.constantFrom('1', '1,0.8'),
    border: fc.constantFrom('keep', 'mirror'),
    cleanUp: fc.constantFrom([], ['--min-object', '12px'], ['--min-object', '9px', '--fill-holes', '15px']),
    objects: fc.constantFrom([], ['--objects', 'geojson,csv']),
    probabilities: fc.constantFrom([], ['--probabilities', 'uint8'], ['--probabilities', 'float32']),
    looked: fc.constantFrom([], ['--report-disagreement']),
    tissue: fc.constantFrom('auto', 'none'),
    shards: fc.constantFrom(1, 2, 3, 7, 16),
    narrow: fc.boolean(),
  })
  .map(
    ({ model, window, overlap, blend, tta, scales, border, cleanUp, objects, probabilities, looked, tissue, ...others }) => ({
      // What is made in columns needs much memory to blend, so it has many classes.
      options: [
        ...(others.narrow ? ['-m', 'many.onnx', '--threshold', '0.5'] : model.flatMap((each) => ['-m', each])),
        ...['--window', `${window}`, '--blend', blend, '--tta', tta, '--tta-scales', scales],
        // A margin of an eighth on each side leaves gaps without overlap.
        ...['--overlap', border === 'mirror' && overlap === '0%' ? '25%' : overlap],
        ...['--border', border, ...(border === 'mirror' ? ['--margin', `${window / 8}`] : []), '--tissue', tissue],
        ...[...cleanUp, ...objects, ...(others.narrow ? [] : probabilities), ...looked],
        ...['--workers', '1', '--device', 'cpu', '--no-history', '--quiet'],
      ],
      ...others,
    }),
  );

/** What {@link compareShards} saw. */
export interface Compared {
  /** What the merge of the shards left that the run as a whole did not, or not so; empty where all is the same. */
  readonly differing: readonly string[];
  /** Windows of all shards as a multiple of those of the whole run. */
  readonly times: number;
  /** How many columns a shard was made in, at most. */
  readonly columns: number;
}

/**
 * Runs a slide as a whole, and in shards that are merged, and compares all files.
 *
 * @param run starts `segtile` in the folder of the slide
 */
export async function compareShards({ options, shards, narrow }: SharedRun, run: RunSegtile): Promise<Compared> {
  const at = mkdtempSync(join(tmpdir(), 'segtile-shared-'));
  const well = async (args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(args);
    if (code !== 0) throw new Error(`segtile ${args.join(' ')}\n${stderr}`);
    return stdout;
  };
  const infer = (output: string, ...more: string[]): string[] => [
    ...['infer', 'slide.tif', ...options, '-o', join(at, output)],
    ...more,
  ];
  const shard = (index: number): string[] => ['--shard', `${index}/${shards}`, '--shard-rows'];
  try {
    const dry = JSON.parse(await well(infer('dry', ...shard(1), '--dry-run', '--json')));
    const { memory, columns } = narrow ? await narrowed(run, infer('dry', ...shard(1)), dry.memory.total) : wide;
    await well(infer('whole'));
    for (let index = shards; index >= 1; index--) await well(infer('shared', ...shard(index), ...memory));
    await well(['merge', join(at, 'shared'), '--quiet', '--no-history']);
    const [whole, shared] = [resultOf(join(at, 'whole')), resultOf(join(at, 'shared'))];
    const names = [...new Set([...Object.keys(whole), ...Object.keys(shared)])];
    const differing = names.filter((name) => name !== 'summary.csv' && whole[name] !== shared[name]);
    return { differing, times: dry.shard.cost.times, columns };
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}

const wide = { memory: [] as string[], columns: 1 };

/** The most memory that makes a run in columns; none where none does, as for a shard that is too narrow. */
async function narrowed(run: RunSegtile, args: readonly string[], total: number): Promise<typeof wide> {
  for (let budget = total - 10e6; budget > total / 2; budget -= 15e6) {
    const memory = ['--memory', `${Math.floor(budget / 1e6)}MB`];
    const { code, stdout } = await run([...args, ...memory, '--dry-run']);
    const columns = /; the slide is done in (\d+) columns, one after the other/.exec(stdout)?.[1];
    if (code !== 0) break;
    if (columns !== undefined) return { memory, columns: Number(columns) };
  }
  return wide;
}
