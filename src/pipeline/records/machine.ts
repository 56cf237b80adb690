import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The installed version of a package. Its package.json is found by path, because many packages do not export it. */
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

/**
 * The peak memory of the process so far, in bytes. On Linux, `getrusage` counts what the process that started this one
 * had at the time, too; the status file does not.
 */
export function peakRss(): number {
  const status = process.platform === 'linux' && existsSync(STATUS) ? readFileSync(STATUS, 'utf8') : '';
  const peak = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return (peak === undefined ? process.resourceUsage().maxRSS : Number(peak)) * 1024;
}

const STATUS = '/proc/self/status';

/** The versions of segtile and of the packages that results depend on. */
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
