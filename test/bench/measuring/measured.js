// Runs the command line like bin/segtile.js, and at the end sends the process's resource usage to its parent, and the
// processor time of its main thread, where the system tells.
import { readFileSync } from 'node:fs';
import { main } from '../../../dist/cli.js';
import { peakRss } from '../../../dist/pipeline/records/machine.js';

await main(process.argv);
process.send?.({ ...process.resourceUsage(), peakRssBytes: peakRss(), mainSeconds: mainSeconds() });
process.disconnect?.();

/** Seconds that the main thread ran on a processor. Linux alone counts them by thread, in nanoseconds. */
function mainSeconds() {
  if (process.platform !== 'linux') return undefined;
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
}
