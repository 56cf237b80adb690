import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './clone.js';

const dist = join(root, 'dist');

/** The files and packages that are loaded with modules and all that they import, but for imports at the moment of need. */
function loadedWith(entries: readonly string[]): { readonly files: number; readonly packages: readonly string[] } {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const left = [...entries];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = readFileSync(join(dist, path), 'utf8');
    for (const [, from, bare] of text.matchAll(
      /^(?:import|export)\b[^;]*?\bfrom\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]/gm,
    )) {
      const name = (from ?? bare)!;
      if (name.startsWith('.')) left.push(posix.join(posix.dirname(path), name));
      else if (!name.startsWith('node:')) packages.add(/^(@[^/]+\/)?[^/]+/.exec(name)![0]);
    }
  }
  return { files: seen.size, packages: [...packages].sort() };
}

// A module takes about a third of a millisecond, and packages have up to seventy: each run would pay for all of them, in memory too.
test('to segment a slide only the packages are loaded that every run needs', () => {
  const commands = readdirSync(join(dist, 'commands'), { recursive: true, encoding: 'utf8' });
  const listed = commands.filter((path) => /^[\w-]+.command\.js$/.test(path)).map((path) => posix.join('commands', path));
  expect(listed.length).toBeGreaterThan(10);
  expect(loadedWith(['cli.js', ...listed]).packages).toEqual(['commander']);
  expect(loadedWith(['commands/infer/index.js']).packages).toEqual(['@bufbuild/protobuf', 'p-limit']);
});

test('what a run loads lies in few files, and the code of a thread in one that nothing else loads', () => {
  expect(loadedWith(['cli.js', 'commands/infer/index.js']).files).toBeLessThan(60);
  const threads = ['model/sessions/worker.js', 'pipeline/infer/reading/thread.js', 'pipeline/infer/stitching/thread.js'];
  for (const path of threads) expect(loadedWith([path]).files, path).toBeLessThan(25);
  const [, main] = /^import "(.*)";$/m.exec(readFileSync(join(dist, 'pipeline/objects/thread.js'), 'utf8'))!;
  const name = posix.basename(main!);
  const bundles = readdirSync(join(dist, 'bundles'));
  expect(bundles).toContain(name);
  for (const bundle of bundles) expect(readFileSync(join(dist, 'bundles', bundle), 'utf8'), bundle).not.toContain(`/${name}"`);
});
