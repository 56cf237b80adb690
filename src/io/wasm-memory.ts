import { reason, SegtileError } from '../errors.js';

/** What is used of WebAssembly, which the types of Node leave out. */
declare const WebAssembly: { readonly Memory: new (limits: { readonly initial: number }) => object };

/**
 * Makes sure that WebAssembly gets memory, for each of which V8 reserves some 10 GB of addresses. Libraries that get none say so in words that
 * help nobody, or end the process.
 *
 * @param what needs it, for the message
 * @param memories that it needs
 * @throws {SegtileError} `unsupported` with the remedy
 */
export function requireWasmMemory(what: string, memories: number = 1): void {
  try {
    for (let made: object[] = []; made.length < memories; ) made = [...made, new WebAssembly.Memory({ initial: 1 })];
  } catch (cause) {
    throw noWasmMemory(what, cause);
  }
}

/** The error of something that has no memory for its WebAssembly. */
export function noWasmMemory(what: string, cause: unknown): SegtileError {
  return new SegtileError(
    'unsupported',
    `${what} is WebAssembly, which has no memory here (${reason(cause)}), as where "ulimit -v" limits the addresses of a process`,
    'lift the limit ("ulimit -v unlimited"), or set NODE_OPTIONS=--disable-wasm-trap-handler, with which it wants fewer',
    cause,
  );
}

/** Whether something failed because WebAssembly has no memory. */
export function isOutOfWasmMemory(thrown: unknown): boolean {
  return /WebAssembly\b.*(memory|not defined)/i.test(reason(thrown));
}
