import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);

test("the library's example in README runs as it stands there", async () => {
  const [, example] = /^## Library\n[\s\S]*?```js\n([\s\S]*?)```/m.exec(readFileSync(new URL('README.md', root), 'utf8'))!;
  const folder = mkdtempSync(join(tmpdir(), 'segtile-readme-'));
  copyFileSync(new URL('samples/kidney.tif', root), join(folder, 'slide.svs'));
  const program = example!.replace("'segtile'", JSON.stringify(new URL('dist/index.js', root).href));
  writeFileSync(join(folder, 'example.mjs'), program);
  const { stdout } = await promisify(execFile)(process.execPath, ['example.mjs'], { cwd: folder });
  const lines = stdout.trim().split('\n');
  // 4096 x 3072 px at half the resolution, in windows of 512 px.
  expect(lines).toHaveLength(12);
  expect(lines[0]).toBe('0,0 786432 samples');
});
