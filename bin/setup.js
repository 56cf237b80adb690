// What `npm run demo` and `npm test` need on a fresh clone: the packages of the lock file, and a build of src.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const changed = (/** @type {string} */ path) => (existsSync(root + path) ? statSync(root + path).mtimeMs : 0);

function run(/** @type {string} */ command, /** @type {string[]} */ args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

if (changed('node_modules/.package-lock.json') < changed('package-lock.json')) {
  console.log('Installing packages (once) ...');
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

const newestSource = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .map((name) => changed(`src/${name}`))
  .reduce((a, b) => Math.max(a, b), changed('tsconfig.json'));
if (changed('dist/cli.js') < newestSource) {
  console.log('Building ...');
  run(process.execPath, ['bin/build.js']);
}
