import fc from 'fast-check';
import { expect, test } from 'vitest';
import { channelNames, formatScoreMap, parseScoreMap, type ScoreMap } from '../../../dist/plan/scores/score-map.js';

const part = fc.integer({ min: 0, max: 255 });
const maps: fc.Arbitrary<ScoreMap> = fc
  .record({
    names: fc.uniqueArray(
      fc.string({ minLength: 1 }).filter((name) => name.trim() !== ''),
      { minLength: 1, maxLength: 5 },
    ),
    color: fc.tuple(part, part, part),
    threshold: fc.option(
      fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
      { nil: undefined },
    ),
    background: fc.boolean(),
    samples: fc.constantFrom('uint8', 'float32'),
    width: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    mpp: fc.constantFrom(null, { x: 0.5, y: 0.25 }),
  })
  .map(({ names, color, threshold, background, samples, width, mpp }) => {
    const classes = names.map((name, i) => ({
      label: i + 1,
      name,
      color,
      ...(threshold !== undefined && i === 0 && { threshold }),
    }));
    const labels = [...(background ? [0] : []), ...classes.map(({ label }) => label)];
    return { classes, labels, exclusive: background, samples, mask: { width, height: 7, mpp } };
  });

test('what is written is read, and every channel has the name of its class', () => {
  fc.assert(
    fc.property(maps, (map) => {
      expect(parseScoreMap(formatScoreMap(map), 'p.tif')).toEqual(map);
      const names = map.classes.map(({ name }) => name);
      expect(channelNames(map)).toEqual(map.exclusive ? ['background', ...names] : names);
    }),
  );
});

const good = {
  classes: [
    { label: 1, name: 'a', color: [1, 2, 3] },
    { label: 2, name: 'b', color: [4, 5, 6] },
  ],
  labels: [0, 1, 2],
  exclusive: true,
  samples: 'uint8',
  mask: { width: 5, height: 6, mpp: null },
};

test.each([
  [{ labels: undefined }, 'expected classes, labels, exclusive, samples and mask'],
  [{ labels: [0, 1, 2, 3] }, 'label 3 belongs to no class'],
  [{ labels: [0, 1] }, 'class 2 lacks a name, a colour or a label of its own'],
  [{ labels: [0, 1, 2.5] }, 'expected a list of labels for labels'],
  [{ classes: [good.classes[0], { ...good.classes[1], name: 'a' }] }, 'class 2 lacks'],
  [{ classes: [good.classes[0], { label: 2, name: 'b' }] }, 'class 2 lacks'],
  [{ classes: [{ ...good.classes[0], threshold: 2 }, good.classes[1]] }, 'expected a number from 0 to 1 for threshold'],
  [{ classes: [] }, 'expected a list of 1 to 255 classes'],
  [{ samples: 'uint16' }, 'expected one of uint8, float32 for samples'],
  [{ mask: { width: 0, height: 6, mpp: null } }, 'expected the size of a mask for mask'],
  [{ mask: { width: 5, height: 6, mpp: { x: 0, y: 1 } } }, 'expected the size of a mask for mask'],
  [{ more: 1 }, 'unknown key "more"'],
])('%j is refused', (change, message) => {
  const json = JSON.stringify({ ...good, ...change });
  expect(() => parseScoreMap(json, 'p.tif')).toThrow(
    expect.objectContaining({ code: 'input', message: expect.stringContaining(message) }),
  );
});
