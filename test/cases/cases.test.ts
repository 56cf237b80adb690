import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Case, casesAreHere, createRoom } from './table.ts';

const folders = readdirSync(new URL('rows/', import.meta.url)).map((name) => name.replace('.ts', ''));
if (!casesAreHere) console.warn('skipped: the folder ../shared/cases is not here');

test('there are rows to check', () => expect(folders.length).toBeGreaterThan(0));

for (const name of folders) {
  const { cases } = (await import(`./rows/${name}.ts`)) as { readonly cases: readonly Case[] };
  describe.skipIf(!casesAreHere)(name, () => {
    for (const row of cases) test(row.name, () => row.check(createRoom()));
  });
}
