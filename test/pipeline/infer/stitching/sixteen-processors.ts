import { createRequire, syncBuiltinESMExports } from 'node:module';

// A machine of 16 processors, on which four threads stitch. Imported before anything that looks at the machine.
createRequire(import.meta.url)('node:os').availableParallelism = () => 16;
syncBuiltinESMExports();
