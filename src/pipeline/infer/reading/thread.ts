import { parentPort } from 'node:worker_threads';
import { failureOf } from '../../../io/threads/messages.js';
import { windowsOfRow } from '../../../plan/windows/grid.js';
import { openSlide } from '../../../slide/open.js';
import type { Slide } from '../../../slide/slide.js';
import { cutWindows } from '../../../slide/view/cut.js';
import { readOverview } from '../../../slide/view/overview.js';
import { workingView } from '../../../slide/view/view.js';
import { bytesOfSample, sharedSamples } from '../../../tiff/samples/native.js';
import type { SampleType } from '../../../types.js';
import {
  cutCode,
  type InputRecipe,
  type OverviewJob,
  type PixelSlots,
  type ReadJob,
  type ReadOrder,
  type ReadReply,
} from './messages.js';
import { isOneColour } from './one-colour.js';

// The code of a thread that `reader.ts` starts: reads a slide, checks and decodes it, and cuts windows into shared
// memory.

const port = parentPort!;
const say = (reply: ReadReply, moved: readonly ArrayBuffer[] = []): void => port.postMessage(reply, [...moved]);

let free: number[] = [];
let wake = (): void => {};
let stopping = new AbortController();

port.on('message', (order: ReadOrder) => {
  if (typeof order === 'number') free.push(order);
  else if (order === 'end') stopping.abort();
  else if ('job' in order) void work(order.job);
  else void look(order.overview);
  wake();
});

/** The next free slot; undefined when the job is to end. */
async function slot(): Promise<number | undefined> {
  while (free.length === 0 && !stopping.signal.aborted) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  return stopping.signal.aborted ? undefined : free.shift();
}

async function work(job: ReadJob): Promise<void> {
  stopping = new AbortController();
  free = Array.from({ length: job.slots }, (_, index) => index);
  try {
    await cutAll(job, stopping.signal);
    say('done');
  } catch (thrown) {
    say({ fault: failureOf(thrown) });
  }
  // The main thread may still look at pixels.
  while (!stopping.signal.aborted) await slot();
  say('ended');
}

async function look({ recipe, maxSide }: OverviewJob): Promise<void> {
  stopping = new AbortController();
  const { signal } = stopping;
  try {
    const slide = await opened(recipe, signal);
    try {
      const overview = await readOverview(slide, maxSide, signal);
      say({ overview }, [overview.data.buffer as ArrayBuffer]);
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

async function cutAll({ recipe, grid, kept, slots }: ReadJob, signal: AbortSignal): Promise<void> {
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
      const next = await slot();
      if (next === undefined) return;
      into = next;
      const { value, done } = await windows.next();
      if (done) return;
      say(cutCode(next, isOneColour(value.pixels, grid.window)));
    }
  } finally {
    await slide.close();
  }
}

/** Bytes from one slot to the next. */
function slotBytes(samples: number, type: SampleType): number {
  return Math.ceil((samples * bytesOfSample[type]) / 8) * 8;
}
