// Makes dist of src: WebAssembly of the AssemblyScript of the stitch, JavaScript of all else.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const changed = (/** @type {string} */ path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** A module that holds WebAssembly needs neither a file at run time nor a word to those who bundle segtile. */
async function buildWasm(/** @type {string} */ source, /** @type {string} */ target) {
  if (changed(target) > Math.max(changed(source), changed('bin/build.js'))) return;
  const { main } = await import('assemblyscript/asc');
  const options = [
    '-O3',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--importMemory',
    '--noExportMemory',
    '--outFile',
    'out.wasm',
  ];
  let wasm = '';
  const writeFile = (/** @type {string} */ _name, /** @type {Uint8Array} */ bytes) => {
    wasm = Buffer.from(bytes).toString('base64');
  };
  const { error, stderr } = await main([source, ...options], { writeFile });
  if (error) {
    console.error(String(stderr));
    process.exit(1);
  }
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, `export const wasm = Buffer.from('${wasm}', 'base64');\n`);
}

// dist/cli.js tells bin/setup.js that all is built, so tsc, which writes it, comes last.
await buildWasm('src/stitch/assembly/loops.ts', 'dist/stitch/loops.wasm.js');
const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
