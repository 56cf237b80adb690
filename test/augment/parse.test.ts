import { describe, expect, it } from 'vitest';
import { parseAugmentation } from '../../dist/augment/parse.js';
import { SegtileError } from '../../dist/errors.js';

const parse = (file: unknown) => parseAugmentation(typeof file === 'string' ? file : JSON.stringify(file), 'a.json');

describe('a file of augmentation', () => {
  it('may leave everything out but the kinds', () => {
    const kinds = [
      'non-empty-crop',
      'flip-horizontal',
      'rotate90',
      'cutout',
      'grid-dropout',
      'stain-jitter',
      'mixup',
      'cutmix',
    ];
    const { steps, ...rest } = parse({ steps: kinds.map((kind) => ({ kind })) });
    expect(rest).toEqual({ seed: 0, copies: 1, splits: ['train'] });
    expect(steps.map(({ kind }) => kind)).toEqual(kinds);
    for (const step of steps) expect(step).toMatchObject({ probability: 1, seed: 0 });
    expect(steps[3]).toMatchObject({ holes: 1, size: 0.25, fill: 'mean', mask: 'ignore' });
  });

  it('gives each step its seed, or one of its own', () => {
    const { seed, steps } = parse({ seed: 9, steps: [{ kind: 'rotate90' }, { kind: 'rotate90', seed: 4, probability: 0.5 }] });
    expect(seed).toBe(9);
    expect(steps).toMatchObject([{ seed: 9 }, { seed: 4, probability: 0.5 }]);
  });

  const mistakes: readonly (readonly [what: string, file: unknown, words: string])[] = [
    ['no JSON', '{ "steps": [\n{ "kind": }] }', 'a.json: line 2 is not JSON'],
    ['a list', [], 'a.json: expected a file of augmentation'],
    ['no steps', { seed: 1 }, 'a.json lists no steps'],
    ['empty steps', { steps: [] }, 'expected a list of steps for steps but got []'],
    ['an unknown key', { copys: 2, steps: [{ kind: 'rotate90' }] }, 'a.json: unknown key "copys", did you mean "copies"?'],
    ['an unknown part', { splits: ['training'], steps: [{ kind: 'rotate90' }] }, 'expected a list of train, val and test'],
    ['a step without kind', { steps: [{ probability: 1 }] }, 'a.json: step 1: it has no kind'],
    [
      'an unknown kind',
      { steps: [{ kind: 'rotate90' }, { kind: 'cutuot' }] },
      'a.json: step 2: "cutuot" is not a kind of step, did you mean "cutout"?',
    ],
    ['a text for a step', { steps: ['cutout'] }, 'a.json: step 1: it has no kind'],
    ["another kind's key", { steps: [{ kind: 'rotate90', holes: 2 }] }, 'a.json: step 1: unknown key "holes"'],
    [
      'a probability over 1',
      { steps: [{ kind: 'rotate90', probability: 2 }] },
      'expected a number from 0 to 1 for probability but got 2',
    ],
    ['a size of nothing', { steps: [{ kind: 'cutout', size: 0 }] }, 'for size but got 0'],
    ['a range upside down', { steps: [{ kind: 'non-empty-crop', scale: [0.9, 0.5] }] }, 'for scale but got [0.9,0.5]'],
    ['a fill that is no colour', { steps: [{ kind: 'grid-dropout', fill: 'gray' }] }, 'for fill but got "gray"'],
    ['alpha of nothing', { steps: [{ kind: 'mixup', alpha: 0 }] }, 'for alpha but got 0'],
    ['no copies', { copies: 0, steps: [{ kind: 'rotate90' }] }, 'for copies but got 0'],
    [
      'a late crop',
      { steps: [{ kind: 'cutmix' }, { kind: 'non-empty-crop' }] },
      'step 2 is non-empty-crop, which can only be the first',
    ],
  ];
  for (const [what, file, words] of mistakes) {
    it(`is refused with ${what}`, () => {
      let thrown: unknown;
      try {
        parse(file);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(SegtileError);
      expect((thrown as SegtileError).message).toContain(words);
      expect((thrown as SegtileError).code).toBe('usage');
    });
  }
});
