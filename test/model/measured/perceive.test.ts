import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tuneText } from '../../../dist/commands/tune/words.js';
import { bundledModel } from '../../../dist/model/card/bundled.js';
import type { Ensemble } from '../../../dist/model/card/ensemble.js';
import { openModel } from '../../../dist/model/measured/open-model.js';
import {
  countFlips,
  flippedBeyond,
  marginFor,
  noFlips,
  PATCH,
  reachOf,
  shiftedDifference,
} from '../../../dist/model/measured/reach.js';
import { autoPlan } from '../../../dist/pipeline/perception/auto-plan.js';
import { perceive } from '../../../dist/pipeline/perception/perceive.js';
import { windowsFor } from '../../../dist/pipeline/perception/windows-for.js';
import type { InferOptions } from '../../../dist/pipeline/prepare/options.js';
import { styleFor } from '../../../dist/terminal/style.js';
import { coarseNetwork, shiftNetwork, unet } from '../../model/networks.ts';

const cwd = mkdtempSync(join(tmpdir(), 'segtile-perceive-'));
const signal = AbortSignal.timeout(600_000);

async function perceived(name: string, bytes: Uint8Array, card: object) {
  const path = join(cwd, `${name}.onnx`);
  writeFileSync(path, bytes);
  const { model } = await openModel(path, card, { signal });
  return { model, perception: await perceive(model, signal) };
}

describe('how far networks look, and in what step', () => {
  test.each([0, 3, 40])('one that gives what lies %i px away', async (by) => {
    const { perception } = await perceived(`shift${by}`, shiftNetwork(by), { activation: 'none' });
    expect(perception).toMatchObject({ reach: by, phase: 1, margin: 8 * Math.ceil(by / 8), flips: [] });
  });

  test('one with a score for each 16 px moves by 16 px', async () => {
    const { perception } = await perceived('coarse', coarseNetwork(16), { activation: 'none', crop: 0 });
    expect(perception.phase).toBe(16);
  });

  test('a U-Net of two levels: no farther than its receptive field, in steps of its stride', async () => {
    const { model, perception } = await perceived('unet', unet(0.05), {});
    // Three by three at strides of 1, 2, 4, 2 and 1, and what pooling and nearest neighbours add.
    const field = 1 + 2 + 4 + 2 + 1 + (1 + 2) + (1 + 2);
    expect(perception.reach).toBeGreaterThan(field / 2);
    expect(perception.reach).toBeLessThanOrEqual(field);
    expect(perception.phase).toBe(4);
    const [best] = windowsFor(model, perception);
    expect(best!.runs).toBeLessThan(1.2);
    expect(best!.stride.width % 4).toBe(0);
  });

  test('the bundled nuclei: 46 px, and a margin as wide costs little', async () => {
    const { model } = await openModel(bundledModel('nuclei'), {}, { signal });
    const expected = { reach: 46, phase: 8, margin: 48, flips: [], seesNear: true };
    expect(await perceive(model, signal)).toMatchObject(expected);
  });

  test('the bundled kidney: 94 px, but few labels differ beyond a narrower margin, which saves much', async () => {
    const { model } = await openModel(bundledModel('kidney'), {}, { signal });
    const perception = await perceive(model, signal);
    expect(perception).toMatchObject({ reach: 94, phase: 16, seesNear: true });
    const margin = perception.margin!;
    expect(margin).toBeGreaterThanOrEqual(94 / 2);
    expect(margin).toBeLessThan(94);
    expect(new Map(perception.flips).get(margin)).toBeLessThanOrEqual(1e-4);
    expect(windowsFor(model, perception)[0]!.runs).toBeLessThan(1024 ** 2 / (1024 - 192) ** 2);
  });

  describe('labels of one kind tell nothing', () => {
    /** A network that finds nothing, whose windows have this side; any if undefined. */
    const blank = async (side?: number) => {
      const { model } = await openModel(bundledModel('kidney'), {}, { signal });
      const classes = model.classes.map((each) => ({ ...each, threshold: 1 }));
      return { ...model, classes, ...(side && { fixedWindow: { width: side, height: side } }) };
    };

    test.each([undefined, 512])('the margin is as wide as the reach, in windows of %s px', async (side) => {
      const perception = await perceive(await blank(side), signal);
      expect(perception).toMatchObject({ reach: 94, margin: 96, flips: [], seesNear: side === undefined });
    });

    test('where that is too wide there is none, and it is said what helps', async () => {
      const model = await blank(256);
      const perception = await perceive(model, signal);
      expect(perception).toMatchObject({ reach: 94, margin: null, isTelling: false });
      expect(tuneText(model, perception, [], undefined, styleFor({ isTTY: false }))).toMatch(
        /margin +unknown: nearly all labels are of one kind, .+ name a slide on which the model finds something\n/,
      );
      const notes: string[] = [];
      const options = { tta: 'none', ttaScales: [1] } as unknown as InferOptions;
      const members = [{ model }] as unknown as Ensemble['members'];
      expect(await autoPlan(options, { members } as Ensemble, (note) => notes.push(note), signal)).toBeUndefined();
      expect(notes).toEqual([
        expect.stringMatching(/overlap as usual, .+ looks 94 px far, .+: segtile tune MODEL SLIDE --write-card/),
      ]);
    });
  });

  test('one that is shown standardised windows looks at all of them: no margin is enough', async () => {
    const { model, perception } = await perceived('whole', unet(0.05), { standardize: 'window' });
    expect(perception).toMatchObject({ reach: null, phase: null, margin: null });
    expect(perception.flips.length).toBeGreaterThan(5);
    expect(windowsFor(model, perception)).toEqual([]);
  });
});

