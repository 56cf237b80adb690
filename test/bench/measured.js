// The command line as bin/segtile.js starts it, in a process that tells its parent at the end what it took.
import { main } from '../../dist/cli.js';

await main(process.argv);
process.send?.(process.resourceUsage());
process.disconnect?.();
