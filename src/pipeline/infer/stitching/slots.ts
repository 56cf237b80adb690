import { withoutWasm } from '../../../stitch/arena.js';
import { clearRoom, createRoom, memoryOf, type SharedRoom } from '../../../stitch/kernel.js';
import type { SlotMemory } from './messages.js';

/** Where windows are blended, and where their scores lie until then. */
export interface StitchMemory {
  readonly slots: SlotMemory;
  readonly room: SharedRoom | undefined;
}

/** Slots that take more bytes than this get a memory of their own, so that the room has space for blocks. */
const MOST_IN_ROOM = 2 ** 31;

/** Rooms that are not used. The memory of a room stays until a collection, so the next slide gets the same one. */
const spare: SharedRoom[] = [];

/**
 * Allocates memory to stitch in.
 *
 * @param length floats of a slot
 * @param count how many slots
 * @param note called with a sentence if WebAssembly gets no memory
 */
export function takeMemory(length: number, count: number, note: (sentence: string) => void): StitchMemory {
  const room = takeRoom(note);
  const bytes = 4 * length * count;
  if (room && bytes <= MOST_IN_ROOM) {
    return { room, slots: { buffer: undefined, start: memoryOf(room).take(bytes), length, count } };
  }
  return { room, slots: { buffer: new SharedArrayBuffer(bytes), start: 0, length, count } };
}

function takeRoom(note: (sentence: string) => void): SharedRoom | undefined {
  const used = spare.pop();
  if (used) return used;
  try {
    return createRoom();
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
