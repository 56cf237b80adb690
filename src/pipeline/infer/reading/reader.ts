import { throwIfAborted } from '../../../errors.js';
import { isRemote } from '../../../io/location.js';
import { errorOf } from '../../../io/threads/messages.js';
import type { Grid } from '../../../plan/windows/grid.js';
import type { WindowRows } from '../../../plan/windows/windows.js';
import { type BandSource, cutWindows } from '../../../slide/view/cut.js';
import { bytesOfSample, sharedSamples } from '../../../tiff/samples/native.js';
import type { Samples, Window } from '../../../types.js';
import { type IdleThreads, idleThreads } from '../threads.js';
import type { InputRecipe, PixelSlots, ReadJob, ReadOrder, ReadReply } from './messages.js';
import { isOneColour } from './one-colour.js';
import { createQueue, giveSlotBack, windowAfter } from './queue.js';

/** A window and its pixels, in memory that all threads share. */
export interface ReadWindow {
  readonly window: Window;
  readonly pixels: Samples<SharedArrayBuffer>;
  /** Whether all pixels are the same. */
  readonly flat: boolean;
  /** Gives the memory back. Nobody may use the pixels afterwards. */
  release(): void;
}

/** Threads that read slides. */
export const readers: IdleThreads<ReadReply> = idleThreads(new URL('./thread.js', import.meta.url));

/**
 * Whether a thread of its own reads the input. A server's answers lie in the memory of this thread, and a PNG or JPEG file
 * is decoded as a whole, which two threads would do twice.
 */
export function isReadInThread({ path, layout }: InputRecipe): boolean {
  return layout !== 'whole' && !isRemote(path);
}

/**
 * Cuts windows in a thread of its own.
 *
 * @param slots how many windows may lie in memory at a time
 * @throws {SegtileError} `aborted` when the signal fires, and the errors of reading the slide
 */
export async function* readInThread(
  recipe: InputRecipe,
  grid: Grid,
  wanted: WindowRows,
  slots: number,
  signal: AbortSignal,
): AsyncGenerator<ReadWindow, void, undefined> {
  const rows = Array.from({ length: grid.rows }, (_, row) => wanted.kept(row));
  const kept = rows.map((windows) => Uint32Array.from(windows, ({ column }) => column));
  const queue = createQueue(slots);
  const job: ReadJob = { recipe, grid, kept, slots, queue };
  let taken = 0;
  let pixels: PixelSlots | undefined;
  let over = false;
  let gone = false;
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => {};
  const woken = async (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const hear = (reply: ReadReply): void => {
    if (reply === 'done') over = true;
    else if (reply === 'ended') gone = true;
    else if (reply !== 'cut') {
      if ('pixels' in reply) pixels = reply.pixels;
      else if ('fault' in reply) failure ??= { error: errorOf(reply.fault) };
    }
    wake();
  };
  const thread = readers.take(hear, (error) => {
    failure ??= { error };
    gone = true;
    wake();
  });
  const order = (what: ReadOrder): void => thread.postMessage(what);
  // A window may be given back when the thread works on something else already.
  let isOver = false;
  const release = (slot: number): void => {
    if (giveSlotBack(queue, slot) && !isOver) order('free');
  };
  // The message with the memory may come after the first window.
  const next = () => pixels && windowAfter(queue, taken);
  const stop = (): void => wake();
  signal.addEventListener('abort', stop);
  order({ job });
  try {
    for (const window of rows.flat()) {
      let found = next();
      for (; !found && !failure && !over && !signal.aborted; found = next()) await woken();
      throwIfAborted(signal);
      if (!found) {
        if (failure) throw failure.error;
        return;
      }
      taken++;
      const { slot, flat } = found;
      yield { window, pixels: slotOf(pixels!, slot), flat, release: () => release(slot) };
    }
  } finally {
    signal.removeEventListener('abort', stop);
    isOver = true;
    order('end');
    while (!gone) await woken();
    thread.giveBack();
  }
}

function slotOf({ memory, type, samples }: PixelSlots, slot: number): Samples<SharedArrayBuffer> {
  const bytes = Math.ceil((samples * bytesOfSample[type]) / 8) * 8;
  return sharedSamples(type, samples, memory, slot * bytes);
}

/** Cuts windows in this thread. */
export async function* readHere(
  input: BandSource<Samples>,
  grid: Grid,
  wanted: WindowRows,
  signal: AbortSignal,
): AsyncGenerator<ReadWindow, void, undefined> {
  const spare: Samples<SharedArrayBuffer>[] = [];
  const cut = cutWindows(input, wanted, signal, (samples, type) => spare.pop() ?? sharedSamples(type, samples));
  for await (const { window, pixels } of cut) {
    yield { window, pixels, flat: isOneColour(pixels, grid.window), release: () => void spare.push(pixels) };
  }
}
