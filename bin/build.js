// Builds dist from src: WebAssembly from AssemblyScript, the page of `segtile view` as one script
// with all that it needs, and JavaScript from everything else, in bundles (bundle.js).
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const changed = (/** @type {string} */ path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/**
 * Compiles AssemblyScript to a module that holds the WebAssembly as text. It needs no extra file at run time, and bundlers
 * need no configuration for it.
 */
async function buildWasm(/** @type {string} */ source, /** @type {string} */ target, /** @type {readonly string[]} */ memory) {
  if (changed(target) > Math.max(changed(source), changed('bin/build.js'))) return;
  const { main } = await import('assemblyscript/asc');
  const options = [
    '-O3',
    '--runtime',
    'stub',
    ...['--enable', 'simd', '--importMemory', '--noExportMemory'],
    // It may grow to all that 32 bits address.
    ...['--initialMemory', '1', '--maximumMemory', '65536', ...memory],
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

/** The oldest supported browsers. Firefox 119 and Safari 17.4 are the last versions that lack a feature used here. */
const BROWSERS = ['chrome123', 'firefox120', 'safari17.5'];

/**
 * Bundles the page of `segtile view`. It loads nothing from elsewhere: the packages that it needs become part of its one
 * script.
 */
async function buildPage(/** @type {string} */ source, /** @type {string} */ target) {
  const sources = ['bin/build.js', 'package-lock.json', 'src/view', 'src/plan/labels'].flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => `${path}/${name}`)
      : [path],
  );
  if (changed(`${target}/main.js`) > Math.max(...sources.map(changed))) return;
  const { build } = await import('esbuild');
  await build({
    entryPoints: [`${source}/main.ts`],
    outdir: target,
    bundle: true,
    minify: true,
    // No module: a browser loads none from a disk, where a copy of the page may lie.
    format: 'iife',
    target: BROWSERS,
    // What is bundled may only be distributed together with its licence.
    footer: {
      js: licences({
        OpenSeadragon: 'node_modules/openseadragon/LICENSE.txt',
        'clipper2-ts': 'node_modules/clipper2-ts/LICENSE',
      }),
    },
    logLevel: 'warning',
  });
  copyFileSync(`${source}/index.html`, `${target}/index.html`);
}

/** @param {Record<string, string>} files the file of each package's licence */
function licences(files) {
  return Object.entries(files)
    .map(([name, path]) => `/*! ${name}\n\n${readFileSync(path, 'utf8')}*/`)
    .join('\n');
}

// bin/setup.js takes dist/cli.js as the sign of a complete build. tsc writes that file, so nothing that a run needs may be made
// after it: without bundles every module is a file of its own, which works, too.
const [stitch, jpeg] = ['stitch/loops.wasm.js', 'tiff/codecs/jpeg/follow.wasm.js'];
const page = 'view/page';
// The threads of a run share one memory to stitch in.
await buildWasm('src/stitch/assembly/loops.ts', `dist/${stitch}`, ['--enable', 'threads', '--sharedMemory']);
await buildWasm('src/tiff/codecs/jpeg/assembly/follow.ts', `dist/${jpeg}`, []);
await buildPage(`src/${page}`, `dist/${page}`);
const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
// What was made above is made anew only when its source changes, so it stays as it is.
if (status === 0)
  await bundle(
    fileURLToPath(new URL('../dist', import.meta.url)),
    (path) => [stitch, jpeg].includes(path) || path.startsWith(page),
  );
