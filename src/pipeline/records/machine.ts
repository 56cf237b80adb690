import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Version of a package as it is installed. Its own package.json is looked for by path, as many packages do not export it. */
function versionOf(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.resolve(name)));
  for (;;) {
    const path = join(folder, 'package.json');
    const found = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string }) : {};
    if (found.name === name && found.version !== undefined) return found.version;
    if (dirname(folder) === folder) return 'unknown';
    folder = dirname(folder);
  }
}

/** Most memory that the process has held so far, in bytes. */
export function peakRss(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** What results depend on besides settings: the versions of segtile and of what it is built on. */
export function versions(): Readonly<Record<string, string>> {
  return {
    segtile: versionOf('segtile'),
    node: process.versions.node,
    onnxruntime: versionOf('onnxruntime-node'),
    sharp: versionOf('sharp'),
    geotiff: versionOf('geotiff'),
    platform: `${process.platform}-${process.arch}`,
    threads: String(os.availableParallelism()),
  };
}
