import { parentPort, workerData } from 'node:worker_threads';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { Reply, Request, Start } from './session.js';

// One onnxruntime session in a thread of its own, because `session.run` blocks the thread that calls it. Requests are served one
// after the other. An empty request ends the thread, once everything before it is done: a worker that is terminated from
// outside while onnxruntime runs takes the whole process down.

const port = parentPort!;
const { graph, element, dims, externalData } = workerData as Start;
env.logLevel = 'fatal';

const say = (reply: Reply, moved: ArrayBuffer[] = []) => port.postMessage(reply, moved);

async function run(session: InferenceSession, { id, data }: Request): Promise<void> {
  const feeds = { [session.inputNames[0]!]: new Tensor(element, data, dims) };
  const { [session.outputNames[0]!]: scores } = await session.run(feeds);
  const result = scores!.data as Float32Array<ArrayBuffer>;
  say({ kind: 'result', id, data: result, dims: scores!.dims }, [result.buffer]);
}

async function serve(session: InferenceSession): Promise<void> {
  let last: Promise<void> = Promise.resolve();
  port.on('message', (request: Request | undefined) => {
    last = last.then(async () => {
      if (request)
        await run(session, request).catch((thrown: unknown) => say({ kind: 'error', id: request.id, message: String(thrown) }));
      else {
        await session.release();
        port.close();
      }
    });
  });
  const [output] = session.outputMetadata;
  say({ kind: 'loaded', dims: output?.isTensor ? output.shape : [] });
}

try {
  const session = await InferenceSession.create(graph, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    logSeverityLevel: 4,
    ...(externalData !== undefined && {
      extra: { session: { model_external_initializers_file_folder_path: externalData } },
    }),
  });
  await serve(session);
} catch (thrown) {
  say({ kind: 'error', id: 0, message: String(thrown) });
  port.close();
}
