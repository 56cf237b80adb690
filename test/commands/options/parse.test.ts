import { expect, test } from 'vitest';
import {
  byteSize,
  classList,
  deviations,
  means,
  type Parser,
  positiveNumber,
  share,
  size,
  thresholds,
  wholeNumber,
  word,
} from '../../../dist/commands/options/parse.js';

/** A parser with texts it takes, what they mean, and texts it refuses. */
interface Taken<T> {
  readonly parser: Parser<T>;
  readonly takes: readonly (readonly [text: string, value: T])[];
  readonly refuses: readonly string[];
}

function check<T>(name: string, { parser, takes, refuses }: Taken<T>): void {
  test.each(takes)(`${name} takes "%s"`, (text, value) => expect(parser(text, '--it')).toEqual(value));
  test.each(refuses)(`${name} refuses "%s", naming the option and the text`, (text) => {
    expect(() => parser(text, '--it')).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringContaining(`for --it but got "${text}"`),
        hint: expect.any(String),
      }),
    );
  });
}

const nonNumbers = ['', ' ', 'x', '1x', '0x10', '1,5', 'NaN', 'Infinity', '1e999', '--1', '1_000', '١'];

check('a whole number from 0', {
  parser: wholeNumber(0),
  takes: [
    ['0', 0],
    ['12', 12],
    ['1e3', 1000],
    [' 7 ', 7],
  ],
  refuses: [...nonNumbers, '-1', '0.5', '9007199254740993'],
});
check('a positive integer', { parser: wholeNumber(1), takes: [['1', 1]], refuses: ['0'] });
check('a number above 0', {
  parser: positiveNumber,
  takes: [
    ['0.5', 0.5],
    ['.25', 0.25],
    ['1e-3', 0.001],
    ['+2.', 2],
  ],
  refuses: [...nonNumbers, '0', '-1', '1/255'],
});
check('a size in bytes', {
  parser: byteSize,
  takes: [
    ['500MB', 500_000_000],
    ['2GB', 2_000_000_000],
    ['850 MB', 850_000_000],
    [' 2 gb ', 2_000_000_000],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['.5TB', 500_000_000_000],
    ['64kib', 65_536],
  ],
  refuses: ['', '2', '2G', '2 bytes', '0GB', '-1GB', '1e3MB', 'NaNGB', '1,5GB', 'GB'],
});
check('a share', {
  parser: share,
  takes: [
    ['0', 0],
    ['1', 1],
    ['0.05', 0.05],
    ['5%', 0.05],
    ['100 %', 1],
  ],
  refuses: [...nonNumbers, '-0.1', '1.01', '101%', '%'],
});
check('a size', {
  parser: size,
  takes: [
    ['512', { width: 512, height: 512 }],
    ['512x384', { width: 512, height: 384 }],
    ['10X20', { width: 10, height: 20 }],
  ],
  refuses: ['', '0', '512x0', '0x512', '-5', '1.5', '512x', 'x512', '512x384x3', '1e3'],
});
check('a word', { parser: word('keep', 'mirror'), takes: [['keep', 'keep']], refuses: ['', 'Keep', 'kee', 'keep '] });
check('numbers for channels', {
  parser: means,
  takes: [
    ['0', [0]],
    ['-1, 0.5,2', [-1, 0.5, 2]],
    ['1,2,3,4', [1, 2, 3, 4]],
  ],
  refuses: [...nonNumbers.filter((text) => text !== '1,5'), '1,,3', ',,'],
});
check('positive numbers for channels', {
  parser: deviations,
  takes: [['0.229,0.224,0.225', [0.229, 0.224, 0.225]]],
  refuses: ['0', '1,-1,1'],
});
check('thresholds', {
  parser: thresholds,
  takes: [
    ['0.5', 0.5],
    ['0', 0],
    [
      'tumor=0.6, stroma=0.45',
      new Map([
        ['tumor', 0.6],
        ['stroma', 0.45],
      ]),
    ],
    ['a=b=0.5', new Map([['a=b', 0.5]])],
  ],
  refuses: ['', '1.5', '-0.1', '50%', 'tumor', 'tumor=', '=0.5', 'tumor=2', 'a=0.5,', 'a=0.5,a=0.6'],
});
check('classes', {
  parser: classList,
  takes: [
    ['tumor', [{ name: 'tumor' }]],
    ['tumor=#d62728, blood vessel', [{ name: 'tumor', color: [214, 39, 40] }, { name: 'blood vessel' }]],
    ['a = #FFffff', [{ name: 'a', color: [255, 255, 255] }]],
  ],
  refuses: ['', ',', 'a,', 'a=red', 'a=#fff', 'a=#12345g', '=#123456', 'a,b,a'],
});
