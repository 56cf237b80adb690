// What two threads know of the windows that one of them cuts and the other one takes, as numbers in shared memory: a message for
// each window takes longer. A thread that finds nothing to do says so in this memory, and then looks once more before it waits for
// a message. So either it sees what the other one did, or the other one sees that it waits.

/** Windows that are cut. Plain data that threads share. */
export interface CutQueue {
  /** Of each window that was cut, in turn, twice its slot, and 1 more if it is of one colour. There are as many places as slots. */
  readonly codes: Int32Array<SharedArrayBuffer>;
  /** For each slot 1 if it holds a window, else 0. */
  readonly full: Int32Array<SharedArrayBuffer>;
  /** How many windows were cut; 1 if somebody waits for one; 1 if the thread that cuts waits for a slot. */
  readonly state: Int32Array<SharedArrayBuffer>;
}

/** Places of {@link CutQueue.state}. */
const CUT = 0;
const WAITS_FOR_WINDOW = 1;
const WAITS_FOR_SLOT = 2;

/** A queue for so many slots, all free. */
export function createQueue(slots: number): CutQueue {
  const numbers = (count: number) => new Int32Array(new SharedArrayBuffer(4 * count));
  return { codes: numbers(slots), full: numbers(slots), state: numbers(3) };
}

/** A slot without a window; undefined if there is none. Then {@link giveSlotBack} asks for a message when there is one. */
export function freeSlot({ full, state }: CutQueue): number | undefined {
  const found = (): number => full.findIndex((_, slot) => Atomics.load(full, slot) === 0);
  let slot = found();
  if (slot < 0) {
    Atomics.store(state, WAITS_FOR_SLOT, 1);
    slot = found();
  }
  return slot < 0 ? undefined : slot;
}

/**
 * Adds the next window, which lies in a slot that was free.
 *
 * @param flat whether all of its pixels are the same
 * @returns whether the other thread waits for it and is to get a message
 */
export function putWindow({ codes, full, state }: CutQueue, slot: number, flat: boolean): boolean {
  Atomics.store(full, slot, 1);
  codes[Atomics.load(state, CUT) % codes.length] = 2 * slot + Number(flat);
  Atomics.add(state, CUT, 1);
  return Atomics.exchange(state, WAITS_FOR_WINDOW, 0) === 1;
}

/**
 * The slot of a window, and whether it is of one colour; undefined if it is not cut yet. Then {@link putWindow} asks for a message
 * when one is.
 *
 * @param taken how many windows were taken before
 */
export function windowAfter(
  { codes, state }: CutQueue,
  taken: number,
): { readonly slot: number; readonly flat: boolean } | undefined {
  if (Atomics.load(state, CUT) <= taken) Atomics.store(state, WAITS_FOR_WINDOW, 1);
  if (Atomics.load(state, CUT) <= taken) return undefined;
  const code = codes[taken % codes.length]!;
  return { slot: code >> 1, flat: code % 2 === 1 };
}

/**
 * Gives the slot of a window back that nobody needs any more.
 *
 * @returns whether the other thread waits for it and is to get a message
 */
export function giveSlotBack({ full, state }: CutQueue, slot: number): boolean {
  Atomics.store(full, slot, 0);
  return Atomics.exchange(state, WAITS_FOR_SLOT, 0) === 1;
}
