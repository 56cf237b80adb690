import { errorOf } from '../../../io/threads/messages.js';
import { BLOCK_WIDTH, type BlendRing, CHUNK_HEIGHT } from '../../../plan/memory/ring.js';
import { columnAxis } from '../../../plan/windows/grid.js';
import { type Piece, spanOf } from '../../../plan/windows/piece.js';
import { dividingFloats } from '../../../stitch/arena.js';
import { sideBySide } from '../../../strip/join.js';
import type { Strip } from '../../../strip/strip.js';
import type { RasterRows, Window } from '../../../types.js';
import { type BusyThread, idleThreads } from '../threads.js';
import { stitchedColumns } from './columns.js';
import { addCode, type SlotUses, type StitchJob, type StitchOrder, type StitchReply, type Take } from './messages.js';
import { giveBackMemory, type StitchMemory, takeMemory, wholePages } from './slots.js';

/** Shared memory for the scores of one window. */
export interface Slot {
  readonly index: number;
  readonly scores: Float32Array<SharedArrayBuffer>;
}

/**
 * Threads that each stitch some columns of an image. This thread gives orders only: which window lies in which slot, and
 * which rows are final. All threads get them in the same order, so the result does not depend on how many there are.
 */
export interface Stitchers {
  /** A free slot. Waits until there is one. */
  slot(): Promise<Slot>;
  /** Adds the scores in a slot, which is free once all threads have done so. Windows come in plan order. */
  add(window: Window, slot: Slot): void;
  /** Frees a slot whose scores are not used. */
  release(slot: Slot): void;
  /** The next rows, which are final: no window that is added later touches them. */
  take(rows: number, isUntouched: boolean, mask?: Uint8Array): Promise<Strip>;
  /** Takes back the memory of the scores of a strip, and that of labels. */
  recycle(strip: Pick<Strip, 'scores'>): void;
  recycleLabels(strip: Pick<Strip, 'labels'>): void;
  /** Gives no more slots. Whoever waits for one gets the error. Must be called before anything waits for those who wait. */
  stop(error: unknown): void;
  /** Ends the work. Resolves when no thread uses the memory any more. */
  close(): Promise<void>;
}

/** What is to be stitched. */
export interface StitchTask extends Omit<StitchJob, 'slots' | 'uses' | 'room' | 'whole'> {
  /** The ring that its windows need. */
  readonly ring: BlendRing;
  /** How many slots there are. */
  readonly slots: number;
  /** Called with a sentence if WebAssembly gets no memory. */
  readonly note: (sentence: string) => void;
}

/** A thread, its columns, and the requests that it has not answered. */
interface Lane {
  readonly thread: BusyThread;
  readonly piece: Piece;
  readonly asked: { resolve(answer: Strip | Uint8Array): void; reject(error: unknown): void }[];
  ended: (() => void) | undefined;
}

const threads = idleThreads<StitchReply>(new URL('./thread.js', import.meta.url));

/**
 * Starts to stitch.
 *
 * @throws {SegtileError} `usage` if the memory cannot be had
 */
