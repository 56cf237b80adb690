import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { objectOf, optional, readIfShape, readShape, type Shape, words } from '../../plan/text/shape.js';
import { type KnownRecord, knownRecord } from '../records/known-record.js';

/** A run of `segtile infer` in its own process. */
export interface ChildRun {
  readonly record: KnownRecord;
  /** Seconds from the start of the process to its end. */
  readonly seconds: number;
}

const program = fileURLToPath(new URL('../../../bin/segtile.js', import.meta.url));

/**
 * Runs `segtile infer` on one slide in its own process, so that its memory and its time can be measured.
 *
 * @param args the arguments of `segtile infer`
 * @param onWarning is called with each warning of the run
 * @throws {SegtileError} `model` with the error message of the run if it fails; `aborted` when the signal fires
 */
export async function childRun(
  args: readonly string[],
  onWarning: (text: string) => void,
  signal: AbortSignal,
): Promise<ChildRun> {
  return child('infer', args, knownRecord, onWarning, signal);
}

/**
 * Runs `segtile threshold` on one file in the same way.
 *
 * @param shape the parts of its record to read
 * @throws {SegtileError} as {@link childRun}
 */
export async function childThreshold<T>(
  args: readonly string[],
  shape: Shape<T>,
  signal: AbortSignal,
): Promise<{ readonly record: T; readonly seconds: number }> {
  return child('threshold', args, shape, () => undefined, signal);
}

async function child<T>(
  command: 'infer' | 'threshold',
  args: readonly string[],
  shape: Shape<T>,
  onWarning: (text: string) => void,
  signal: AbortSignal,
): Promise<{ readonly record: T; readonly seconds: number }> {
  throwIfAborted(signal);
  const began = performance.now();
  const { code, said, told } = await ended([command, ...args, '--json'], onWarning, signal);
  const seconds = (performance.now() - began) / 1000;
  throwIfAborted(signal);
  if (code !== 0) {
    const error = readIfShape(told, failed)?.error;
    const message = error?.message ?? `segtile ${command} ended with ${code}: ${said.trim().slice(-300)}`;
    throw new SegtileError('model', message, error?.hint);
  }
  try {
    // Read from the output of the run: another process may have replaced the file by now.
    return { record: readShape(told, `segtile ${command} --json`, shape), seconds };
  } catch (error) {
    throw new SegtileError('output', `the record of the run cannot be read back: ${reason(error)}`, undefined, error);
  }
}

/** What a command tells of a file that failed, with `--json`. */
const failed = objectOf<{ readonly error: { readonly message: string; readonly hint?: string | undefined } }>({
  error: objectOf<{ readonly message: string; readonly hint?: string | undefined }>({ message: words, hint: optional(words) }),
});

/** The exit code of a process, with its standard error and standard output. */
interface Ended {
  readonly code: number | null;
  readonly said: string;
  readonly told: string;
}

function ended(args: readonly string[], onWarning: (text: string) => void, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: '1' };
    const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [said, told] = ['', ''];
    // When asked to stop, the process finishes the current window and leaves nothing half-written.
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    child.stderr.setEncoding('utf8');
    createInterface({ input: child.stderr }).on('line', (line) => {
      said += `${line}\n`;
      const warning = /^ +warning: (.*)$/.exec(line)?.[1];
      if (warning !== undefined) onWarning(warning);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    child.on('error', (error) => {
      signal.removeEventListener('abort', stop);
      reject(new SegtileError('model', `cannot start another process: ${reason(error)}`, undefined, error));
    });
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      resolve({ code, said, told });
    });
  });
}
