import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, run } from '../cli/door.js';
import { freshClone, root } from './clone.js';

test('a clone that is not built says in one line how it is', async () => {
  const clone = freshClone(join(folder(), 'clone'));
  const started = (...args: string[]) => run(process.execPath, [join(clone, 'bin/segtile.js'), ...args], { cwd: clone });
  const unbuilt = {
    code: 1,
    stdout: '',
    stderr: `segtile: not built yet\n  hint: npm run demo in ${clone}/ installs what it needs, builds it and tries it\n`,
  };
  expect(await started('--help')).toMatchObject(unbuilt);
  // Built, with its packages gone again.
  mkdirSync(join(clone, 'dist/pipeline'), { recursive: true });
  writeFileSync(join(clone, 'dist/pipeline/process.js'), 'export function setUpEngine() {}');
  writeFileSync(join(clone, 'dist/cli.js'), "import 'commander';");
  expect(await started('infer', 'slide.svs')).toMatchObject(unbuilt);
  // An installed package has no src, and nothing that could be built.
  rmSync(join(clone, 'src'), { recursive: true });
  const { code, stderr } = await started('--help');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^segtile: a part of it is missing: Cannot find package 'commander' .*\n {2}hint: install it again\n$/,
  );
  // Any other error of the program is its own.
  writeFileSync(join(clone, 'dist/cli.js'), "throw new Error('a bug');");
  expect((await started('--help')).stderr).toContain('Error: a bug');
});

test('without the development packages nothing is built, and the installation goes on', async () => {
  const clone = freshClone(join(folder(), 'clone'));
  const { scripts } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8'));
  const [command, ...args] = scripts.prepare.split(' ');
  expect(command).toBe('node');
  const { code, stdout, stderr } = await run(process.execPath, args, { cwd: clone });
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: '',
    stderr: 'Not built: TypeScript is among the development packages, which were left out.\n',
  });
  expect(existsSync(join(clone, 'dist'))).toBe(false);
});

test('npm has nothing to say of the settings for this repository', async () => {
  const { code, stderr } = await run('npm', ['pkg', 'get', 'name'], { cwd: root });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
