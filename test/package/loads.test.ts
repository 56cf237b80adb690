import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './clone.js';

const dist = join(root, 'dist');

/** The packages that are loaded with a module and everything that it imports, but for imports at the moment of need. */
function packagesOf(entries: readonly string[]): string[] {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const left = [...entries];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = readFileSync(join(dist, path), 'utf8');
    for (const [, from, bare] of text.matchAll(/^(?:import|export)\b[^;]*?\bfrom\s*'([^']+)'|^import\s*'([^']+)'/gm)) {
      const name = (from ?? bare)!;
      if (name.startsWith('.')) left.push(posix.join(posix.dirname(path), name));
      else if (!name.startsWith('node:')) packages.add(/^(@[^/]+\/)?[^/]+/.exec(name)![0]);
    }
  }
  return [...packages].sort();
}

// A module takes about a third of a millisecond, and packages have up to seventy: each run would pay for all of them, in memory too.
test('to segment a slide only the packages are loaded that every run needs', () => {
  const commands = readdirSync(join(dist, 'commands'), { recursive: true, encoding: 'utf8' });
  const listed = commands.filter((path) => /^[\w-]+.command\.js$/.test(path)).map((path) => posix.join('commands', path));
  expect(listed.length).toBeGreaterThan(10);
  expect(packagesOf(['cli.js', ...listed])).toEqual(['commander']);
  expect(packagesOf(['commands/infer/index.js'])).toEqual(['@bufbuild/protobuf', 'p-limit']);
});
