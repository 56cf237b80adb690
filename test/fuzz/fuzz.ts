import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Kind } from './kinds.js';

/** What a child says of a mutant: before it starts, without a verdict; then with one. */
export interface Outcome {
  readonly index: number;
  readonly name: string;
  /** `read`: opened and read, sizes right. `refused`: a tagged error. All else is a fault. */
  readonly verdict?: 'read' | 'refused' | 'fault' | 'crash' | 'hang' | 'memory';
  /** The error, or how the process ended. */
  readonly says?: string;
  /** Milliseconds of a processor, of all threads together: a busy machine takes no more of them. */
  readonly ms?: number;
  /** Largest resident size of the process so far, bytes. */
  readonly rss?: number;
}

/** A mutant may take this many milliseconds of a processor ... */
const LONGEST = 10_000;

/** ... and the process this much memory, most of which is Node itself and the decoders. */
const MOST_MEMORY = 2 ** 30;

/** After so many milliseconds without a word, of whatever machine, a child counts as hung. */
const LONGEST_SILENCE = 300_000;

const child = fileURLToPath(new URL('child.ts', import.meta.url));

/**
 * Opens and reads the mutants `first <= index < last` of a seed in processes of their own. A mutant that ends a process, or hangs, costs
 * that process; the next one goes on behind it.
 */
export async function fuzz(seed: number, first: number, last: number, kind: Kind = 'tiff'): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'segtile-fuzz-'));
  try {
    for (let next = first; next < last; next = outcomes.at(-1)!.index + 1) {
      await batch(folder, seed, next, last, outcomes, kind);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return outcomes;
}

/** Runs one child until it is done, dies, hangs or grows too large; at least one outcome is added. */
async function batch(
  folder: string,
  seed: number,
  first: number,
  last: number,
  outcomes: Outcome[],
  kind: Kind,
): Promise<void> {
  const running = spawn(process.execPath, ['--import', 'tsx', child, folder, `${seed}`, `${first}`, `${last}`, kind], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<string>((resolve) => {
    running.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  let noise = '';
  running.stderr.on('data', (chunk: Buffer) => {
    noise = (noise + chunk).slice(-2000);
  });
  let current: Outcome | undefined;
  let late = false;
  const stop = () => {
    late = true;
    running.kill('SIGKILL');
  };
  let watch = setTimeout(stop, LONGEST_SILENCE);
  for await (const line of createInterface({ input: running.stdout })) {
    clearTimeout(watch);
    const outcome = JSON.parse(line) as Outcome;
    watch = setTimeout(stop, LONGEST_SILENCE);
    current = outcome.verdict ? undefined : outcome;
    if (!outcome.verdict) continue;
    const large = outcome.rss! > MOST_MEMORY;
    outcomes.push(
      large ? { ...outcome, verdict: 'memory' } : outcome.ms! > LONGEST ? { ...outcome, verdict: 'hang' } : outcome,
    );
    // The next mutant starts in a process of its own, or it would be blamed for the memory of this one.
    if (large) running.kill('SIGKILL');
  }
  clearTimeout(watch);
  const how = await ended;
  if (current) outcomes.push({ ...current, verdict: late ? 'hang' : 'crash', says: `${how} ${noise}`.trim() });
  else if (outcomes.length === 0 || outcomes.at(-1)!.index < first) throw new Error(`the child ended with ${how}: ${noise}`);
}

/** The outcomes that must not be. */
export function faults(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.filter(({ verdict }) => verdict !== 'read' && verdict !== 'refused');
}
