// One thread of bare.ts. It is plain JavaScript because tsx does not work in worker threads.
import { parentPort, workerData } from 'node:worker_threads';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';

const { network, window, inputs, runs, started } = workerData;
env.logLevel = 'fatal';
const session = await InferenceSession.create(network, {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
});
const run = (index) =>
  session.run({ [session.inputNames[0]]: new Tensor('float32', inputs[index % inputs.length], [1, 3, window, window]) });

await run(0);
parentPort.once('message', async () => {
  for (let index = Atomics.add(started, 0, 1); index < runs; index = Atomics.add(started, 0, 1)) await run(index);
  parentPort.once('message', async () => {
    await session.release();
    parentPort.close();
  });
  parentPort.postMessage('done');
});
parentPort.postMessage('ready');
