/** A file that is written and read back while a result is made, such as a partial file. */
export interface Scratch {
  /** Bytes appended so far. */
  readonly end: number;
  append(bytes: Uint8Array): Promise<void>;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Many lists of whole numbers from 0 to 2^32 - 1 that grow at the same time, in bounded memory. */
export interface NumberLists {
  push(list: number, value: number): void;
  /**
   * Moves the lists to the scratch file if they have become too long for memory. The caller awaits it from time to
   * time.
   */
  settle(): Promise<void>;
  /** The numbers of a list in the order in which they came. Each piece is what memory held when the list was moved. */
  pieces(list: number): AsyncGenerator<Uint32Array>;
  /** The same in one piece. */
  whole(list: number): Promise<Uint32Array>;
}

/** The most numbers that all lists together hold in memory before they are moved. */
const MOST_HELD = 2 ** 19;

/** Numbers of one list that were moved; `offset` is the place of their first byte in the scratch file. */
interface Moved {
  readonly offset: number;
  readonly count: number;
}

/**
 * Creates empty lists.
 *
 * @param lists the number of lists
 * @param mostHeld how many numbers all lists together hold in memory before they are moved
 */
export function numberLists(lists: number, scratch: Scratch, mostHeld: number = MOST_HELD): NumberLists {
  const own = Array.from({ length: lists }, () => ({ values: NONE, count: 0, moved: [] as Moved[] }));
  let held = 0;

  async function moveAll(): Promise<void> {
    const all = new Uint32Array(held);
    let at = 0;
    for (const list of own) {
      if (list.count === 0) continue;
      all.set(list.values.subarray(0, list.count), at);
      list.moved.push({ offset: scratch.end + 4 * at, count: list.count });
      at += list.count;
      list.count = 0;
      // A list that grew long gives its memory back.
      if (list.values.length > MOST_KEPT) list.values = NONE;
    }
    held = 0;
    await scratch.append(new Uint8Array(all.buffer));
  }

  async function* pieces(index: number): AsyncGenerator<Uint32Array> {
    const { values, count, moved } = own[index]!;
    for (const each of moved) {
      const bytes = await scratch.read(each.offset, 4 * each.count);
      yield new Uint32Array(bytes.buffer, bytes.byteOffset, each.count);
    }
    yield values.subarray(0, count);
  }

  return {
    push(index, value) {
      const list = own[index]!;
      if (list.count === list.values.length) {
        const grown = new Uint32Array(Math.max(16, 2 * list.count));
        grown.set(list.values);
        list.values = grown;
      }
      list.values[list.count++] = value;
      held++;
    },
    async settle() {
      if (held >= mostHeld) await moveAll();
    },
    pieces,
    async whole(index) {
      const { count, moved } = own[index]!;
      const all = new Uint32Array(moved.reduce((sum, each) => sum + each.count, count));
      let at = 0;
      for await (const piece of pieces(index)) {
        all.set(piece, at);
        at += piece.length;
      }
      return all;
    },
  };
}

const NONE = new Uint32Array(0);
const MOST_KEPT = 2 ** 14;
