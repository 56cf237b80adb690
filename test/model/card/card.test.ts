import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cardPath, parseCard, readCard } from '../../../dist/model/card/card.js';
import { readModel } from '../../../dist/model/graph/facts.js';
import { channelNetwork } from '../networks.ts';
import { saved } from '../run.ts';

describe('parseCard', () => {
  it('takes a card that says everything', () => {
    const card = {
      name: 'nuclei',
      layout: 'nhwc',
      color: 'bgr',
      scale: 1,
      mean: [1, 2, 3],
      std: [4, 5, 6],
      activation: 'softmax',
      exclusive: true,
      classes: [{ name: 'background' }, { name: 'nucleus', color: [1, 2, 3], threshold: 0.4 }],
      mpp: 0.5,
      window: 512,
      margin: 32,
    };
    expect(parseCard(JSON.stringify(card), 'm.segtile.json')).toEqual(card);
    expect(parseCard('\uFEFF{"standardize": "window"}', 'x')).toEqual({ standardize: 'window' });
  });

  it.each([
    ['{\n "scale": }', 'm.segtile.json: line 2 is not JSON'],
    ['[]', 'm.segtile.json: expected a card, which is {…}, but got []'],
    ['{"treshold": 1, "scale": 1}', 'm.segtile.json: unknown key "treshold"'],
    ['{"colour": "rgb"}', 'm.segtile.json: unknown key "colour", did you mean "color"?'],
    ['{"Mean": [0]}', 'm.segtile.json: unknown key "Mean", did you mean "mean"?'],
    ['{"color": "RGB"}', 'm.segtile.json: expected one of rgb, bgr, gray, channels for color but got "RGB"'],
    ['{"scale": 0}', 'm.segtile.json: expected a number above 0 for scale but got 0'],
    ['{"mean": 0.5}', 'm.segtile.json: expected a list of numbers (one, or one a channel) for mean but got 0.5'],
    ['{"mean": []}', 'm.segtile.json: expected a list of numbers (one, or one a channel) for mean but got []'],
    ['{"samples": "native"}', 'm.segtile.json: expected one of uint8, uint16, float32 for samples but got "native"'],
    [
      '{"std": [1, 0, 1]}',
      'm.segtile.json: expected a list of numbers above 0 (one, or one a channel) for std but got [1,0,1]',
    ],
    ['{"window": 12.5}', 'm.segtile.json: expected a positive whole number of px for window but got 12.5'],
    ['{"margin": -1}', 'm.segtile.json: expected a whole number of px from 0 for margin but got -1'],
    ['{"exclusive": "yes"}', 'm.segtile.json: expected true or false for exclusive but got "yes"'],
    ['{"classes": []}', 'm.segtile.json: expected a list of 1 to 256 classes for classes but got []'],
    ['{"classes": ["a"]}', 'm.segtile.json: class 1: expected a class, which is {…}, but got "a"'],
    ['{"classes": [{"color": [1, 2, 3]}]}', 'm.segtile.json: class 1 has no name'],
    ['{"classes": [{"name": "a"}, {"name": "a"}]}', 'm.segtile.json: two classes are named "a"'],
    ['{"classes": [{"name": "a", "colr": 1}]}', 'm.segtile.json: class 1: unknown key "colr", did you mean "color"?'],
    [
      '{"classes": [{"name": "a", "color": [0, 0, 256]}]}',
      'm.segtile.json: class 1: expected three whole numbers from 0 to 255 for color but got [0,0,256]',
    ],
    [
      '{"classes": [{"name": "a", "threshold": 2}]}',
      'm.segtile.json: class 1: expected a number from 0 to 1 for threshold but got 2',
    ],
    ['{"standardize": "window", "std": [1]}', 'm.segtile.json: standardize leaves nothing for std to do'],
  ])('refuses %s', (json, message) => {
    expect(() => parseCard(json, 'm.segtile.json')).toThrow(expect.objectContaining({ code: 'model', message }));
  });

  it('lists the keys that it knows', () => {
    expect(() => parseCard('{"x": 1}', 'x')).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/name, task, layout, color/) }),
    );
  });
});

describe('readCard', () => {
  const inside = { segtile: '{"name": "inside"}' };

  it('takes the card that is named, else the one beside the model, else the one inside', async () => {
    const path = saved(channelNetwork(0, { metadata: inside }));
    const file = await readModel(path);
    expect(await readCard(file)).toEqual({ name: 'inside' });
    writeFileSync(cardPath(path), '{"name": "beside"}');
    expect(await readCard(file)).toEqual({ name: 'beside' });
    expect(await readCard(file, saved('{"name": "named"}', 'card.json'))).toEqual({ name: 'named' });
  });

  it('there may be none, but not where one is named', async () => {
    const file = await readModel(saved(channelNetwork(0)));
    expect(await readCard(file)).toBeUndefined();
    await expect(readCard(file, '/nowhere/card.json')).rejects.toMatchObject({ code: 'input' });
  });

  it('says where a mistake stands', async () => {
    const path = saved(channelNetwork(0, { metadata: { segtile: '{"scale": -1}' } }));
    await expect(readCard(await readModel(path))).rejects.toMatchObject({
      message: `metadata "segtile" of ${path}: expected a number above 0 for scale but got -1`,
    });
  });
});
