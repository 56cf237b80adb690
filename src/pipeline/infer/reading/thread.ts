import { parentPort } from 'node:worker_threads';
import { free } from '../../../io/threads/free.js';
import { failureOf } from '../../../io/threads/messages.js';
import { inSharedMemory } from '../../../io/threads/shared-bytes.js';
import { windowsOfRow } from '../../../plan/windows/grid.js';
import { openSlide } from '../../../slide/open.js';
import type { Slide } from '../../../slide/slide.js';
import { cutWindows } from '../../../slide/view/cut.js';
import { readOverview } from '../../../slide/view/overview.js';
import { workingView } from '../../../slide/view/view.js';
import { bytesOfSample, sharedSamples } from '../../../tiff/samples/native.js';
import type { SampleType } from '../../../types.js';
import type { InputRecipe, OverviewJob, PixelSlots, ReadJob, ReadOrder, ReadReply } from './messages.js';
import { isOneColour } from './one-colour.js';
import { type CutQueue, freeSlot, putWindow } from './queue.js';

// The code of a thread that `reader.ts` starts: reads a slide, checks and decodes it, and cuts windows into shared
// memory.

const port = parentPort!;
const say = (reply: ReadReply): void => port.postMessage(reply);

let wake = (): void => {};
let stopping = new AbortController();

port.on('message', (order: ReadOrder) => {
  if (order === 'end') stopping.abort();
  else if (order !== 'free' && 'job' in order) void work(order.job);
  else if (order !== 'free') void look(order.overview);
  wake();
});

async function woken(): Promise<void> {
  await new Promise<void>((resolve) => {
    wake = resolve;
  });
}

/** A free slot; undefined when the job is to end. */
async function slotOf(queue: CutQueue): Promise<number | undefined> {
  while (!stopping.signal.aborted) {
    const slot = freeSlot(queue);
    if (slot !== undefined) return slot;
    await woken();
  }
  return undefined;
}

async function work(job: ReadJob): Promise<void> {
  stopping = new AbortController();
  try {
    await cutAll(job, stopping.signal);
    say('done');
  } catch (thrown) {
    say({ fault: failureOf(thrown) });
  }
  // The main thread may still look at pixels.
  while (!stopping.signal.aborted) await woken();
  say('ended');
}

async function look({ recipe, maxSide }: OverviewJob): Promise<void> {
  stopping = new AbortController();
  const { signal } = stopping;
  try {
    const slide = await opened(recipe, signal);
    try {
      const { data, ...shape } = await readOverview(slide, maxSide, signal);
      // The thread that paints the preview needs it, too.
      say({ overview: { ...shape, data: inSharedMemory(data) } });
      free(data.buffer as ArrayBuffer);
    } finally {
      await slide.close();
    }
  } catch (thrown) {
    say({ fault: failureOf(thrown) });
  }
  say('ended');
}

function opened({ path, options }: InputRecipe, signal: AbortSignal): Promise<Slide> {
  return openSlide(path, { ...options, signal });
}

async function cutAll({ recipe, grid, kept, slots, queue }: ReadJob, signal: AbortSignal): Promise<void> {
  const { resolution, request } = recipe;
  const slide = await opened(recipe, signal);
  try {
    const input = workingView(slide, resolution, request ? slide.channelReader(request).read : slide.readBands);
    let pixels: PixelSlots | undefined;
    let into = 0;
    const memory = (samples: number, type: SampleType) => {
      if (!pixels) {
        pixels = { memory: new SharedArrayBuffer(slots * slotBytes(samples, type)), type, samples };
        say({ pixels });
      }
      return sharedSamples(type, samples, pixels.memory, into * slotBytes(samples, type));
    };
    const plan = {
      window: grid.window,
      count: grid.rows,
      kept: (row: number) => {
        const windows = windowsOfRow(grid, row);
        return Array.from(kept[row]!, (column) => windows[column]!);
      },
    };
    const windows = cutWindows(input, plan, signal, memory);
    for (;;) {
      const next = await slotOf(queue);
      if (next === undefined) return;
      into = next;
      const { value, done } = await windows.next();
      if (done) return;
      if (putWindow(queue, next, isOneColour(value.pixels, grid.window))) say('cut');
    }
  } finally {
    await slide.close();
  }
}

/** Bytes from one slot to the next. */
function slotBytes(samples: number, type: SampleType): number {
  return Math.ceil((samples * bytesOfSample[type]) / 8) * 8;
}
