import { reason, SegtileError } from '../../errors.js';

/** The part of WebAssembly that is used here; Node's types leave it out. */
declare const WebAssembly: { readonly Memory: new (limits: { readonly initial: number }) => object };

/**
 * Makes sure that WebAssembly gets memory. V8 reserves about 10 GB of addresses for each memory. Libraries that get
 * none say so in words that help nobody, or end the process.
 *
 * @param what the part that needs the memory, for the message
 * @param memories how many it needs
 * @throws {SegtileError} `unsupported`, with a hint what to do
 */
export function requireWasmMemory(what: string, memories: number = 1): void {
  try {
    for (let made: object[] = []; made.length < memories; ) made = [...made, new WebAssembly.Memory({ initial: 1 })];
  } catch (cause) {
    throw noWasmMemory(what, cause);
  }
}

/** The error for a part that gets no memory for its WebAssembly. */
export function noWasmMemory(what: string, cause: unknown): SegtileError {
  return new SegtileError(
    'unsupported',
    `${what} is WebAssembly, which gets no memory here (${reason(cause)}), as happens where "ulimit -v" limits the address space`,
    'lift the limit ("ulimit -v unlimited"), or set NODE_OPTIONS=--disable-wasm-trap-handler, with which it needs less address space',
    cause,
  );
}

/** Whether an error means that WebAssembly has no memory. */
export function isOutOfWasmMemory(thrown: unknown): boolean {
  return /WebAssembly\b.*(memory|not defined)/i.test(reason(thrown));
}
