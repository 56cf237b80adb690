import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createForeground } from '../../../dist/plan/sampling/foreground.js';
import { halfShiftPlaces } from '../../../dist/plan/sampling/places.js';
import { type Ask, choose, type Ground, propose, type SampleSettings, samplers } from '../../../dist/plan/sampling/sampling.js';
import type { Box, Size } from '../../../dist/types.js';

/** A slide on which a few boxes are labelled and a few are tissue. */
interface Scene {
  readonly size: Size;
  readonly labelled: readonly Box[];
  readonly tissue: readonly Box[];
}

const holdsPixel = (boxes: readonly Box[], x: number, y: number): boolean =>
  boxes.some((box) => x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height);

function pixelsIn(boxes: readonly Box[], { size }: Scene, window: Box): number {
  let count = 0;
  for (let y = window.y; y < Math.min(window.y + window.height, size.height); y++) {
    for (let x = window.x; x < Math.min(window.x + window.width, size.width); x++) if (holdsPixel(boxes, x, y)) count++;
  }
  return count;
}

function groundOf(scene: Scene, name = 'slide'): Ground {
  const { width, height } = scene.size;
  const foreground = createForeground(scene.size, 2, [1]);
  const data = Uint8Array.from({ length: width * height }, (_, at) =>
    holdsPixel(scene.labelled, at % width, Math.floor(at / width)) ? 1 : 0,
  );
  foreground.add({ y: 0, height, runs: [{ x: 0, pixels: { width, height, channels: 1, data } }] });
  const tissue = (window: Box): number => pixelsIn(scene.tissue, scene, window) / (window.width * window.height);
  return { name, size: scene.size, tissue, foreground, objects: scene.labelled };
}

function settingsOf(asks: readonly Ask[], more: Partial<SampleSettings> = {}): SampleSettings {
  const side = { width: 10, height: 8 };
  return { asks, window: side, stride: side, minTissue: undefined, tries: 20, caps: new Map(), seed: 1, ...more };
}

/** Proposes and chooses, with counts by brute force. */
function sample(scene: Scene, settings: SampleSettings, name?: string) {
  const ground = groundOf(scene, name);
  const proposals = propose(settings, ground);
  const countsOf = (index: number) =>
    Float64Array.of(pixelsIn(scene.labelled, scene, { ...proposals[index]!, ...settings.window }));
  return choose(settings, ground, proposals, countsOf, (counts) => (counts[0]! > 0 ? 1 : 0));
}

const box = fc.record({
  x: fc.nat(50),
  y: fc.nat(40),
  width: fc.integer({ min: 1, max: 12 }),
  height: fc.integer({ min: 1, max: 12 }),
});
const scenes = fc
  .record({
    size: fc.record({ width: fc.integer({ min: 5, max: 60 }), height: fc.integer({ min: 5, max: 50 }) }),
    labelled: fc.array(box, { maxLength: 3 }),
    tissue: fc.array(box, { maxLength: 3 }),
  })
  .map(({ size, labelled, tissue }): Scene => {
    const inside = ({ x, y }: Box) => x < size.width && y < size.height;
    return { size, labelled: labelled.filter(inside), tissue: tissue.filter(inside) };
  });

