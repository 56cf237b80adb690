// Runs the command line like bin/segtile.js, and at the end sends the process's resource usage to its parent.
import { main } from '../../dist/cli.js';

await main(process.argv);
process.send?.(process.resourceUsage());
process.disconnect?.();
