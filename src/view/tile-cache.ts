/** A cache of tiles, limited by its size in bytes. */
export interface TileCache {
  /**
   * Gives the bytes of a key, and makes them if the cache does not hold them. Callers that ask for the same key at the
   * same time share the work. It is stopped when none of them waits any longer.
   *
   * @throws the error of `make`, or the reason of the signal if it fires first
   */
  get(key: string, make: (signal: AbortSignal) => Promise<Uint8Array>, signal: AbortSignal): Promise<Uint8Array>;
  /** The number of bytes that the cache holds. */
  readonly bytes: number;
}

/** Bytes that are being made, and the number of callers that wait for them. */
interface TileMaking {
  readonly result: Promise<Uint8Array>;
  readonly stop: AbortController;
  waiting: number;
}

/** Makes a cache that holds up to `most` bytes. What was used least recently is dropped first. */
export function createTileCache(most: number): TileCache {
  // A Map keeps the order in which keys were added. A key that is used again is moved to the end.
  const held = new Map<string, Uint8Array>();
  const making = new Map<string, TileMaking>();
  let bytes = 0;

  function keep(key: string, made: Uint8Array): void {
    held.set(key, made);
    bytes += made.length;
    for (const [oldest, { length }] of held) {
      if (bytes <= most) break;
      held.delete(oldest);
      bytes -= length;
    }
  }

  function begin(key: string, make: (signal: AbortSignal) => Promise<Uint8Array>): TileMaking {
    const stop = new AbortController();
    const result = make(stop.signal);
    const begun: TileMaking = { result, stop, waiting: 0 };
    making.set(key, begun);
    const forget = (): void => void (making.get(key) === begun && making.delete(key));
    result.then(
      (made) => {
        forget();
        keep(key, made);
      },
      () => forget(),
    );
    return begun;
  }

  return {
    get bytes() {
      return bytes;
    },
    async get(key, make, signal) {
      const found = held.get(key);
      if (found !== undefined) {
        held.delete(key);
        held.set(key, found);
        return found;
      }
      signal.throwIfAborted();
      const own = making.get(key) ?? begin(key, make);
      own.waiting++;
      let leave = (): void => {};
      try {
        return await Promise.race([
          own.result,
          new Promise<never>((_, reject) => {
            leave = () => reject(signal.reason);
            signal.addEventListener('abort', leave, { once: true });
          }),
        ]);
      } finally {
        signal.removeEventListener('abort', leave);
        if (--own.waiting === 0 && making.get(key) === own) {
          making.delete(key);
          own.stop.abort();
        }
      }
    },
  };
}
