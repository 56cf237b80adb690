import { parentPort } from 'node:worker_threads';
import { failureOf } from '../../../io/threads/messages.js';
import { packLabels } from '../../../strip/code.js';
import { addOf, type StitchJob, type StitchOrder, type StitchReply } from './messages.js';
import { createStitcher, type Stitcher } from './stitcher.js';

// The code of a thread that `threads.ts` starts. After an error it goes on to answer: slots become free, and every
// request for rows gets that error.

const port = parentPort!;
let job: StitchJob | undefined;
let stitcher: Stitcher | undefined;
let failure: { readonly thrown: unknown } | undefined;

const say = (reply: StitchReply, moved: ArrayBuffer[] = []): void => port.postMessage(reply, moved);

/** Does some work unless there was an error. */
function attempt<T>(work: () => T): T | undefined {
  if (failure) return undefined;
  try {
    return work();
  } catch (thrown) {
    failure = { thrown };
    return undefined;
  }
}

port.on('message', (order: StitchOrder) => {
  if (typeof order === 'number') {
    const { window, slot } = addOf(order, job!.slots);
    const { uses, slots } = job!;
    attempt(() => stitcher!.add(window, slot));
    if (Atomics.sub(uses, slot, 1) === 1 && Atomics.load(uses, slots.count) === 1) say('free');
  } else if (order === 'end') {
    job = stitcher = failure = undefined;
    say('ended');
  } else if ('job' in order) {
    job = order.job;
    stitcher = attempt(() => createStitcher(order.job));
  } else if ('pack' in order) {
    const packed = attempt(() => packLabels(order.pack));
    say(packed ? { packed } : { fault: failureOf(failure!.thrown) });
  } else {
    const strip = attempt(() => stitcher!.take(order.take));
    if (!strip) return say({ fault: failureOf(failure!.thrown) });
    const scores = strip.scores?.blocks[0]?.data.buffer as ArrayBuffer | undefined;
    say({ strip }, scores ? [scores] : []);
  }
});
