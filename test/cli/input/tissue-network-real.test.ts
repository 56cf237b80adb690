import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { autoMask } from '../../../dist/pipeline/tissue/auto-mask.js';
import { type TissueFlags, tissueNetwork } from '../../../dist/pipeline/tissue/network-tissue.js';
import { openSlide } from '../../../dist/slide/open.js';
import { readOverview } from '../../../dist/slide/view/overview.js';
import { sharedFile } from '../../shared.ts';
import { folder, readMask, save, segtileWell } from '../door.ts';

const network = sharedFile('models/tissue_unet_nhwc500.onnx');
const region = sharedFile('tiff/CMU-1-Small-Region.svs');
if (!network || !region)
  console.warn('skipped: a real slide and a network that others made, which are not part of this repository');

test.skipIf(!network || !region)(
  'of a real slide, what a real network judges is what infer makes with it at its mpp',
  async () => {
    const cwd = folder();
    copyFileSync(network!, join(cwd, 'tissue.onnx'));
    save(cwd, 'tissue.segtile.json', JSON.stringify({ classes: [{ name: 'tissue', threshold: 0.6 }], mpp: 3 }));
    const infer = [
      'infer',
      region!,
      '-m',
      'tissue.onnx',
      '--tissue',
      'none',
      '--output-mpp',
      '3',
      '--no-preview',
      '--device',
      'cpu',
    ];
    await segtileWell([...infer, '-o', 'out'], { cwd });
    const made = await readMask(join(cwd, 'out', 'CMU-1-Small-Region.mask.ome.tif'));

    const slide = await openSlide(region!);
    const signal = AbortSignal.timeout(300_000);
    const overview = await readOverview(slide, 512);
    const judged = (flags: TissueFlags) =>
      tissueNetwork(join(cwd, 'tissue.onnx'), { ...flags, device: 'cpu', workers: 1 })(slide, overview, signal);
    const tissue = await judged({ tissueClass: ['tissue'] });
    const artefact = await judged({ artefactClass: ['tissue'] });
    const auto = await autoMask(slide, overview, signal);
    await slide.close();

    // A pixel of the overview is of a class if any pixel of the network's image under it is.
    const under = (at: number, from: number, to: number): readonly number[] => {
      const [first, end] = [Math.floor((at * to) / from), Math.ceil(((at + 1) * to) / from)];
      return Array.from({ length: end - first }, (_, i) => first + i);
    };
    const any = (wanted: number, i: number): boolean =>
      under(Math.floor(i / overview.width), overview.height, made.height).some((y) =>
        under(i % overview.width, overview.width, made.width).some((x) => made.data[y * made.width + x] === wanted),
      );
    expect(tissue.mask.every((value, i) => value === Number(any(1, i)))).toBe(true);
    // What is named as an artefact is cut out of what auto finds; the rest of the class is left.
    expect(artefact.mask.every((value, i) => value === Number(any(0, i) && auto.mask[i] === 1))).toBe(true);
    for (const { mask } of [tissue, auto]) expect(new Set(mask).size).toBe(2);
  },
);
