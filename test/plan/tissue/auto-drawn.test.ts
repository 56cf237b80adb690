import { expect, test } from 'vitest';
import { autoTissue } from '../../../dist/plan/tissue/auto-tissue.js';
import { findBackground } from '../../../dist/plan/tissue/background.js';
import { look } from '../../../dist/plan/tissue/seen.js';
import { tissueMap, tissueShare } from '../../../dist/plan/tissue/tissue.js';
import type { Pixels } from '../../../dist/types.js';
import { kidneySlide } from '../../../samples/kidney/slide.js';
import { drawnView, glassWindows } from './drawn-view.ts';

function found(view: Pixels): Uint8Array {
  const seen = look(view);
  const background = findBackground(seen);
  expect(background.kind).toBe('glass');
  return autoTissue(seen, background);
}

/** Of the windows that are judged, in px of the view. */
const WINDOW = 8;

test.each(Array.from({ length: 20 }, (_, i) => [i + 1, i % 2 === 0 ? 'pas' : 'he'] as const))(
  'of drawn slide %i, in %s, no window with a labelled structure is skipped, and others are',
  (seed, stain) => {
    const size = { width: 128, height: 96 };
    const { rgb, labels } = kidneySlide({ size, seed, stain, mpp: 12 }).tile({ x: 0, y: 0, ...size });
    const mask = found({ ...size, channels: 3, data: rgb });
    const map = tissueMap(mask, size);
    const labelled = tissueMap(labels, size);
    let skipped = 0;
    for (let y = 0; y < size.height; y += WINDOW) {
      for (let x = 0; x < size.width; x += WINDOW) {
        const box = { x, y, width: WINDOW, height: WINDOW };
        if (tissueShare(map, box, size) > 0) continue;
        skipped++;
        expect(tissueShare(labelled, box, size)).toBe(0);
      }
    }
    expect(skipped).toBeGreaterThan(0);
    // What is missed at the rim of structures, where the median goes over them.
    let missed = 0;
    for (let i = 0; i < mask.length; i++) if (labels[i] !== 0 && mask[i] === 0) missed++;
    expect(missed).toBeLessThan(0.005 * labels.length);
  },
);

test.each([
  [1, 'pas'],
  [2, 'he'],
] as const)('in a view of 2,048 px of drawn slide %i, in %s, less than a twentieth of the glass is run', (seed, stain) => {
  const drawn = drawnView({ width: 2048, height: 1536 }, seed, stain, 1.5);
  const { glass, run } = glassWindows(drawn, found(drawn.view), 32);
  expect(glass).toBeGreaterThan(1000);
  expect(run).toBeLessThan(0.05 * glass);
});
