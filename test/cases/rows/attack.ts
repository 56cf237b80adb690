import { expect } from 'vitest';
import { type Case, expectError } from '../table.ts';

const wide = (command: readonly string[]): Case => ({
  name: `attack/wide-sparse-150000-8192.tif, ${command[0]}: 312 bytes that ask for 3.6 GB in a row of tiles`,
  check: async ({ input, segtile }) => {
    const [name, ...words] = command;
    const models = words.map((word) => (word.endsWith('.onnx') ? input(word) : word));
    const ended = await segtile([name!, input('attack/wide-sparse-150000-8192.tif'), ...models]);
    expectError(ended);
    expect(ended.stdout + ended.stderr).toMatch(/tiles of 8192 × 8192 in a width of 150000/);
  },
});

const channels: Case = {
  name: 'attack/onnx-hang-144.onnx: 1,000,000,007 channels',
  check: async ({ input, segtile }) => {
    const ended = await segtile(['info', input('attack/onnx-hang-144.onnx')]);
    expectError(ended, /1000000007.*is larger than segtile can hold/);
  },
};

export const cases: readonly Case[] = [
  channels,
  wide(['info', '--check']),
  wide(['infer', '-m', 'models/meansig.onnx', '--window', '256', '--tissue', 'none']),
];
