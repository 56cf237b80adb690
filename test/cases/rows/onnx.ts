import { type Case, expectError } from '../table.ts';

const unloadable = (file: string, what: string, ...says: readonly RegExp[]): Case => ({
  name: `models/${file}: ${what}`,
  check: async ({ input, segtile }) => {
    const models = ['-m', input(`models/${file}`), '--window', '256', '--tissue', 'none'];
    expectError(await segtile(['infer', input('models/s.tif'), ...models]), ...says);
  },
});

export const cases: readonly Case[] = [
  unloadable(
    'ir99.onnx',
    'a newer IR version',
    /cannot be loaded: .*IR version: 99/,
    /hint: .*export it with ir_version \d+ or lower/,
  ),
  unloadable('cust.onnx', 'an unknown operator', /cannot be loaded: .*Foo/, /hint: .*no operator my\.ops:Foo: export/),
];
