/** A lock that threads share. */
export type Turn = SharedArrayBuffer;

/** A lock that nobody holds. */
export function newTurn(): Turn {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/**
 * Runs `work` while no other thread runs work with the same lock. Without a lock it runs at once. The calling thread is
 * blocked until it is its turn, so it must not be the main thread.
 */
export async function inTurn<T>(turn: Turn | undefined, work: () => Promise<T>): Promise<T> {
  if (!turn) return work();
  const held = new Int32Array(turn);
  while (Atomics.compareExchange(held, 0, 0, 1) !== 0) Atomics.wait(held, 0, 1);
  try {
    return await work();
  } finally {
    Atomics.store(held, 0, 0);
    Atomics.notify(held, 0, 1);
  }
}
