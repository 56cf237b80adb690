import { expect, it } from 'vitest';
import { SegtileError, withoutSecrets } from '../../dist/errors.js';
import { pairs } from '../../dist/terminal/format.js';
import { createProgress } from '../../dist/terminal/progress.js';
import { table } from '../../dist/terminal/table.js';
import { oneLine, visible } from '../../dist/terminal/visible.js';

it('shows what a terminal would obey', () => {
  expect(visible('a\u001b[31mb\u0007\u009b2J\u202egnp.\u2066\r\u007f')).toBe(
    'a\\u001b[31mb\\u0007\\u009b2J\\u202egnp.\\u2066\\u000d\\u007f',
  );
  expect(visible('Größe\tµm\n中文 ‘’ 🙂')).toBe('Größe\tµm\n中文 ‘’ 🙂');
});

it('leaves its own colours where there are any, and nothing else', () => {
  expect(visible('\u001b[31mbad\u001b[39m \u001b]0;title\u0007 \u001b[2J', true)).toBe(
    '\u001b[31mbad\u001b[39m \\u001b]0;title\\u0007 \\u001b[2J',
  );
});

it('leaves lines of JSON what they are', () => {
  const facts = { name: 'a\u202eb\u001b[0m\u0085"\\', path: 'x\ty' };
  expect(JSON.parse(visible(JSON.stringify(facts)))).toEqual(facts);
});

it('leaves colours in tables', () => {
  const row = ['mask', '\u001b[32ma\nb\u001b[39m'] as const;
  for (const text of [pairs([row]), table([row], 2)]) expect(visible(text, true)).toBe('  mask  \u001b[32ma b\u001b[39m');
});

it('keeps names in one line', () => {
  expect(oneLine('a\nsegtile: done\tb')).toBe('a segtile: done b');
  expect(table([['a\nb', '1']], 1)).toBe('  a b  1');
  let written = '';
  const stage = createProgress({ write: (text: string) => (written += text) }, false).stage('a\n\u001b[2Jb', 'rows');
  const { now } = performance;
  performance.now = () => now.call(performance) + 60_000;
  try {
    stage.update({ done: 1, total: 2, pixels: 1 });
  } finally {
    performance.now = now;
  }
  expect(written).toMatch(/^a \\u001b\[2Jb: 1 of 2 rows/);
});

it.each([
  ['https://ann:s3cret@h.org/a.svs', 'https://h.org/a.svs'],
  ['see https://h.org:8080/a.svs?sig=s3cret, or not', 'see https://h.org:8080/a.svs?... or not'],
  ['https://h.org/a.svs#token=s3cret', 'https://h.org/a.svs?...'],
  ['HTTP://ann:s3@cret@h.org', 'HTTP://h.org'],
  ['ftp://ann:s3cret@h.org/x', 'ftp://h.org/x'],
  ['s3://key:s3cret@bucket/a?b', 's3://bucket/a?b'],
  ['https://ann:s3cret/x@h.org/a', 'https://...'],
  ['"https://[::1]:80/a?s3cret"', '"https://[::1]:80/a?..."'],
  ['read https://h.org/a.svs: no', 'read https://h.org/a.svs: no'],
  ['connect to https://h.org: refused', 'connect to https://h.org: refused'],
  ['C:/slides/a.svs?', 'C:/slides/a.svs?'],
])('takes the secrets out of %s', (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
  expect(withoutSecrets(shown)).toBe(shown);
  expect(new SegtileError('input', text, text)).toMatchObject({ message: shown, hint: shown });
});
