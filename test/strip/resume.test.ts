import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type SegmentOptions, segment } from '../../dist/index.js';
import { disc, folder, save, speckled, writeSlide } from '../cli/door.js';
import { random, shiftNetwork, unet } from '../model/networks.js';
import { allStrips, cutStrips, resultOf } from './results.js';

const at = folder();
let slide: string;

beforeAll(async () => {
  const tissue = disc(170, 280, 260);
  slide = await writeSlide(
    join(at, 'slide.tif'),
    330,
    560,
    (x, y) => (tissue(x, y)[0] < 200 ? speckled(x, y) : [243, 243, 243]),
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
});

const model = (name: string): string => join(at, `${name}.onnx`);

const runs: Readonly<Record<string, () => SegmentOptions>> = {
  'every output': () => ({
    model: model('one'),
    window: 96,
    overlap: '50%',
    probabilities: 'uint8',
    objects: ['geojson', 'csv'],
    reportDisagreement: true,
    report: true,
    threshold: 0.5,
  }),
  'scales and turns': () => ({
    model: model('two'),
    window: 64,
    overlap: '25%',
    tta: 'hflip',
    ttaScales: [1, 0.7, 1.4],
    probabilities: 'float32',
    reportDisagreement: true,
  }),
  'an ensemble, cleaned': () => ({
    model: [model('shift'), `${model('shift')}:2`],
    window: 80,
    minObject: '12px',
    fillHoles: '9px',
    objects: ['csv'],
    tissue: 'none',
  }),
  'one window a pixel, in a region': () => ({
    model: model('one'),
    window: 72,
    blend: 'none',
    roi: join(at, 'region.geojson'),
    probabilities: 'uint8',
  }),
  'a mask made of scores': () => ({
    model: model('one'),
    window: 64,
    downsample: 1.7,
    enlarge: 'scores',
    blendSpace: 'logits',
  }),
  'a coarser image': () => ({
    model: model('two'),
    window: 64,
    downsample: 2.3,
    margin: 5,
    border: 'mirror',
    minObject: '5px',
  }),
};

describe.each(Object.keys(runs))('a run that was stopped leaves what it would have left: %s', (name) => {
  test('wherever it was stopped', async () => {
    const given: SegmentOptions = { ...runs[name]!(), history: false, workers: 1 };
    const undisturbed = join(folder(), 'out');
    await segment(slide, { ...given, output: undisturbed });
    const wanted = resultOf(undisturbed);
    const whole = await allStrips(slide, { ...given, output: folder() });
    const bytes = readFileSync(whole);
    const next = random(name.length);
    const cuts = [bytes.length, bytes.length - 1, 5, ...Array.from({ length: 2 }, () => Math.floor(next() * bytes.length))];
    for (const cut of cuts) {
      const output = join(folder(), 'out');
      cutStrips(whole, output, bytes.subarray(0, cut));
      await segment(slide, { ...given, output });
      expect(resultOf(output), `cut at ${cut} of ${bytes.length}`).toEqual(wanted);
    }
  });
});

test('of strips that were damaged, all that stands before is used, and it is said', async () => {
  const given: SegmentOptions = { ...runs['every output']!(), history: false, workers: 1, report: false };
  const undisturbed = join(folder(), 'out');
  await segment(slide, { ...given, output: undisturbed });
  const whole = await allStrips(slide, { ...given, output: folder() });
  const bytes = readFileSync(whole);
  const next = random(3);
  for (let i = 0; i < 4; i++) {
    const damaged = Buffer.from(bytes);
    const place = Math.floor(next() * bytes.length);
    damaged[place]! ^= 1 << Math.floor(next() * 8);
    const output = join(folder(), 'out');
    cutStrips(whole, output, damaged);
    const notes: string[] = [];
    await segment(slide, { ...given, output, onNote: (note) => notes.push(note) });
    expect(resultOf(output), `bit of byte ${place} of ${bytes.length}`).toEqual(resultOf(undisturbed));
    const said = notes.filter((note) => note.includes('goes on at row'));
    if (said.length > 0 && place < bytes.length - 400) expect(said[0]).toContain('damaged');
  }
});
