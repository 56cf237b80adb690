import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { SegmentOptions } from '../../dist/index.js';
import { disc, folder, save, speckled, writeSlide } from '../cli/door.js';
import { redClassifier } from '../model/classifiers.js';
import { shiftNetwork, unet } from '../model/networks.js';

/** A slide, and ways to run it that differ in what has to be put together again where a run is stopped or shared out. */
export interface Scene {
  readonly slide: string;
  readonly runs: Readonly<Record<RunName, SegmentOptions>>;
  /** The files that runs of several slides share: submissions, which lie outside of the folders of results. */
  readonly shared: readonly string[];
}

/** Removes the shared files, so that a run finds no rows of an earlier one there. */
export function forgetShared({ shared }: Scene): void {
  for (const path of shared) rmSync(path, { force: true });
}

/** What the shared files hold; null for those that are not there. */
export function sharedRows({ shared }: Scene): (string | null)[] {
  return shared.map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : null));
}

/** The names of the runs. */
export const runNames = [
  'every output',
  'scales and turns',
  'an ensemble, cleaned',
  'one window a pixel, in a region',
  'a mask made of scores',
  'a coarser image',
  'a gate and a veto',
  'windows cut to tissue',
] as const;

type RunName = (typeof runNames)[number];

/** Makes the slide and the models. */
export async function makeScene(): Promise<Scene> {
  const at = folder();
  const model = (name: string): string => join(at, `${name}.onnx`);

  const tissue = disc(170, 280, 260);
  const slide = await writeSlide(
    join(at, 'slide.tif'),
    330,
    560,
    (x, y) => (tissue(x, y)[0] < 200 ? speckled(x >> 1, y >> 1) : [243, 243, 243]),
    {
      mpp: 0.5,
    },
  );
  save(at, 'one.onnx', unet(0.02));
  save(at, 'two.onnx', unet(0.02, { channels: 3, seed: 5 }));
  save(at, 'two.segtile.json', JSON.stringify({ activation: 'softmax', classes: [{ name: 'a' }, { name: 'b' }] }));
  save(at, 'shift.onnx', shiftNetwork(3));
  save(
    at,
    'shift.segtile.json',
    JSON.stringify({ activation: 'none', classes: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }),
  );
  save(at, 'glass.onnx', redClassifier(0.7));
  save(at, 'glass.segtile.json', JSON.stringify({ window: 32, stride: 32, classes: [{ name: 'a' }] }));
  save(
    at,
    'region.geojson',
    JSON.stringify({
      type: 'Feature',
      properties: { objectType: 'annotation' },
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [20, 30],
            [300, 60],
            [250, 500],
            [10, 450],
            [20, 30],
          ],
        ],
      },
    }),
  );
  save(at, 'known.onnx', unet(0.02));
  save(at, 'known.segtile.json', JSON.stringify({ activation: 'sigmoid', margin: 16, phase: 4 }));
  // A piece of tissue in the middle of the slide, and one at its bottom.
  const marked = Buffer.from(
    Array.from({ length: 33 * 56 }, (_, i) => {
      const [x, y] = [i % 33, Math.floor(i / 33)];
      return Number((x >= 5 && x < 12 && y >= 20 && y < 30) || (x >= 20 && y >= 50));
    }),
  );
  await sharp(marked, { raw: { width: 33, height: 56, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(join(at, 'tissue.png'));
  const [csv, coco] = [join(at, 'submission.csv'), join(at, 'submission.json')];
  const runs: Record<RunName, SegmentOptions> = {
    'every output': {
      model: model('one'),
      window: 96,
      overlap: '50%',
      probabilities: 'uint8',
      objects: ['geojson', 'csv'],
      simplify: '0.5px',
      instances: true,
      heatmap: 'class 1',
      heatmapSize: 200,
      reportDisagreement: true,
      report: true,
      threshold: 0.5,
      submission: csv,
    },
    'scales and turns': {
      model: model('two'),
      window: 64,
      overlap: '25%',
      tta: 'hflip',
      ttaScales: [1, 0.7, 1.4],
      probabilities: 'float32',
      reportDisagreement: true,
    },
    'an ensemble, cleaned': {
      model: [model('shift'), `${model('shift')}:2`],
      window: 80,
      minObject: '12px',
      fillHoles: '9px',
      objects: ['csv'],
      tissue: 'none',
      submission: coco,
    },
    'one window a pixel, in a region': {
      model: model('one'),
      window: 72,
      blend: 'none',
      roi: join(at, 'region.geojson'),
      probabilities: 'uint8',
    },
    'a mask made of scores': {
      model: model('one'),
      window: 64,
      downsample: 1.7,
      enlarge: 'scores',
      blendSpace: 'logits',
    },
    'a coarser image': {
      model: model('two'),
      window: 64,
      downsample: 2.3,
      margin: 5,
      border: 'mirror',
      minObject: '5px',
      objects: ['csv'],
      splitTouching: 'watershed',
      seedDistance: 2,
      measure: ['intensity'],
    },
    // The gate leaves what lies near glass, the veto drops a class where there is less of it.
    'a gate and a veto': {
      model: model('two'),
      window: 64,
      gate: `${model('glass')}:0.5`,
      veto: `${model('glass')}:a=0.9`,
      blendSpace: 'logits',
      tissue: 'none',
      probabilities: 'float32',
    },
    'windows cut to tissue': {
      model: model('known'),
      window: 320,
      plan: 'auto',
      tissue: join(at, 'tissue.png'),
      probabilities: 'uint8',
    },
  };
  return { slide, runs, shared: [csv, coco] };
}
