import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The tests import `dist`, which is what ships and what worker threads can load, so it must never be stale. */
export default function setup(): void {
  const root = fileURLToPath(new URL('..', import.meta.url));
  execFileSync(process.execPath, ['bin/build.js'], { cwd: root, stdio: 'inherit' });
}
