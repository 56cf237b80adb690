import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunRecord } from '../../../dist/pipeline/records/record.js';

/** Time and memory of one run of a command. */
export interface Used {
  /** From the start of the process to its end. */
  readonly wallSeconds: number;
  /** CPU time of all its threads. */
  readonly cpuSeconds: number;
  /** CPU time of its main thread; NaN where the system does not tell. */
  readonly mainSeconds: number;
  /** Peak of its resident memory. */
  readonly peakRssBytes: number;
}

/** Time and memory of one run of `segtile infer`, and its record. */
export interface Command extends Used {
  readonly record: RunRecord;
}

const entry = fileURLToPath(new URL('measured.js', import.meta.url));

/**
 * Node reads a machine's extra certificates at every start, whatever it runs: 0.06 s for those of Debian. They are left
 * out.
 */
const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;

/**
 * Runs `segtile` in a process of its own.
 *
 * @param nodeOptions options for Node itself, such as `--cpu-prof`
 * @param more variables of its environment
 * @throws {Error} if the command fails
 */
export async function segtile(
  args: readonly string[],
  nodeOptions: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Promise<Used> {
  const began = performance.now();
  const child = fork(entry, args, {
    env: { ...environment, ...more },
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let usage: (NodeJS.ResourceUsage & Pick<Used, 'peakRssBytes'> & { readonly mainSeconds?: number }) | undefined;
  child.on('message', (message) => {
    usage = message as typeof usage;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve));
  const wallSeconds = (performance.now() - began) / 1000;
  if (code !== 0 || !usage) throw new Error(`segtile ${args.join(' ')} ended with ${code}`);
  return {
    wallSeconds,
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    mainSeconds: usage.mainSeconds ?? Number.NaN,
    peakRssBytes: usage.peakRssBytes,
  };
}

/**
 * Runs `segtile infer` on one slide, in a process of its own.
 *
 * @param folder for the results; existing ones are overwritten
 * @param nodeOptions options for Node itself, such as `--cpu-prof`
 * @param more variables of its environment
 * @throws {Error} if the command fails
 */
export async function segtileInfer(
  slide: string,
  folder: string,
  options: readonly string[],
  nodeOptions: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Promise<Command> {
  const args = ['infer', slide, '--output', folder, '--overwrite', '--quiet', ...options];
  const used = await segtile(args, nodeOptions, more);
  const stem = slide.replace(/^.*[/\\]/, '').replace(/\.\w+$/, '');
  return {
    ...used,
    record: JSON.parse(readFileSync(join(folder, `${stem}.run.json`), 'utf8')) as RunRecord,
  };
}
