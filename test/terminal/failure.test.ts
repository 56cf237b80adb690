import { afterEach, expect, test, vi } from 'vitest';
import { type ErrorCode, SegtileError } from '../../dist/errors.js';
import { exitCodeOf, failureText } from '../../dist/terminal/failure.js';
import { styleFor } from '../../dist/terminal/style.js';

afterEach(() => vi.unstubAllEnvs());

const plain = styleFor({});

test('what segtile knows is a line and a hint', () => {
  expect(failureText(new SegtileError('input', 'no such file a.tif', 'check the path'), plain)).toBe(
    'segtile: no such file a.tif\n  hint: check the path\n',
  );
  expect(failureText(new SegtileError('aborted', 'stopped before the end'), plain)).toBe('segtile: stopped before the end\n');
});

test('a message of several lines from elsewhere is put on one', () => {
  const text = failureText(new SegtileError('model', 'it failed:\n  line 2\r\n\tline 3', 'try\nagain'), plain);
  expect(text).toBe('segtile: it failed: line 2 line 3\n  hint: try again\n');
});

test('what it does not know is told whole, as a fault of its own', () => {
  const text = failureText(new TypeError('x is not a function'), plain);
  expect(text).toMatch(/^segtile: unexpected error, which is a bug in segtile.*\nTypeError: x is not a function\n {4}at /);
  expect(failureText('just words', plain)).toMatch(/\njust words\n$/);
});

test.each([
  ['usage', 2],
  ['input', 1],
  ['unsupported', 1],
  ['model', 1],
  ['output', 1],
  ['aborted', 1],
] as const satisfies readonly (readonly [ErrorCode, number])[])('%s ends with %i', (code, exit) => {
  expect(exitCodeOf(new SegtileError(code, 'x'))).toBe(exit);
});

test('all else ends with 1', () => expect(exitCodeOf(new Error('x'))).toBe(1));

test('colours are for terminals that want them', () => {
  vi.stubEnv('TERM', 'xterm');
  vi.stubEnv('NO_COLOR', '');
  expect(styleFor({ isTTY: true }).bad('x')).toBe('\u001b[31mx\u001b[39m');
  expect(styleFor({}).bad('x')).toBe('x');
  vi.stubEnv('NO_COLOR', '1');
  expect(styleFor({ isTTY: true }).bad('x')).toBe('x');
  vi.stubEnv('NO_COLOR', '');
  vi.stubEnv('TERM', 'dumb');
  expect(styleFor({ isTTY: true }).bad('x')).toBe('x');
});
