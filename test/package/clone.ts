import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** What installs and builds leave, and what a clone of the repository therefore lacks. */
const made = ['node_modules', 'dist', '.git', 'segtile-out', 'segtile-compare', 'coverage', '.venv'];

/** Copies the working tree into a folder, as a clone would be: nothing installed, nothing built. */
export function freshClone(folder: string): string {
  cpSync(root, folder, { recursive: true, filter: (path) => !made.includes(path.slice(root.length).split(sep)[0]!) });
  return folder;
}

/** The environment of somebody whose network has the npm registry and no server with CUDA libraries. */
export const withoutCuda = { ONNXRUNTIME_NODE_INSTALL: 'skip' } as const;

/** Whether the npm registry answers, without which nothing can be installed. */
export function isOnline(): boolean {
  return spawnSync('npm', ['ping', '--fetch-retries=0', '--fetch-timeout=20000'], { cwd: root, stdio: 'ignore' }).status === 0;
}

/** Writes what is between the fences of the library's example in README. */
export function libraryExample(readme: string): string {
  return /^## Library\n[\s\S]*?```js\n([\s\S]*?)```/m.exec(readme)![1]!;
}

/** The path of a program that a package of this repository brings. */
export function tool(path: string): string {
  return join(root, 'node_modules', path);
}
