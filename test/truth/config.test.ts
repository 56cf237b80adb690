import { describe, expect, it } from 'vitest';
import { IGNORED } from '../../dist/plan/labels/ignored.js';
import { parseConfig } from '../../dist/truth/config.js';
import { config } from './read.js';

describe('parseConfig', () => {
  it('numbers the classes in the order of the list, and gives them colours', () => {
    const { classes } = config({ classes: [{ name: 'a' }, { name: 'b', label: 9, color: [1, 2, 3] }, { name: 'c' }] });
    expect(classes.map(({ name, label }) => [name, label])).toEqual([
      ['a', 1],
      ['b', 9],
      ['c', 3],
    ]);
    expect(classes[1]!.color).toEqual([1, 2, 3]);
    expect(new Set(classes.map(({ color }) => color.join())).size).toBe(3);
  });

  it('takes annotations called background for that, unless they are listed as something else', () => {
    expect(config({ classes: [{ name: 'a' }] }).names.get('background')).toBe(0);
    expect(config({ classes: [{ name: 'a', names: ['background'] }] }).names.get('background')).toBe(1);
    expect(config({ classes: [{ name: 'a' }], skip: ['background'] }).names.get('background')).toBe(undefined);
  });

  it('lets labels stand for themselves where no values are listed', () => {
    const { values } = config({ classes: [{ name: 'a' }, { name: 'b', values: [7, 8] }], background: { values: [3] } });
    expect([...values].sort(([a], [b]) => a - b)).toEqual([
      [0, 0],
      [1, 1],
      [3, 0],
      [7, 2],
      [8, 2],
      [255, IGNORED],
    ]);
  });

  it('lets a value that is listed go before the place of a class in the list, but not before its label', () => {
    const listed = {
      classes: [{ name: 'a', label: 1, values: [1, 2] }, { name: 'b' }, { name: 'c' }],
      ignore: { values: [3] },
    };
    const { classes, values } = config(listed);
    expect(classes.map(({ label }) => label)).toEqual([1, 2, 3]);
    expect([1, 2, 3].map((value) => values.get(value))).toEqual([1, 1, IGNORED]);
    // In whichever order they come.
    expect(config({ classes: [{ name: 'a' }, { name: 'b', values: [1] }] }).values.get(1)).toBe(2);
    expect(() =>
      config({
        classes: [
          { name: 'a', values: [2] },
          { name: 'b', label: 2 },
        ],
      }),
    ).toThrow('the value 2 stands for a and for b');
  });

  it('takes 255 for the one class of a black and white mask, and else for what is ignored', () => {
    expect(config({ classes: [{ name: 'a' }] }).values.get(255)).toBe(1);
    expect(config({ classes: [{ name: 'a' }], ignore: { values: [255] } }).values.get(255)).toBe(IGNORED);
    expect(config({ classes: [{ name: 'a' }, { name: 'b' }] }).values.get(255)).toBe(IGNORED);
  });

  it('gives what nobody labelled the label that was asked for', () => {
    const { values, colors, unlabelled } = config({ classes: [{ name: 'a' }], unlabelled: 'ignore' });
    expect([unlabelled, values.get(0), colors.get(0)]).toEqual([IGNORED, IGNORED, IGNORED]);
  });

  it.each([
    ['unknown key "clases", did you mean "classes"?', { clases: [] }],
    ['unknown key "colour", did you mean "color"?', { classes: [{ name: 'a', colour: [1, 2, 3] }] }],
    ['c.json: ignore: unknown key "name", did you mean "names"?', { classes: [{ name: 'a' }], ignore: { name: ['x'] } }],
    ['lists no classes', {}],
    ['a list of 1 to 254 classes for classes', { classes: [] }],
    ['class 2 has no name', { classes: [{ name: 'a' }, { label: 2 }] }],
    ['a whole number from 1 to 254 for label but got 255', { classes: [{ name: 'a', label: 255 }] }],
    ['two classes are named "a"', { classes: [{ name: 'a' }, { name: 'a' }] }],
    ['two classes have the label 2', { classes: [{ name: 'a', label: 2 }, { name: 'b' }] }],
    [
      'the name "x" stands for a and for b',
      {
        classes: [
          { name: 'a', names: ['x'] },
          { name: 'b', names: ['x'] },
        ],
      },
    ],
    ['the name "a" stands for a and for skip', { classes: [{ name: 'a' }], skip: ['a'] }],
    ['the value 4 stands for a and for ignore', { classes: [{ name: 'a', values: [4] }], ignore: { values: [4] } }],
    [
      'the colour 1, 2, 3 stands for a and for background',
      { classes: [{ name: 'a', color: [1, 2, 3] }], background: { colors: [[1, 2, 3]] } },
    ],
    [
      'the default "tumour" is not one of the classes, did you mean "tumor"?',
      { classes: [{ name: 'tumor' }], default: 'tumour' },
    ],
    ['one of later, classes for overlap', { classes: [{ name: 'a' }], overlap: 'first' }],
  ])('says %s', (message, file) => {
    expect(() => parseConfig(JSON.stringify(file), 'c.json')).toThrow(message);
  });

  it('names the line where a file stops being JSON', () => {
    expect(() => parseConfig('{\n"classes": [\n{"name" "a"}]}', 'c.json')).toThrow('c.json: line 3 is not JSON');
  });
});
