import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program as a user starts it. */
const program: string = fileURLToPath(new URL('../../bin/segtile.js', import.meta.url));

/** How a command that was killed ended up after one more start. */
export interface Killed {
  /** Milliseconds after which it was killed. */
  readonly after: number;
  /** Whether it had ended before. */
  readonly late: boolean;
  /** Seconds that both starts took together. */
  readonly seconds: number;
  /** What its second start said on standard error. */
  readonly said: string;
  /** The folder of results. */
  readonly output: string;
}

/** What is done before a command is started, and between its two starts. */
export interface Around {
  /** Puts into the folder of results what the command needs there. */
  readonly prepare?: ((output: string) => void) | undefined;
  /** How many bytes are left of the file of strips with this name, of so many, as if power had been lost. */
  readonly cut?: ((size: number) => number) | undefined;
  /** The name of that file. */
  readonly strips?: string;
}

/** Starts a command, kills it outright, and starts it once more, which has to end well. */
export async function killOnce(
  args: (output: string) => readonly string[],
  after: number,
  { cut, prepare, strips = '.slide.strips' }: Around = {},
): Promise<Killed> {
  const output = join(mkdtempSync(join(tmpdir(), 'segtile-kill-')), 'out');
  mkdirSync(output);
  prepare?.(output);
  const began = performance.now();
  const first = await started(args(output), after);
  const left = join(output, strips);
  // A disk that loses power keeps what it was told to keep, and any part of the rest. Before the first file gets its final name, the disk has
  // been told to keep all strips: they are cut only until then.
  const placed = readdirSync(output).some((name) => !name.startsWith('.') && !name.endsWith('.strips'));
  if (cut && existsSync(left) && !placed) truncateSync(left, cut(statSync(left).size));
  const second = await started(args(output));
  if (second.code !== 0) throw new Error(`killed after ${after} ms, in ${output}: ${second.said}`);
  return { after, late: first.code === 0, seconds: (performance.now() - began) / 1000, said: second.said, output };
}

/** Takes away what {@link killOnce} left. */
export function forget({ output }: Killed): void {
  rmSync(join(output, '..'), { recursive: true, force: true });
}

/** Runs a command undisturbed, which has to end well. Gives the seconds that it took. */
export async function runOnce(args: (output: string) => readonly string[], output: string): Promise<number> {
  const began = performance.now();
  const { code, said } = await started(args(output));
  if (code !== 0) throw new Error(said);
  return (performance.now() - began) / 1000;
}

function started(args: readonly string[], killAfter?: number): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.on('error', reject).on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, said });
    });
  });
}
