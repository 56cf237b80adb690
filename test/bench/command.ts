import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunRecord } from '../../dist/pipeline/records/record.js';

/** What one run of a command took. */
export interface Used {
  /** From the start of the process to its end. */
  readonly wallSeconds: number;
  /** Of all its threads. */
  readonly cpuSeconds: number;
  /** Most memory that it held. */
  readonly peakRssBytes: number;
}

/** What one run of `segtile infer` took. */
export interface Command extends Used {
  readonly record: RunRecord;
}

const entry = fileURLToPath(new URL('measured.js', import.meta.url));

/** Certificates that a machine adds are read by Node whenever it starts: 0.06 s for those of a Debian, whatever is run. */
const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;

/**
 * Runs `segtile` in a process of its own.
 *
 * @param nodeOptions for Node itself, such as `--cpu-prof`
 * @throws {Error} where the command fails
 */
export async function segtile(args: readonly string[], nodeOptions: readonly string[] = []): Promise<Used> {
  const began = performance.now();
  const child = fork(entry, args, {
    env: environment,
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let usage: NodeJS.ResourceUsage | undefined;
  child.on('message', (message) => {
    usage = message as NodeJS.ResourceUsage;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve));
  const wallSeconds = (performance.now() - began) / 1000;
  if (code !== 0 || !usage) throw new Error(`segtile ${args.join(' ')} ended with ${code}`);
  return {
    wallSeconds,
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    peakRssBytes: usage.maxRSS * 1024,
  };
}

/**
 * Runs `segtile infer` on one slide, in a process of its own.
 *
 * @param folder for the results, which are replaced
 * @param nodeOptions for Node itself, such as `--cpu-prof`
 * @throws {Error} where the command fails
 */
export async function segtileInfer(
  slide: string,
  folder: string,
  options: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<Command> {
  const args = ['infer', slide, '--output', folder, '--overwrite', '--quiet', ...options];
  const used = await segtile(args, nodeOptions);
  const stem = slide.replace(/^.*[/\\]/, '').replace(/\.\w+$/, '');
  return {
    ...used,
    record: JSON.parse(readFileSync(join(folder, `${stem}.run.json`), 'utf8')) as RunRecord,
  };
}
