import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import type { InferOptions } from '../prepare/options.js';
import type { ThresholdOptions } from '../probabilities/options.js';
import type { ThresholdRecord } from '../probabilities/threshold.js';
import type { KnownRecord } from '../records/known-record.js';
import type { ChildJob, ChildWork, FromChild, ToChild } from './child-messages.js';

/** A run of a slide in its own process. */
export interface ChildRun {
  readonly record: KnownRecord;
  /** Seconds from the start of the process to its end. */
  readonly seconds: number;
}

/**
 * Segments a slide in its own process, so that its memory and its time can be measured.
 *
 * @param onWarning called with each warning of the run
 * @throws {SegtileError} any error of the run; `model` if its process ends without an answer; `aborted` when the signal
 *   fires
 */
export async function childRun(
  slide: string,
  options: InferOptions,
  onWarning: (text: string) => void,
  signal: AbortSignal,
): Promise<ChildRun> {
  return child<'infer'>({ kind: 'infer', path: slide, options }, onWarning, signal);
}

/**
 * Makes a mask from a file of probabilities in its own process.
 *
 * @throws {SegtileError} as {@link childRun}
 */
export async function childThreshold(
  path: string,
  options: ThresholdOptions,
  signal: AbortSignal,
): Promise<{ readonly record: ThresholdRecord; readonly seconds: number }> {
  return child<'threshold'>({ kind: 'threshold', path, options }, () => undefined, signal);
}

const program = fileURLToPath(new URL('./child.js', import.meta.url));

async function child<Kind extends keyof ChildWork>(
  job: ChildJob & { readonly kind: Kind },
  onWarning: (text: string) => void,
  signal: AbortSignal,
): Promise<{ readonly record: ChildWork[Kind]['record']; readonly seconds: number }> {
  throwIfAborted(signal);
  const began = performance.now();
  const answer = await answered(job, onWarning, signal);
  const seconds = (performance.now() - began) / 1000;
  throwIfAborted(signal);
  if (answer.kind === 'failed') throw new SegtileError(answer.code, answer.message, answer.hint);
  return { record: answer.record, seconds };
}

type ChildAnswer = Exclude<FromChild, { readonly kind: 'warning' }>;

/** How many characters of standard error are shown for a process that ends without an answer. */
const TOLD = 300;

function answered(job: ChildJob, onWarning: (text: string) => void, signal: AbortSignal): Promise<ChildAnswer> {
  return new Promise((resolve, reject) => {
    // The advanced serialization keeps what JSON cannot hold, such as a map of thresholds by name.
    const child = fork(program, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const send = (message: ToChild): void => void child.send(message, () => undefined);
    // The process then finishes its current window and leaves no half-written file.
    const stop = (): void => send({ kind: 'stop' });
    signal.addEventListener('abort', stop, { once: true });
    let [errors, answer]: [string, ChildAnswer | undefined] = ['', undefined];
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-TOLD);
    });
    child.on('message', (message: FromChild) => {
      if (message.kind === 'warning') onWarning(message.text);
      else answer = message;
    });
    child.on('error', (error) => {
      signal.removeEventListener('abort', stop);
      reject(new SegtileError('model', `cannot start another process: ${reason(error)}`, undefined, error));
    });
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', stop);
      if (answer !== undefined) resolve(answer);
      else reject(new SegtileError('model', `the process of the run ended with ${code ?? killed}: ${errors.trim()}`));
    });
    send(job);
  });
}