describe('what is made of scores', () => {
  const size = { width: 128, height: 96 };
  const zeros = () => ({ ...size, data: new Float32Array(size.width * size.height) });

  test('the reach is the largest distance from the patch', () => {
    const after = zeros();
    const patch = { left: 64 - PATCH / 2, top: 48 - PATCH / 2 };
    after.data[(patch.top + 3) * 128 + patch.left + 3] = 1;
    expect(reachOf(zeros(), after)).toBe(0);
    after.data[(patch.top + 3) * 128 + patch.left - 7] = 1e-9;
    expect(reachOf(zeros(), after)).toBe(7);
    after.data[(patch.top + PATCH + 10) * 128 + 64] = 1;
    expect(reachOf(zeros(), after)).toBe(11);
    after.data[5] = 1;
    expect(reachOf(zeros(), after)).toBeUndefined();
  });

  test('scores of shifted windows are compared where both are far from their borders', () => {
    const [base, shifted] = [zeros(), zeros()];
    for (let i = 0; i < base.data.length; i++) base.data[i] = i % 97;
    for (let y = 8; y < 96; y++) for (let x = 8; x < 128; x++) shifted.data[(y - 8) * 128 + x - 8] = base.data[y * 128 + x]!;
    expect(shiftedDifference(base, shifted, 8, 4)).toBe(0);
    expect(shiftedDifference(base, shifted, 4, 4)).toBeGreaterThan(0);
    expect(shiftedDifference(base, shifted, 8, 60)).toBeUndefined();
  });

  test('the margin is the smallest beyond which few labels differ', () => {
    const [a, b] = [new Uint8Array(128 * 96), new Uint8Array(128 * 96)];
    // Within 20 px of its own border every label of the second window is another.
    for (let y = 0; y < 96; y++) for (let x = 0; x < 128; x++) if (Math.min(x, y) < 20) b[y * 128 + x] = 1;
    const counts = noFlips(size);
    countFlips(counts, a, b, size, 24);
    expect(flippedBeyond(counts, 0)).toBeGreaterThan(0.1);
    expect(marginFor(counts, 1e-4)).toBe(24);
    expect(flippedBeyond(counts, 24)).toBe(0);
  });
});
