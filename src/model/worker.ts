import { parentPort } from 'node:worker_threads';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { Reply, Request, Start } from './session.js';

// One onnxruntime session in a thread of its own, because `session.run` blocks the thread that calls it. Requests are served one
// after the other. An empty request ends the thread, once everything before it is done: a worker that is terminated from
// outside while onnxruntime runs takes the whole process down.

const port = parentPort!;
env.logLevel = 'fatal';

const say = (reply: Reply, moved: ArrayBuffer[] = []) => port.postMessage(reply, moved);

// The graph comes as a message and stays inside this function, so that its bytes are gone once onnxruntime has loaded them.
port.once('message', async ({ graph, element, dims, externalData }: Start) => {
  try {
    const session = await InferenceSession.create(graph, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      enableCpuMemArena: true,
      logSeverityLevel: 4,
      extra: { session: { model_external_initializers_file_folder_path: externalData } },
    });
    serve(session, element, dims);
  } catch (thrown) {
    say({ kind: 'error', id: 0, message: String(thrown) });
    port.close();
  }
});

function serve(session: InferenceSession, element: Start['element'], dims: readonly number[]): void {
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!];
  let last: Promise<void> = Promise.resolve();
  let known: readonly number[] | undefined;
  port.on('message', (request: Request | undefined) => {
    last = last.then(() => (request ? answer(request) : leave()));
  });

  async function answer({ id, data, scores: memory }: Request): Promise<void> {
    try {
      const images = { [input]: new Tensor(element, data, dims) };
      const into = memory && known && { [output]: new Tensor('float32', memory, known) };
      const { [output]: scores } = await (into ? session.run(images, into) : session.run(images));
      const result = scores!.data as Float32Array<ArrayBuffer>;
      known = scores!.dims;
      say({ kind: 'result', id, data: result, dims: known, input: data }, [result.buffer, data.buffer]);
    } catch (thrown) {
      say({ kind: 'error', id, message: String(thrown) });
    }
  }

  async function leave(): Promise<void> {
    await session.release();
    port.close();
  }

  const [shape] = session.outputMetadata;
  say({ kind: 'loaded', dims: shape?.isTensor ? shape.shape : [] });
}
