import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { bundledModel } from '../../dist/model/card/bundled.js';
import { parseCard, readCard } from '../../dist/model/card/card.js';
import { readModel } from '../../dist/model/graph/facts.js';
import { isHeldOut } from '../../samples/train/data.ts';
import { modelOf, poolOf, scoresOf } from '../model/run.ts';
import { sharedFile } from '../shared.ts';

const fixtures = fileURLToPath(new URL('../fixtures/models', import.meta.url));
const tiles = readdirSync(fixtures).filter((name) => name.endsWith('.png'));

interface Recorded {
  readonly width: number;
  readonly height: number;
  /** How many pixels have each label. */
  readonly labels: readonly number[];
  /** Column, row, and the probability of each channel there. */
  readonly probabilities: readonly (readonly number[])[];
}

describe('models that were trained', () => {
  it.each(tiles)('say on %s what was recorded', async (name) => {
    const model = await modelOf(bundledModel(name.split('-')[0]!));
    const recorded: Recorded = JSON.parse(readFileSync(`${fixtures}/${name.replace('.png', '.json')}`, 'utf8'));
    const window = { width: recorded.width, height: recorded.height };
    const pixels = new Uint8Array(await sharp(`${fixtures}/${name}`).removeAlpha().raw().toBuffer());
    const scores = await scoresOf(model, window, pixels);
    const area = window.width * window.height;
    for (const [x, y, ...values] of recorded.probabilities)
      for (const [channel, value] of values.entries())
        expect(scores[channel * area + y! * window.width + x!]).toBeCloseTo(value, 3);
    const counts = recorded.labels.map(() => 0);
    for (let i = 0; i < area; i++) {
      const at = (channel: number) => scores[channel * area + i]!;
      const channels = Array.from({ length: model.channels }, (_, channel) => at(channel));
      counts[model.channels === 1 ? Number(at(0) > 0.5) : channels.indexOf(Math.max(...channels))]!++;
    }
    for (const [label, count] of recorded.labels.entries())
      expect(Math.abs(counts[label]! - count)).toBeLessThanOrEqual(area / 5000);
  });

  it.each([
    ['kidney', ['glomerulus', 'sclerosed glomerulus', 'tubule', 'vessel'], 1],
    ['nuclei', ['nucleus'], undefined],
  ] as const)('%s has its classes and pixel size, is small and takes any window', async (name, classes, mpp) => {
    const path = bundledModel(name);
    expect(readFileSync(path).length).toBeLessThan(3e6);
    const model = await modelOf(path);
    expect(model.classes.map((entry) => entry.name)).toEqual(classes);
    expect(model.mpp).toBe(mpp);
    expect(model.fixedWindow).toBeUndefined();
    const window = { width: 37, height: 101 };
    const scores = await scoresOf(model, window, new Uint8Array(window.width * window.height * 3).fill(200));
    expect(scores).toHaveLength(window.width * window.height * model.channels);
    expect(scores.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it.each(['kidney', 'nuclei'])('%s carries its card in the file, too', async (name) => {
    const file = await readModel(bundledModel(name));
    expect(parseCard(file.metadata.segtile!, name)).toEqual(await readCard(file));
  });

  const pairs = sharedFile('nuclei');
  if (!pairs) console.warn('skipped: stained images with masks, which are not part of this repository');

  it.skipIf(!pairs)('find nuclei in the quarter that was held out: mean Dice at least 0.83', async () => {
    const names = readdirSync(`${pairs}/images`).filter(isHeldOut);
    expect(names).toHaveLength(27);
    const window = { width: 320, height: 256 };
    const pool = await poolOf(await modelOf(bundledModel('nuclei')), window, { workers: 2 });
    const dice: number[] = [];
    for (const name of names) {
      const pixels = new Uint8Array(await sharp(`${pairs}/images/${name}`).removeAlpha().raw().toBuffer());
      const truth = await sharp(`${pairs}/masks/${name}`).extractChannel(0).raw().toBuffer();
      const scores = await pool.run(pixels);
      let [both, either] = [0, 0];
      for (let i = 0; i < truth.length; i++) {
        const [found, there] = [scores[i]! > 0.5, truth[i]! > 0];
        both += found && there ? 2 : 0;
        either += (found ? 1 : 0) + (there ? 1 : 0);
      }
      dice.push(both / either);
    }
    await pool.close();
    expect(dice.reduce((a, b) => a + b) / dice.length).toBeGreaterThan(0.83);
  });
});
