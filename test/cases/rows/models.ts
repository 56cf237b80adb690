import { join } from 'node:path';
import { expect } from 'vitest';
import { speckled, writeSlide } from '../../cli/door.ts';
import { type Case, expectError, labelledIn } from '../table.ts';

/** A network over `s.tif`, whose dark pixels are labelled. */
const probabilities = (file: string, what: string, says: RegExp, ...words: readonly string[]): Case => ({
  name: `models/${file}: ${what}`,
  check: async ({ input, labelled, segtile }) => {
    const mask = await labelled(input('models/s.tif'), input(`models/${file}`), '--tissue', 'none', ...words);
    expect(mask.px).toBe(77_500);
    expect(mask.stderr).toMatch(says);
    const { stdout } = await segtile(['info', input(`models/${file}`)]);
    expect(stdout).toMatch(says);
  },
});

/** What a network gives is looked at. */
export const cases: readonly Case[] = [
  probabilities('meansig.onnx', 'a mean of two sigmoids', /the scores are probabilities/),
  probabilities('expsig.onnx', '1 / (1 + exp(-x))', /the scores are probabilities/),
  probabilities('concatsig.onnx', 'two heads joined', /the scores are probabilities of independent classes/),
  probabilities('rescale.onnx', 'begins with x/255', /left as 0\.\.255: the graph begins with x\/255/),
  {
    name: 'models/concatsig.onnx with a card that says the same',
    check: async ({ input, labelled }) => {
      const card = ['--card', input('models/concat-right.json')];
      const mask = await labelled(input('models/s.tif'), input('models/concatsig.onnx'), '--tissue', 'none', ...card);
      expect(mask.px).toBe(77_500);
    },
  },
  {
    name: 'models/expsig.onnx with --activation sigmoid: an error that names both',
    check: async ({ input, segtile }) => {
      const files = [input('models/s.tif'), '-m', input('models/expsig.onnx')];
      const ended = await segtile(['infer', ...files, '--window', '256', '--tissue', 'none', '--activation', 'sigmoid']);
      expectError(ended, /the flags say activation "sigmoid" but the scores of .* are probabilities already/);
    },
  },
  {
    name: 'models/rescale.onnx with --scale: an error that names both',
    check: async ({ input, segtile }) => {
      const files = [input('models/s.tif'), '-m', input('models/rescale.onnx')];
      const ended = await segtile(['infer', ...files, '--window', '256', '--tissue', 'none', '--scale', '0.00392']);
      expectError(ended, /the flags say scale 0.00392 but the graph of .* begins with x\/255/);
    },
  },
  {
    name: 'models/crop.onnx: the scores are the centre of the window',
    check: async ({ input, labelled }) => {
      const words = ['--window', '512', '--stride', '256', '--tissue', 'none'];
      const mask = await labelled(input('models/crop.tif'), input('models/crop.onnx'), ...words);
      expect(mask.px).toBe(46_500);
      expect(mask.stderr).toMatch(/the scores are the centre of the window .* margin at least 128 px/);
      // Nothing of it depends on how windows lie.
      const other = await labelled(
        input('models/crop.tif'),
        input('models/crop.onnx'),
        ...words.slice(0, 3),
        '192',
        '--overwrite',
      );
      expect(labelledIn(other, 0, 0, other.width, other.height)).toBe(46_500);
    },
  },
  {
    name: 'models/znorm.onnx: NaN for a window of one colour is an error that says so; --nan skip goes on',
    check: async ({ cwd, input, segtile, labelled }) => {
      const slide = await writeSlide(join(cwd, 'half.tif'), 256, 128, (x, y) => (x < 128 ? [255, 255, 255] : speckled(x, y)));
      const words = ['--window', '64', '--stride', '64', '--margin', '0', '--tissue', 'none'];
      const ended = await segtile(['infer', slide, '-m', input('models/znorm.onnx'), '--device', 'cpu', ...words]);
      expectError(
        ended,
        /scores of the window at working pixel \(\d+, \d+\) are not numbers: .* of one colour/,
        /hint: .*--nan skip/,
      );
      const mask = await labelled(slide, input('models/znorm.onnx'), ...words, '--nan', 'skip');
      expect(mask.stdout).toMatch(/8 run on cpu, 0 skipped, 4 not covered: the model answered with NaN/);
      expect(mask.stdout).toMatch(/covered +50 %/);
      expect(labelledIn(mask, 0, 0, 128, 128)).toBe(0);
    },
  },
];
