import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const src = new URL('../../src/', import.meta.url);
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  // Every folder of a command gives its `command` under that one name.
  (name) =>
    !/^commands\/[^/]+\/command\.ts$/.test(name) &&
    name.endsWith('.ts') &&
    !name.endsWith('.d.ts') &&
    !name.endsWith('onnx_pb.ts'),
);
const exported = /^export (?:declare |abstract |async )*(?:const|let|function\*?|class|type|interface) +(\w+)/gm;

test('an exported name is defined in one file of src only, so that it means one thing', () => {
  const homes = new Map<string, Set<string>>();
  for (const file of files)
    for (const [, name] of readFileSync(new URL(file, src), 'utf8').matchAll(exported))
      homes.set(name!, (homes.get(name!) ?? new Set()).add(file));
  expect(homes.size).toBeGreaterThan(500);
  expect(
    [...homes].filter(([, places]) => places.size > 1).map(([name, places]) => `${name}: ${[...places].join(', ')}`),
  ).toEqual([]);
});
