import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonItem, jsonItems } from '../../../dist/truth/shapes/json-items.js';

const folder = mkdtempSync(join(tmpdir(), 'segtile-json-'));
const path = join(folder, 'items.json');

async function items(text: string, wanted: readonly string[] = ['features']): Promise<JsonItem[]> {
  writeFileSync(path, text);
  const all: JsonItem[] = [];
  for await (const item of jsonItems(path, wanted)) all.push(item);
  return all;
}

describe('jsonItems', () => {
  it('gives the entries of a list, or of the wanted lists of an object', async () => {
    // What is not JSON has no value -0.
    const entry = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 5 }),
        entry,
        fc.array(entry, { maxLength: 5 }),
        fc.boolean(),
        async (list, other, more, pretty) => {
          const text = (value: unknown) => (pretty ? '\uFEFF ' : '') + JSON.stringify(value, null, pretty ? 2 : 0);
          expect((await items(text(list))).map(({ value }) => value)).toEqual(list);
          const found = await items(text({ a: other, features: list, skipped: more, last: more }), ['features', 'last']);
          expect(found).toEqual([
            ...list.map((value) => ({ list: 'features', value })),
            ...more.map((value) => ({ list: 'last', value })),
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('joins what lies across the pieces in which a file is read', async () => {
    const list = Array.from({ length: 3000 }, (_, i) => ({ i, text: `[{"\\${'é'.repeat(i % 700)}` }));
    const found = await items(JSON.stringify({ features: list }));
    expect(found.length).toBe(list.length);
    expect(found.every(({ value }, i) => JSON.stringify(value) === JSON.stringify(list[i]))).toBe(true);
  });

  it.each([
    ['entry 2 of "features"', '{"features": [1, oops, 3]}'],
    ['entry 2', '[1, ]'],
    ['it ends inside the list after 2 entries', '[1, 2, 3'],
    ['it ends in the middle', '{"a": {'],
    ['it ends in the middle', '5'],
    ['there is text after its end', '{} {}'],
    ['it has a closing bracket too many', ']'],
  ])('says %s', async (message, text) => {
    await expect(items(text)).rejects.toThrow(message);
  });
});
