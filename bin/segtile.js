#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { engines } = createRequire(import.meta.url)('../package.json');
const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node).map(Number);
const [runningMajor, runningMinor] = process.versions.node.split('.').map(Number);

// Older versions cannot load every package, and their error messages would not help the user.
if (runningMajor < major || (runningMajor === major && runningMinor < minor)) {
  fail(`Node ${process.versions.node} is too old`, `install Node ${major}.${minor} or later`);
} else {
  const main = await load();
  if (main) {
    await main(process.argv);
    // At `beforeExit` all work is done and printed; the event does not occur after a crash. Exiting here skips Node's own
    // teardown, during which a late Ctrl-C would kill a process whose work is done.
    process.once('beforeExit', (code) => process.exit(code));
  }
}

/**
 * Loads the command line. If it or a package that it needs is missing, as in a clone before its first build, prints an
 * error and returns undefined.
 */
async function load() {
  try {
    // Before most of the code is loaded, which takes memory.
    (await import('../dist/pipeline/process.js')).setUpEngine();
    return (await import('../dist/cli.js')).main;
  } catch (error) {
    if (/\bE[MN]FILE\b/.test(error.message))
      return fail('too many files are open', 'let the process have more, for example with "ulimit -n 1024"');
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const root = fileURLToPath(new URL('..', import.meta.url));
    if (!existsSync(`${root}src`)) fail(`a part of it is missing: ${error.message}`, 'install it again');
    else fail('not built yet', `npm run demo in ${root} installs what it needs, builds it and tries it`);
  }
}

function fail(what, hint) {
  process.stderr.write(`segtile: ${what}\n  hint: ${hint}\n`);
  process.exitCode = 1;
}
