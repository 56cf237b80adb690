import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';
import { planDataset } from '../../dist/pipeline/dataset/plan-dataset.js';
import type { DatasetSlide } from '../../dist/pipeline/dataset/survey-slide.js';
import type { DatasetSettings, DatasetWatcher } from '../../dist/pipeline/dataset/write-dataset.js';
import { writeDataset } from '../../dist/pipeline/dataset/write-dataset.js';
import type { Truth, TruthObject } from '../../dist/truth/truth.js';
import type { Band, MaskClass, Size } from '../../dist/types.js';

const home = mkdtempSync(join(tmpdir(), 'segtile-dataset-'));
let folders = 0;
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** An empty folder of its own, which goes when the tests are done. */
export function folder(): string {
  return mkdtempSync(join(home, `${folders++}-`));
}

/** Two classes with colours of their own. */
export const classes: readonly MaskClass[] = [
  { label: 1, name: 'tumor', color: [214, 39, 40] },
  { label: 4, name: 'stroma', color: [44, 160, 44] },
];

/** A label for every place of level 0. */
export type Labelling = (x: number, y: number) => number;

/** Truth out of nothing: labels that a function says, at other sizes by nearest neighbour; one object for each box. */
export function paintedTruth(full: Size, labelAt: Labelling, objects: readonly TruthObject[] = []): Truth {
  return {
    path: 'painted',
    kind: 'label image',
    classes,
    notes: [],
    view: (size) => ({
      ...size,
      async *readBands(rows): AsyncGenerator<Band> {
        for (let y = rows.start; y < rows.start + rows.length; y += 50) {
          const height = Math.min(50, rows.start + rows.length - y);
          const data = new Uint8Array(size.width * height);
          for (let r = 0; r < height; r++) {
            for (let x = 0; x < size.width; x++) {
              const [fullX, fullY] = [(x + 0.5) * (full.width / size.width), (y + r + 0.5) * (full.height / size.height)];
              data[r * size.width + x] = labelAt(Math.floor(fullX), Math.floor(fullY));
            }
          }
          yield { y, height, runs: [{ x: 0, pixels: { width: size.width, height, channels: 1, data } }] };
        }
      },
    }),
    async *objects() {
      yield* objects;
    },
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** A slide in which the colour of a pixel says where it is: red and green hold x and y modulo 256, blue what is above that. */
export function placeColor(x: number, y: number): readonly [number, number, number] {
  return [x & 255, y & 255, ((x >> 8) << 4) | (y >> 8)];
}

/** Writes a slide of {@link placeColor}, or of another paint, as PNG. */
export async function paintSlide(path: string, { width, height }: Size, paint = placeColor): Promise<string> {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++) for (const sample of paint(x, y)) data[i++] = sample;
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}

/** A slide on disk with painted truth. */
export async function scene(
  name: string,
  size: Size,
  labelAt: Labelling,
  group = name,
  where = folder(),
  objects: readonly TruthObject[] = [],
): Promise<DatasetSlide> {
  const path = await paintSlide(join(where, `${name}.png`), size);
  return {
    name,
    source: path,
    path,
    truthPath: 'painted',
    group,
    openTruth: async (full) => paintedTruth(full, labelAt, objects),
  };
}

/** Settings that cut a grid of 64 px; parts may be replaced. */
export function settingsOf(
  sample: Partial<ReturnType<DatasetSettings['survey']['sample']>> = {},
  parts: Partial<Omit<DatasetSettings, 'survey'>> & { readonly survey?: Partial<DatasetSettings['survey']> } = {},
): DatasetSettings {
  const seed = sample.seed ?? 7;
  return {
    divide: { parts: [{ name: 'train', share: 1 }], folds: 1, seed, by: 'group' },
    tiles: { form: 'folders', image: { kind: 'png' }, augmentation: undefined },
    shardSize: 10,
    preview: undefined,
    command: ['segtile', 'make-dataset'],
    facts: { seed },
    ...parts,
    survey: {
      resolution: undefined,
      tissue: { kind: 'none' },
      sample: () => ({
        asks: [{ sampler: 'grid', wanted: 'all' }],
        window: { width: 64, height: 64 },
        stride: { width: 64, height: 64 },
        minTissue: undefined,
        tries: 20,
        caps: new Map(),
        seed,
        ...sample,
      }),
      ...parts.survey,
    },
  };
}

/** A watcher that fails where a slide does. */
export const silent: DatasetWatcher = {
  surveyed: () => {},
  cutting: () => {},
  finished: () => {},
  packing: () => {},
  failed: (_, error) => {
    throw error;
  },
};

/** Plans and makes a dataset in an empty folder. */
export async function make(slides: readonly DatasetSlide[], settings: DatasetSettings, root = folder()): Promise<string> {
  const { signal } = new AbortController();
  const plan = await planDataset(slides, settings, silent, signal);
  await writeDataset(root, plan, [], settings, silent, signal);
  return root;
}

/** Every file below a folder with its bytes. */
export function contents(root: string): Map<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.sort().map((path) => [path.slice(root.length + 1), readFileSync(path).toString('base64')]));
}

/** The pixels of an image; `palette` keeps the indices of a palette, which sharp would turn into colours. */
export async function readImage(path: string): Promise<{ width: number; height: number; channels: number; data: Buffer }> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

export { type CsvRow, readCsv } from './csv.js';
