import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { tissueMask } from '../../../dist/pipeline/tissue/tissue.js';
import { tissueMap, tissueShare } from '../../../dist/plan/tissue/tissue.js';
import { openSlide } from '../../../dist/slide/open.js';
import { readOverview } from '../../../dist/slide/view/overview.js';
import { sharedFile } from '../../shared.ts';

const here = sharedFile('tiff/MANIFEST.tsv');
if (here === undefined) console.warn('skipped: real slides are not here');

/** Windows along the long side of a slide. */
const WINDOWS = 32;

test.skipIf(here === undefined).each([
  ['CMU-1-Small-Region.svs', 0.05],
  ['tcga-cr-7395-01a-01-ts1.svs', 0.05],
  ['kidney-48-5.tif', 0.05],
  ['test3-DAPI-2-387.ndpi', 0.05],
] as const)('%s loses no tissue, and at most a share of %f of its glass is run', async (name, most) => {
  const { data, info } = await sharp(
    fileURLToPath(new URL(`../../fixtures/plan/tissue/${name.replace(/\.\w+$/, '.png')}`, import.meta.url)),
  )
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const slide = await openSlide(sharedFile(`tiff/${name}`)!);
  const overview = await readOverview(slide, 2048);
  const { mask, facts } = await tissueMask({ kind: 'auto' }, slide, overview, AbortSignal.timeout(600_000));
  await slide.close();
  expect(facts.background).toBe(name.includes('DAPI') ? 'dark field' : 'glass');

  const found = tissueMap(mask, overview);
  const known = tissueMap(data, info);
  const side = Math.ceil(Math.max(info.width, info.height) / WINDOWS);
  let [glass, run, lost, pixels, missed] = [0, 0, 0, 0, 0];
  for (let y = 0; y + side <= info.height; y += side) {
    for (let x = 0; x + side <= info.width; x += side) {
      const box = { x, y, width: side, height: side };
      const tissue = tissueShare(known, box, info);
      const isRun = tissueShare(found, box, info) > 0;
      // What touches tissue with a corner is neither.
      const wide = { x: x - side, y: y - side, width: 3 * side, height: 3 * side };
      if (tissueShare(known, wide, info) === 0) {
        glass++;
        if (isRun) run++;
      }
      if (tissue > 0.05 && !isRun) lost++;
    }
  }
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) continue;
    pixels++;
    const box = { x: i % info.width, y: Math.floor(i / info.width), width: 1, height: 1 };
    if (tissueShare(found, box, info) === 0) missed++;
  }
  expect(lost).toBe(0);
  expect(missed).toBeLessThan(0.02 * pixels + 1);
  expect(run).toBeLessThanOrEqual(most * glass);
});
