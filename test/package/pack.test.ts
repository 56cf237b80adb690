import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Ended, filesIn, folder, readMask, run } from '../cli/door.js';
import { freshClone, isOnline, libraryExample, root, tool, withoutCuda } from './clone.js';

const online = isOnline();
const name = online ? 'the package' : 'the package: skipped, as the npm registry is out of reach';

async function well(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  const ended = await run(command, args, { cwd, env: withoutCuda });
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  return ended;
}

describe.skipIf(!online)(name, () => {
  const at = folder();
  const user = join(at, 'a user with spaces');
  const installed = join(user, 'node_modules/segtile');
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  let packed: Ended;

  beforeAll(async () => {
    const clone = freshClone(join(at, 'clone'));
    // What a build of yesterday left, of a source that is gone.
    mkdirSync(join(clone, 'dist'));
    writeFileSync(join(clone, 'dist/gone.js'), '');
    packed = await well('npm', ['pack', '--silent', '--pack-destination', at], clone);
    mkdirSync(user);
    writeFileSync(join(user, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
    await well('npm', ['install', '--no-audit', '--no-fund', join(at, packed.stdout.trim())], user);
  });

  test('is made from a fresh clone by npm pack, and holds what it names', () => {
    expect(packed.stdout).toMatch(/^segtile-[\d.]+\.tgz\n$/);
    const files = filesIn(installed);
    expect(files).toContain('dist/cli.js');
    expect(files.filter((path) => /^dist\/gone|\.map$|^src\/(?!manual\/)|^test|\.(?<!\.d\.)ts$/.test(path))).toEqual([]);
    for (const path of files.filter((path) => path.endsWith('.js'))) {
      expect(readFileSync(join(installed, path), 'utf8'), path).not.toContain('sourceMappingURL');
    }
    const linked = [...readme.matchAll(/\]\(((?:samples|src)\/[^):#]+)/g)].map(([, path]) => path!);
    expect(linked).toContain('src/manual/formats.md');
    expect(files).toEqual(expect.arrayContaining(linked));
    const cluster = readFileSync(join(installed, 'src/manual/cluster.md'), 'utf8');
    const named = [...cluster.matchAll(/samples\/cluster\/[\w./]*\w/g)].map(([path]) => path);
    expect(named.length).toBeGreaterThan(3);
    for (const path of named)
      expect(
        files.some((file) => `${file}/`.startsWith(`${path}/`)),
        path,
      ).toBe(true);
  });

  test('segments a slide where the path has spaces', async () => {
    copyFileSync(join(root, 'samples/kidney.tif'), join(user, 'slide.svs'));
    const program = join(user, 'node_modules/.bin/segtile');
    await well(program, ['infer', 'slide.svs', '-m', 'kidney', '--downsample', '4', '-o', 'my masks'], user);
    const { width, height, data } = await readMask(join(user, 'my masks/slide.mask.ome.tif'));
    expect([width, height]).toEqual([4096, 3072]);
    expect(new Set(data)).toContain(1);
  });

  test("compiles and runs README's example", async () => {
    writeFileSync(join(user, 'example.ts'), libraryExample(readme));
    // What strangers have in their tsconfig.json: no types of Node by themselves, every declaration checked, with the DOM's and without.
    const ways = [
      { module: 'nodenext' },
      { module: 'nodenext', lib: ['es2023'] },
      { module: 'esnext', moduleResolution: 'bundler' },
      { module: 'esnext', moduleResolution: 'bundler', lib: ['es2023'] },
    ];
    for (const way of ways) {
      const compilerOptions = { target: 'es2023', strict: true, types: [], skipLibCheck: false, outDir: 'out', ...way };
      writeFileSync(join(user, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['example.ts'] }));
      const { code, stdout } = await run(process.execPath, [tool('typescript/bin/tsc'), '-p', '.'], { cwd: user });
      expect({ way, code, stdout }).toEqual({ way, code: 0, stdout: '' });
    }
    expect(existsSync(join(user, 'slide.svs'))).toBe(true);
    const { stdout } = await well(process.execPath, ['out/example.js'], user);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(/^0 of \d+ windows$/);
    expect(lines.at(-2)).toMatch(/^nucleus: [\d.]+ %$/);
    expect(lines.at(-1)).toMatch(/^\d+ windows run, the mask is masks\/slide\.mask\.ome\.tif$/);
  });
});

describe.skipIf(!online)(`${name}, from a git repository`, () => {
  test('is built where it is installed', async () => {
    const at = folder();
    const clone = freshClone(join(at, 'repository'));
    const git = (...args: string[]) => well('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], clone);
    await git('init', '--quiet');
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'all');
    const user = join(at, 'user');
    mkdirSync(user);
    writeFileSync(join(user, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
    await well('npm', ['install', '--no-audit', '--no-fund', `git+file://${clone}`], user);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const { stdout } = await well(join(user, 'node_modules/.bin/segtile'), ['--version'], user);
    expect(stdout.trim()).toBe(version);
    const program = "import { createGrid } from 'segtile'; console.log(typeof createGrid)";
    expect((await well(process.execPath, ['--input-type=module', '-e', program], user)).stdout.trim()).toBe('function');
  });
});