export function openStitchers({ slots: count, ring, note, ...task }: StitchTask): Stitchers {
  const { grid, channels, blend, piece } = task;
  const columns = stitchedColumns(piece);
  const length = grid.window.width * grid.window.height * channels;
  const memory = takeMemory(length, count, blockBytes(task, ring, columns.length), note);
  const { slots, room } = memory;
  const lanes: Lane[] = [];
  const free = slotsOf(memory);
  const uses: SlotUses = new Int32Array(new SharedArrayBuffer(4 * (count + 1)));
  /** The slots that threads need, as far as this thread knows. */
  let needed: Slot[] = [];
  const waiting: { resolve(slot: Slot): void; reject(error: unknown): void }[] = [];
  const span = spanOf(blend);
  let next = piece.y;
  /** Why no more slots are given, and why no more rows come. */
  let stopped: { readonly error: unknown } | undefined;
  let failure: { readonly error: unknown } | undefined;

  const order = ({ thread }: Lane, what: StitchOrder, moved: ArrayBuffer[] = []): void => thread.postMessage(what, moved);

  function release(slot: Slot): void {
    const first = waiting.shift();
    if (first) first.resolve(slot);
    else free.push(slot);
    if (waiting.length === 0) Atomics.store(uses, count, 0);
  }

  /** Takes back the slots that no thread needs any more. Threads send no message for each of them: that takes longer. */
  function collect(): void {
    const given: Slot[] = [];
    const kept: Slot[] = [];
    // Each slot is looked at once, as a thread may free it meanwhile.
    for (const slot of needed) (Atomics.load(uses, slot.index) === 0 ? given : kept).push(slot);
    needed = kept;
    for (const slot of given) release(slot);
  }

  function stop(error: unknown): void {
    stopped ??= { error };
    for (const { reject } of waiting.splice(0)) reject(stopped.error);
  }

  /** A thread has ended by itself. Nobody may wait for it. */
  function fail(lane: Lane, error: unknown): void {
    failure ??= { error };
    stop(error);
    for (const { reject } of lanes.flatMap(({ asked }) => asked.splice(0))) reject(error);
    lanes.splice(lanes.indexOf(lane), 1);
    lane.ended?.();
  }

  function hear(lane: Lane, reply: StitchReply): void {
    if (reply === 'free') collect();
    else if (reply === 'ended') lane.ended?.();
    else if ('fault' in reply) lane.asked.shift()?.reject(errorOf(reply.fault));
    else lane.asked.shift()?.resolve('strip' in reply ? reply.strip : reply.packed);
  }

  function ask<Answer extends Strip | Uint8Array>(lane: Lane, what: StitchOrder, moved: ArrayBuffer[] = []): Promise<Answer> {
    order(lane, what, moved);
    return new Promise((resolve, reject) =>
      lane.asked.push({ resolve: resolve as (answer: Strip | Uint8Array) => void, reject }),
    );
  }

  for (const own of columns) {
    const thread = threads.take(
      (reply) => hear(lane, reply),
      (error) => fail(lane, error),
    );
    const lane: Lane = { thread, piece: own, asked: [], ended: undefined };
    lanes.push(lane);
    order(lane, { job: { ...task, piece: own, whole: piece, slots, uses, room } });
  }
  const spares = lanes.map((): Float32Array<ArrayBuffer>[] => []);
  const spareLabels: SharedArrayBuffer[] = [];
  const labelled = task.labelling !== undefined && !task.labelling.needs.finer;
  // Other labels may be changed before they are packed.
  const packs = task.labelling?.needs.passing === true;

  /** Labels as the file of strips keeps them. Packing them takes longer than all else that this thread does for them. */
  function packedBy(lane: Lane | undefined, data: Uint8Array<SharedArrayBuffer>): Promise<Uint8Array> | undefined {
    const packed = lane && ask<Uint8Array>(lane, { pack: data });
    // Awaited when the strip is written. Until then a failure must not count as unhandled.
    packed?.catch(() => undefined);
    return packed;
  }

  /** Memory for the labels of some rows, with any content. */
  function labelMemory(rows: number): Uint8Array<SharedArrayBuffer> {
    const memory = spareLabels.pop() ?? new SharedArrayBuffer(piece.width * CHUNK_HEIGHT);
    return new Uint8Array(memory, 0, piece.width * rows);
  }

  return {
    slot() {
      if (stopped) return Promise.reject(stopped.error);
      if (free.length === 0) collect();
      const slot = free.pop();
      if (slot) return Promise.resolve(slot);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        Atomics.store(uses, count, 1);
        // A thread that did not see this yet may have freed one in the meantime.
        collect();
      });
    },
    add(window, slot) {
      const { start, length } = span(columnAxis(grid, window.row), window.column);
      const touched = lanes.filter(({ piece: own }) => start < own.x + own.width && start + length > own.x);
      if (touched.length === 0) return release(slot);
      Atomics.store(uses, slot.index, touched.length);
      needed.push(slot);
      const code = addCode(window.index, slot.index, slots);
      for (const lane of touched) order(lane, code);
    },
    release,
    stop,
    async take(rows, isUntouched, mask) {
      if (failure) throw failure.error;
      const box = { x: piece.x, y: next, width: piece.width, height: rows };
      next += rows;
      const data = labelled ? labelMemory(rows) : undefined;
      const parts = lanes.map((lane, index) => {
        const spare = spares[index]!.pop();
        const take: Take = { rows, isUntouched, mask, spare, labels: data };
        return ask<Strip>(lane, { take }, spare ? [spare.buffer] : []);
      });
      const strips = await Promise.all(parts);
      const strip = strips.length === 1 ? strips[0]! : sideBySide(strips, columns, box);
      if (!data) return strip;
      const labels: RasterRows = { y: box.y, width: box.width, height: rows, channels: 1, data };
      return { ...strip, labels, packed: packs ? packedBy(lanes[0], data) : undefined };
    },
    recycle({ scores }) {
      const memories = new Set(scores?.blocks.map(({ data }) => data.buffer as ArrayBuffer));
      for (const [index, buffer] of [...memories].entries()) spares[index]?.push(new Float32Array(buffer));
    },
    recycleLabels({ labels }) {
      if (labels) spareLabels.push(labels.data.buffer as SharedArrayBuffer);
    },
    async close() {
      await Promise.all(
        lanes.map(
          (lane) =>
            new Promise<void>((resolve) => {
              lane.ended = resolve;
              order(lane, 'end');
            }),
        ),
      );
      for (const { thread } of lanes) thread.giveBack();
      giveBackMemory(memory);
    },
  };
}

/** Bytes of all blocks of the ring, and of what each thread has besides. */
function blockBytes({ grid, channels }: Pick<StitchTask, 'grid' | 'channels'>, ring: BlendRing, threads: number): number {
  const plane = 4 * grid.window.width * grid.window.height;
  const dividing = 4 * dividingFloats({ planes: channels, sumStride: BLOCK_WIDTH, dividedRows: CHUNK_HEIGHT });
  const blocks = ring.blocks * wholePages(4 * channels * ring.height * BLOCK_WIDTH);
  return blocks + threads * (wholePages(plane) + wholePages(dividing) + wholePages(plane * channels));
}

function slotsOf({ slots, room }: StitchMemory): Slot[] {
  const { start, length, count } = slots;
  const buffer = slots.buffer ?? room!.memory.buffer;
  return Array.from({ length: count }, (_, index) => ({
    index,
    scores: new Float32Array(buffer, start + 4 * index * length, length),
  }));
}
