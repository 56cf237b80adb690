#!/usr/bin/env node
import { createRequire } from 'node:module';

const { engines } = createRequire(import.meta.url)('../package.json');
const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node).map(Number);
const [runningMajor, runningMinor] = process.versions.node.split('.').map(Number);

// Older ones cannot load every package, and would say so in words that help nobody.
if (runningMajor < major || (runningMajor === major && runningMinor < minor)) {
  process.stderr.write(`segtile: Node ${process.versions.node} is too old\n  hint: install Node ${major}.${minor} or later\n`);
  process.exitCode = 1;
} else {
  const { main } = await import('../dist/cli.js');
  await main(process.argv);
  // Nothing is left to do or to print at this event, which does not come after a crash. Ended here, Node skips to take its world down,
  // during which a late Ctrl-C would kill a process that has done all its work.
  process.once('beforeExit', (code) => process.exit(code));
}
