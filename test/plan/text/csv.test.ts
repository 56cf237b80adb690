import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvCell, plainCell } from '../../../dist/plan/text/csv.js';

it('comes back as it was, and is never a formula', () => {
  const text = fc.array(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', "'", '"', ',', '1', 'a', ' '), { maxLength: 6 });
  fc.assert(
    fc.property(text, (parts) => {
      const value = parts.join('');
      const [[cell]] = parse(`${csvCell(value)},x\n`, { relax_column_count: true }) as [[string]];
      if (!/^'+[=+\-@\t\r]/.test(value)) expect(plainCell(cell)).toBe(value);
      if (/^[=+\-@\t\r]/.test(cell)) expect(Number.isFinite(Number(cell))).toBe(true);
    }),
  );
});

it.each([
  ['=1+2', "'=1+2"],
  ['+cmd|x', "'+cmd|x"],
  ['-2+3', "'-2+3"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', '"\'\r=1"'],
  ['=HYPERLINK("a,b")', '"\'=HYPERLINK(""a,b"")"'],
  ['-1.5e-7', '-1.5e-7'],
  [-3, '-3'],
  ['a=b', 'a=b'],
])('writes %j as %s', (value, cell) => expect(csvCell(value)).toBe(cell));
