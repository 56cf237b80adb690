// Prepares a fresh clone for the scripts of package.json: installs the packages of the lock file and builds src. All messages
// go to standard error, because `npm pack` prints the name of its file to standard output.
//
//   node bin/setup.js              installs packages if missing or older than the lock file; then builds if src is newer
//   node bin/setup.js --packages   installs the packages only
//   node bin/setup.js --clean      deletes dist before the build, so that no output of a deleted source gets into the package
//   node bin/setup.js --installed  builds only; for `prepare`, which npm runs after it has installed the packages
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = 'node_modules/typescript/bin/tsc';
const [mode] = process.argv.slice(2);
const changed = (/** @type {string} */ path) => (existsSync(root + path) ? statSync(root + path).mtimeMs : 0);

function run(/** @type {string} */ command, /** @type {string[]} */ args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['inherit', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function isBuilt() {
  const newestSource = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .map((name) => changed(`src/${name}`))
    .reduce((a, b) => Math.max(a, b), Math.max(changed('tsconfig.json'), changed('bin/build.js')));
  return changed('dist/cli.js') >= newestSource;
}

if (mode !== '--installed' && changed('node_modules/.package-lock.json') < changed('package-lock.json')) {
  console.error('Installing packages (once) ...');
  // No package needs its install script. That of onnxruntime would download CUDA libraries from a server that is often
  // unreachable, and `prepare` would do the build that is done below.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
}

if (mode === '--clean') rmSync(`${root}dist`, { recursive: true, force: true });
if (mode !== '--packages' && !isBuilt()) {
  if (mode === '--installed' && !existsSync(root + compiler)) {
    console.error('Not built: TypeScript is among the development packages, which were left out.');
  } else {
    console.error('Building ...');
    run(process.execPath, ['bin/build.js']);
  }
}
