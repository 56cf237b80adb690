// Joins the modules of dist into bundles. Node takes a third of a millisecond for every file that it loads, and a run has some
// five hundred modules, each of its threads a hundred.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { build } from 'esbuild';

const FOLDER = 'bundles';

/** The entry that counts most. What it needs is divided only by what the threads need. */
const MAIN = 'commands/infer/index.js';

/** @typedef {{ readonly exports: readonly string[], readonly imports: readonly { path: string, kind: string }[] }} Module */

/**
 * Replaces the code of every module in a folder by a line that exports what it exported from a bundle. Modules that the same
 * entries need (commands, threads, the library) share a bundle, so that nothing is loaded that is not needed, and every
 * module is there once, whichever way it is imported.
 *
 * @param {string} folder absolute path of what the compiler has written
 * @param {(path: string) => boolean} isKept which modules stay as they are
 */
export async function bundle(folder, isKept) {
  const root = folder.replaceAll('\\', '/');
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.js') && !path.startsWith(`${FOLDER}/`) && !isKept(path));
  const texts = new Map(paths.map((path) => [path, readFileSync(posix.join(root, path), 'utf8')]));
  const modules = await modulesOf(root, paths);
  const bundleOf = bundlesOf(modules, [...threadsOf(texts), 'cli.js', 'index.js']);
  const names = [...new Set(bundleOf.values())];

  const { outputFiles } = await build({
    ...common(root),
    entryPoints: names.map((name) => ({ in: `bundle:${name}`, out: name })),
    bundle: true,
    packages: 'external',
    charset: 'utf8',
    plugins: [joined(root, texts, modules, bundleOf)],
  });
  rmSync(posix.join(root, FOLDER), { recursive: true, force: true });
  mkdirSync(posix.join(root, FOLDER));
  for (const { path, text } of outputFiles) writeFileSync(path, text);
  for (const [path, name] of bundleOf) {
    const from = JSON.stringify(`${posix.relative(posix.dirname(path), '.') || '.'}/${FOLDER}/${name}.js`);
    writeFileSync(posix.join(root, path), exported(path, modules.get(path), from));
  }
}

/** @param {string} root */
const common = (root) =>
  /** @type {const} */ ({
    absWorkingDir: root,
    outdir: posix.join(root, FOLDER),
    format: 'esm',
    platform: 'node',
    target: 'esnext',
    write: false,
    metafile: true,
    logLevel: 'warning',
  });

/**
 * What each module exports and imports, by its path.
 *
 * @param {string} root
 * @param {readonly string[]} paths
 */
async function modulesOf(root, paths) {
  const { metafile } = await build({ ...common(root), entryPoints: paths.map((path) => `./${path}`), outbase: root });
  /** @type {Map<string, Module>} */
  const modules = new Map();
  for (const { entryPoint, exports, imports } of Object.values(metafile.outputs)) {
    const own = imports.filter(({ path }) => path.startsWith('.'));
    const resolved = own.map(({ path, kind }) => ({ path: posix.join(posix.dirname(String(entryPoint)), path), kind }));
    modules.set(String(entryPoint), { exports, imports: resolved });
  }
  return modules;
}

/**
 * The modules that are started or imported by their URL.
 *
 * @param {ReadonlyMap<string, string>} texts
 */
function threadsOf(texts) {
  return [...texts].flatMap(([path, text]) => [
    ...[...text.matchAll(/new URL\('(\.[^']*\.js)', import\.meta\.url\)/g)].map(([, to]) =>
      posix.join(posix.dirname(path), String(to)),
    ),
    ...(/: import\.meta\.url/.test(text) ? [path] : []),
  ]);
}

/**
 * The name of the bundle of each module. A bundle imports only bundles that more entries need, so never in circles.
 *
 * @param {ReadonlyMap<string, Module>} modules
 * @param {readonly string[]} started
 */