describe('sampling', () => {
  it('keeps windows on the slide, each once, in order, the same for the same seed', () => {
    const asks = fc
      .uniqueArray(fc.constantFrom(...samplers), { minLength: 1, maxLength: 4 })
      .chain((names) =>
        fc.tuple(
          ...names.map((sampler) => fc.record({ sampler: fc.constant(sampler), wanted: fc.integer({ min: 1, max: 30 }) })),
        ),
      );
    fc.assert(
      fc.property(
        scenes,
        asks,
        fc.option(fc.constantFrom(0.1, 0.5), { nil: undefined }),
        fc.nat(),
        (scene, wanted, minTissue, seed) => {
          const settings = settingsOf(wanted, { minTissue, seed });
          const { draws, reports } = sample(scene, settings);
          const keys = draws.map(({ x, y }) => y * 1000 + x);
          expect(new Set(keys).size).toBe(draws.length);
          expect([...keys].sort((a, b) => a - b)).toEqual(keys);
          for (const { x, y } of draws) {
            expect(x >= 0 && y >= 0).toBe(true);
            expect(x <= Math.max(0, scene.size.width - 10) && y <= Math.max(0, scene.size.height - 8)).toBe(true);
          }
          for (const [i, report] of reports.entries()) {
            expect(report.kept).toBeLessThanOrEqual(wanted[i]!.wanted);
            expect(report.accepted).toBeLessThanOrEqual(report.tried);
          }
          expect(reports.reduce((sum, { kept }) => sum + kept, 0)).toBe(draws.length);
          expect(sample(scene, settings)).toEqual({ draws, reports });
        },
      ),
      { numRuns: 150 },
    );
  });

  it('draws elsewhere for another seed and another slide', () => {
    const scene = { size: { width: 60, height: 50 }, labelled: [], tissue: [] };
    const at = (seed: number, name: string) =>
      JSON.stringify(
        sample(scene, settingsOf([{ sampler: 'random', wanted: 9 }], { seed }), name).draws.map(({ x, y }) => [x, y]),
      );
    expect(new Set([at(1, 'a'), at(2, 'a'), at(1, 'b')]).size).toBe(3);
  });

  it('rejects what holds neither tissue nor a label, at the rate that all places have', () => {
    fc.assert(
      fc.property(scenes, fc.nat(), (scene, seed) => {
        const places = (length: number, side: number) => Math.max(0, length - side) + 1;
        const [across, down] = [places(scene.size.width, 10), places(scene.size.height, 8)];
        let good = 0;
        for (let y = 0; y < down; y++) {
          for (let x = 0; x < across; x++) {
            const window = { x, y, width: 10, height: 8 };
            if (pixelsIn(scene.tissue, scene, window) / 80 >= 0.01 || pixelsIn(scene.labelled, scene, window) > 0) good++;
          }
        }
        const settings = settingsOf([{ sampler: 'rejection', wanted: 40 }], { seed });
        const { draws, reports } = sample(scene, settings);
        const [report] = reports;
        for (const draw of draws) expect(draw.counts[0]! > 0 || draw.tissue! >= 0.01).toBe(true);
        if (good === 0) expect(report).toMatchObject({ accepted: 0, kept: 0 });
        // Windows that are there already are passed over, which only matters where places are few.
        fc.pre(across * down > 400 && good > 0);
        const rate = good / (across * down);
        const spread = Math.sqrt((rate * (1 - rate)) / report!.tried);
        expect(Math.abs(report!.accepted / report!.tried - rate)).toBeLessThan(5 * spread + 0.08);
      }),
      { numRuns: 60 },
    );
  });

  it('is close to the rate of all places when many are drawn', () => {
    const scene = { size: { width: 400, height: 300 }, labelled: [{ x: 50, y: 50, width: 60, height: 60 }], tissue: [] };
    const { reports } = sample(scene, settingsOf([{ sampler: 'rejection', wanted: 2000 }], { tries: 3 }));
    // Starts from 41 to 109 across and from 43 to 109 down hold a pixel of the box.
    const rate = (69 * 67) / (391 * 293);
    const { tried, accepted } = reports[0]!;
    expect(tried).toBeGreaterThan(4000);
    expect(Math.abs(accepted / tried - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / tried));
  });

  it('finds a label or an object wherever there is one, and falls back openly where there is none', () => {
    fc.assert(
      fc.property(scenes, fc.constantFrom('positive' as const, 'object' as const), fc.nat(), (scene, sampler, seed) => {
        const { draws, reports } = sample(scene, settingsOf([{ sampler, wanted: 20 }], { seed }));
        expect(draws.length).toBeGreaterThan(0);
        expect(reports[0]!.fellBack).toBe(scene.labelled.length === 0);
        for (const draw of draws) {
          expect(draw.sampler).toBe(scene.labelled.length === 0 ? 'random' : sampler);
          if (scene.labelled.length > 0) expect(draw.counts[0]).toBeGreaterThan(0);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('draws small objects as often as large ones', () => {
    const small = { x: 200, y: 200, width: 2, height: 2 };
    const scene = {
      size: { width: 400, height: 300 },
      labelled: [{ x: 10, y: 10, width: 100, height: 100 }, small],
      tissue: [],
    };
    const { draws } = sample(scene, settingsOf([{ sampler: 'object', wanted: 100 }]));
    const near = draws.filter(({ x }) => x > 150).length;
    // The places around the small one are 9 × 7, and each is taken once.
    expect(near).toBeGreaterThan(25);
    expect(near).toBeLessThanOrEqual(63);
  });

  it('leaves out what is over a cap, and takes a number of a grid from all of it', () => {
    const scene = { size: { width: 200, height: 160 }, labelled: [{ x: 0, y: 0, width: 100, height: 160 }], tissue: [] };
    const capped = sample(
      scene,
      settingsOf([{ sampler: 'grid', wanted: 'all' }], {
        caps: new Map([
          [0, 7],
          [1, 3],
        ]),
      }),
    );
    expect(capped.draws.filter(({ counts }) => counts[0] === 0).length).toBe(7);
    expect(capped.draws.filter(({ counts }) => counts[0]! > 0).length).toBe(3);
    expect(capped.reports[0]).toMatchObject({ tried: 400, accepted: 400, kept: 10, capped: 390 });
    const { draws } = sample(scene, settingsOf([{ sampler: 'grid', wanted: 100 }]));
    expect(draws.length).toBe(100);
    expect(draws.filter(({ x }) => x >= 100).length).toBeGreaterThan(30);
    expect(draws.filter(({ y }) => y >= 80).length).toBeGreaterThan(30);
  });
});

describe('halfShiftPlaces', () => {
  it('lies on the seams of the grid and within the image', () => {
    const side = { width: 10, height: 10 };
    expect(halfShiftPlaces({ width: 35, height: 20 }, side, side)).toEqual([
      { x: 5, y: 5 },
      { x: 15, y: 5 },
      { x: 25, y: 5 },
    ]);
    expect(halfShiftPlaces({ width: 14, height: 30 }, side, side)).toEqual([]);
  });
});
