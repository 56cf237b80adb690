import { withoutWasm } from '../../../stitch/arena.js';
import { clearRoom, createRoom, MOST_ROOM, memoryOf, PAGE, type SharedRoom } from '../../../stitch/kernel.js';
import type { SlotMemory } from './messages.js';

/** Where windows are blended, and where their scores lie until then. */
export interface StitchMemory {
  readonly slots: SlotMemory;
  readonly room: SharedRoom | undefined;
}

/** Slots that take more bytes than this get a memory of their own, so that the room has space for blocks. */
const MOST_IN_ROOM = 2 ** 31;

/** Rooms are this large, or twice as large, and so on, so that one that was used fits the next slide. */
const LEAST_ROOM = 2 ** 26;

/** Rooms that are not used. The memory of a room stays until a collection, so the next slide gets the same one. */
const spare: SharedRoom[] = [];

/**
 * Allocates memory to stitch in.
 *
 * @param length floats of a slot
 * @param count how many slots
 * @param blocks the most bytes of all else that is allocated in the room
 * @param note called with a sentence if WebAssembly gets no memory
 */
export function takeMemory(length: number, count: number, blocks: number, note: (sentence: string) => void): StitchMemory {
  const bytes = wholePages(4 * length * count);
  const isInRoom = bytes <= MOST_IN_ROOM;
  const room = takeRoom(blocks + (isInRoom ? bytes : 0), note);
  if (room && isInRoom) {
    return { room, slots: { buffer: undefined, start: memoryOf(room).take(bytes), length, count } };
  }
  return { room, slots: { buffer: new SharedArrayBuffer(bytes), start: 0, length, count } };
}

/** A number of bytes, rounded up to what is allocated for them. */
export function wholePages(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

function takeRoom(bytes: number, note: (sentence: string) => void): SharedRoom | undefined {
  let most = LEAST_ROOM;
  while (most < bytes && most < MOST_ROOM) most *= 2;
  const fitting = spare.findIndex(({ maximum }) => maximum * PAGE >= most);
  if (fitting >= 0) return spare.splice(fitting, 1)[0];
  // A room that is too small now will hardly be used again.
  spare.pop();
  try {
    return createRoom(Math.min(most, MOST_ROOM));
  } catch (cause) {
    note(withoutWasm(cause));
    return undefined;
  }
}

/** Takes back memory that no thread uses any more. */
export function giveBackMemory({ room }: StitchMemory): void {
  if (!room) return;
  clearRoom(room);
  spare.push(room);
}
