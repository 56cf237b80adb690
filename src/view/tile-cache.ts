/** Bytes that were made once, as long as there is room. */
export interface TileCache {
  /**
   * What stands under a key, made where it is not there. Whoever asks for what is being made waits for the same; it is stopped when nobody waits any more.
   *
   * @throws what `make` throws, or where the signal fires first
   */
  get(key: string, make: (signal: AbortSignal) => Promise<Uint8Array>, signal: AbortSignal): Promise<Uint8Array>;
  /** Bytes that are held. */
  readonly bytes: number;
}

/** Something that is being made, and how many wait for it. */
interface Making {
  readonly result: Promise<Uint8Array>;
  readonly stop: AbortController;
  waiting: number;
}

/** Keeps what was used last, up to so many bytes. */
export function createTileCache(most: number): TileCache {
  // A Map keeps the order in which keys came: what is used again is put at its end.
  const held = new Map<string, Uint8Array>();
  const making = new Map<string, Making>();
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

  function begin(key: string, make: (signal: AbortSignal) => Promise<Uint8Array>): Making {
    const stop = new AbortController();
    const result = make(stop.signal);
    const begun: Making = { result, stop, waiting: 0 };
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
