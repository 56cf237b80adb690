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
const types = /^(?:export )?(?:declare |abstract )*(?:class|type|interface) +(\w+)/gm;

test.each([
  ['an exported name', exported],
  ['a type, exported or not,', types],
])('%s is defined in one file of src only, so that it means one thing', (_, declared) => {
  const homes = new Map<string, Set<string>>();
  for (const file of files)
    for (const [, name] of readFileSync(new URL(file, src), 'utf8').matchAll(declared))
      homes.set(name!, (homes.get(name!) ?? new Set()).add(file));
  expect(homes.size).toBeGreaterThan(500);
  expect(
    [...homes].filter(([, places]) => places.size > 1).map(([name, places]) => `${name}: ${[...places].join(', ')}`),
  ).toEqual([]);
});

// A type may be exported for its own sake, where the signature of something exported names it.
test('a value that is exported is used by another file', () => {
  const root = new URL('../../', import.meta.url);
  const words = new Map<string, Set<string>>();
  for (const room of ['src/', 'test/', 'samples/'])
    for (const name of readdirSync(new URL(room, root), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.ts'))
        words.set(room + name, new Set(readFileSync(new URL(room + name, root), 'utf8').match(/[A-Za-z_]\w*/g)));
  const files = new Map<string, number>();
  for (const each of words.values()) for (const word of each) files.set(word, (files.get(word) ?? 0) + 1);
  const values = /^export (?:abstract |async )*(?:const|let|function\*?|class) +(\w+)/gm;
  const alone = [...words.keys()].flatMap((name) => {
    if (!name.startsWith('src/') || name.endsWith('onnx_pb.ts')) return [];
    const text = readFileSync(new URL(name, root), 'utf8');
    // Decoders are loaded by name, in a thread.
    const own = [...text.matchAll(values)].filter(([, value]) => files.get(value!) === 1 && !text.includes(`'${value}'`));
    return own.map(([, value]) => `${value}: ${name}`);
  });
  expect(alone).toEqual([]);
});
