import { expect, test } from 'vitest';
import { keysOf, listOf, number, objectOf, oneOf, optional, text } from '../../../dist/plan/text/shape.js';

interface Item {
  readonly name: string;
  readonly kind?: 'a' | 'b';
  readonly sizes?: readonly number[];
}
const shapes = { name: text, kind: optional(oneOf('a', 'b')), sizes: optional(listOf(number)) };
const thrown = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
};

test('what users write may lack keys, but has no unknown ones, and an error has the code of its place', () => {
  const item = keysOf<Item>('thing', shapes);
  expect(item({ kind: 'b' }, { where: 'f' })).toEqual({ kind: 'b' });
  expect(thrown(() => item({ nane: 'x' }, { where: 'f: thing 2', code: 'model' }))).toMatchObject({
    code: 'model',
    message: 'f: thing 2: unknown key "nane", did you mean "name"?',
    hint: 'a thing may hold name, kind, sizes',
  });
  expect(thrown(() => item([], { where: 'f', code: 'usage' }))).toMatchObject({
    code: 'usage',
    message: 'f: expected a thing, which is {…}, but got []',
  });
  expect(thrown(() => item({ sizes: [1, '2'] }, { where: 'f' }))).toMatchObject({
    code: 'input',
    message: 'f: expected a number for sizes.1 but got "2"',
  });
  expect(thrown(() => item({ kind: 'c' }, { where: 'f' }))).toMatchObject({
    message: 'f: expected one of a, b for kind but got "c"',
  });
});

test('a record of our own may have more keys, of a later version, but lacks none', () => {
  const item = objectOf<Item>(shapes);
  expect(item({ name: 'x', later: 1 }, { where: 'f' })).toEqual({ name: 'x', later: 1 });
  expect(thrown(() => item({ kind: 'a' }, { where: 'f' }))).toMatchObject({
    code: 'input',
    message: 'f: expected a text for name but got nothing',
  });
});