function bundlesOf(modules, started) {
  const later = [...modules.values()].flatMap(({ imports }) => imports.filter(({ kind }) => kind === 'dynamic-import'));
  const entries = [...new Set([...started, ...later.map(({ path }) => path)])].sort();
  /** @type {Map<string, string[]>} */
  const needed = new Map([...modules.keys()].map((path) => [path, []]));
  for (const entry of entries) {
    const seen = new Set([entry]);
    for (const path of seen) {
      needed.get(path)?.push(entry);
      for (const { path: other, kind } of modules.get(path)?.imports ?? []) if (kind === 'import-statement') seen.add(other);
    }
  }
  const imported = new Set(
    [...modules.values()].flatMap(({ imports }) =>
      imports.flatMap(({ path, kind }) => (kind === 'import-statement' ? [path] : [])),
    ),
  );
  const keyOf = (/** @type {string} */ path, /** @type {readonly string[]} */ by) => {
    // The code of a thread begins as soon as it is loaded, which nothing else may do.
    if (started.includes(path) && !imported.has(path)) return `alone ${path}`;
    return (by.includes(MAIN) ? by.filter((entry) => entry === MAIN || started.includes(entry)) : by).join();
  };
  /** @type {Map<string, string>} */
  const names = new Map();
  return new Map(
    [...needed].sort().map(([path, by]) => {
      const key = keyOf(path, by);
      // The folder of its first module tells who reads an error's stack where to look.
      if (!names.has(key)) names.set(key, `${posix.dirname(path).split('/')[0]?.replace('.', 'main')}-${names.size}`);
      return [path, String(names.get(key))];
    }),
  );
}

/**
 * Under which name a bundle exports what a module exports.
 *
 * @param {string} path
 * @param {string} name
 */
const alias = (path, name) => `${path.replace(/\.js$/, '').replace(/\W/g, '_')}$${name}`;

/**
 * The code that exports from a bundle what a module exported.
 *
 * @param {string} path
 * @param {Module | undefined} module
 * @param {string} from the bundle, in quotes
 */
function exported(path, module, from) {
  const all = module?.exports.map((name) => `${alias(path, name)} as ${name}`) ?? [];
  return all.length === 0 ? `import ${from};\n` : `export { ${all.join(', ')} } from ${from};\n`;
}

/**
 * Makes each bundle of its modules, and lets it import others from theirs.
 *
 * @param {string} root
 * @param {ReadonlyMap<string, string>} texts
 * @param {ReadonlyMap<string, Module>} modules
 * @param {ReadonlyMap<string, string>} bundleOf
 * @returns {import('esbuild').Plugin}
 */
function joined(root, texts, modules, bundleOf) {
  return {
    name: 'joined',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^bundle:/ }, ({ path }) => ({ path: path.slice(7), namespace: 'bundle' }));
      onLoad({ filter: /.*/, namespace: 'bundle' }, ({ path: name }) => {
        const own = [...bundleOf].filter(([, other]) => other === name);
        const lines = own.map(([path]) => {
          const names = modules.get(path)?.exports.map((each) => `${each} as ${alias(path, each)}`) ?? [];
          return names.length === 0 ? `import './${path}';` : `export { ${names.join(', ')} } from './${path}';`;
        });
        return { contents: lines.join('\n'), resolveDir: root };
      });
      onResolve({ filter: /^\.\.?\// }, ({ path, kind, importer, resolveDir, namespace }) => {
        if (namespace === 'other') return { path, external: true };
        const target = posix.relative(root, posix.join(resolveDir.replaceAll('\\', '/'), path));
        if (namespace === 'bundle') return { path: posix.join(root, target) };
        const bundle = bundleOf.get(target);
        if (kind === 'dynamic-import' || bundle === undefined) return { path: `../${target}`, external: true };
        if (bundle === bundleOf.get(posix.relative(root, importer.replaceAll('\\', '/'))))
          return { path: posix.join(root, target) };
        return { path: target, namespace: 'other' };
      });
      onLoad({ filter: /.*/, namespace: 'other' }, ({ path }) => ({
        contents: exported(path, modules.get(path), `"./${bundleOf.get(path)}.js"`),
      }));
      // A module's address stays that of its own file, so that what lies beside it is found.
      onLoad({ filter: /\.js$/, namespace: 'file' }, ({ path }) => {
        const own = posix.relative(root, path.replaceAll('\\', '/'));
        const contents = texts.get(own)?.replaceAll('import.meta.url', `new URL('../${own}', import.meta.url).href`);
        return contents === undefined ? undefined : { contents, resolveDir: posix.dirname(posix.join(root, own)) };
      });
    },
  };
}
