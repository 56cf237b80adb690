import { expect, it } from 'vitest';
import { node } from '../../../dist/model/graph/format/onnx.js';
import type { Start } from '../../../dist/model/sessions/session.js';
import { startThread } from '../../../dist/model/sessions/thread.js';
import { createThreads } from '../../../dist/model/sessions/threads.js';
import { run } from '../../cli/door.ts';
import { channelNetwork, identityNetwork } from '../networks.ts';

/** Three planes of 2 × 2 samples, counted through. */
const samples = Float32Array.from({ length: 12 }, (_, i) => i);

const start = (channel: number): Start => ({
  graph: channelNetwork(channel),
  element: 'float32',
  dims: [1, 3, 2, 2],
  externalData: '',
});

it('a thread takes one graph after another', async () => {
  const thread = startThread();
  for (const channel of [0, 2, 1]) {
    const session = await thread.load(start(channel));
    const results = await Promise.all([session.run(samples.slice()), session.run(samples.slice())]);
    for (const { data } of results) expect([...data]).toEqual([0, 1, 2, 3].map((i) => 4 * channel + i));
    expect(session.pending()).toBe(0);
  }
  await thread.close();
});

it('a thread that cannot load its graph says why, and has ended', async () => {
  const thread = startThread();
  const error = await thread
    .load({ ...start(0), graph: identityNetwork({}, node('Nonsense', ['same'], 'none')) })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'model', message: expect.stringContaining('Nonsense') });
  await thread.close();
  await expect(thread.load(start(0))).rejects.toMatchObject({ code: 'model', message: 'an inference worker has ended' });
});

it('threads that wait are taken before new ones are started', async () => {
  const threads = createThreads();
  threads.prepare(1);
  const first = threads.take();
  const second = threads.take();
  expect(second).not.toBe(first);
  threads.giveBack(first);
  threads.prepare(1);
  expect(threads.take()).toBe(first);
  await Promise.all([first.close(), second.close()]);
});

it('a process ends with threads that were prepared for nothing, before they were dismissed and after', async () => {
  const module = new URL('../../../dist/model/sessions/threads.js', import.meta.url).href;
  const script = `
    import { createThreads } from '${module}';
    const threads = createThreads();
    threads.prepare(2);
    threads.dismiss();
    threads.prepare(2);
    console.log('done');`;
  const ended = await run(process.execPath, ['--input-type=module', '-e', script]);
  expect(ended).toEqual({ code: 0, signal: null, stdout: 'done\n', stderr: '' });
});
