import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asked, makeFixture } from '../view/fixture.js';
import { segtile } from './door.js';

test('segtile view serves what was named, at the address that it prints, until it is ended', async () => {
  const { slide, results } = await makeFixture();
  let looked: Promise<unknown> | undefined;
  const { code, stdout, stderr } = await segtile(['view', results, slide], {
    onStdout: (text, kill) => {
      looked ??= asked(text.trim())
        .then(({ status, body }) => ({ status, page: body.toString().slice(0, 15) }))
        .finally(() => kill('SIGINT'));
    },
  });
  expect(await looked).toEqual({ status: 200, page: '<!doctype html>' });
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n$/);
  expect(stderr).toContain('segtile: 1 slide, 1 result; open the address in a browser, Ctrl-C ends\n');
  expect(code).toBe(0);
});

test.each([
  [['view', 'nowhere'], 1, /there is no file or folder nowhere/],
  [['view', '--port', '70000'], 2, /expected an integer from 0 to 65535 for --port but got "70000"/],
  [['view', join(import.meta.dirname, '..', '..', 'bin')], 1, /holds neither results nor slides/],
  [['view', 'package.json', '--host', 'nowhere.invalid'], 2, /cannot listen at nowhere\.invalid/],
] as const)('segtile %j is refused', async (args, code, words) => {
  const ended = await segtile(args, { cwd: join(import.meta.dirname, '..', '..') });
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toMatch(words);
});
