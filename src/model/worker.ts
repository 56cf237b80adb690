import { parentPort } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import { mappedDrivers } from './adapter.js';
import { loadOnnxruntime } from './load-onnxruntime.js';
import { nodesOfProfile, profilePrefix } from './profile.js';
import type { Loaded, Reply, Request, Start } from './session.js';
import { inTurn } from './turn.js';

// One onnxruntime session in a thread of its own, because `session.run` blocks the thread that calls it. Requests are served one
// after the other. An empty request ends the thread, once everything before it is done: a worker that is terminated from
// outside while onnxruntime runs takes the whole process down.

const port = parentPort!;
const onnxruntime = loadOnnxruntime();
onnxruntime.env.logLevel = 'fatal';

const say = (reply: Reply, moved: ArrayBuffer[] = []) => port.postMessage(reply, moved);

// The graph comes as a message and stays inside this function, so that its bytes are gone once onnxruntime has loaded them.
port.once('message', async (start: Start) => {
  let session: InferenceSession | undefined;
  try {
    const prefix = start.trial && profilePrefix();
    const trial = await inTurn(start.turn, async () => {
      session = await onnxruntime.InferenceSession.create(start.graph, sessionOptions(start, prefix));
      return prefix && (await tried(session, start, prefix));
    });
    const [shape] = session!.outputMetadata;
    const dims = shape?.isTensor ? shape.shape : [];
    serve(session!, start);
    say({ kind: 'loaded', dims, ...trial });
  } catch (thrown) {
    say({ kind: 'error', id: 0, message: String(thrown) });
    await inTurn(start.turn, async () => session?.release());
    port.close();
  }
});

function sessionOptions(
  { device = { provider: 'cpu' }, externalData }: Start,
  prefix: string | undefined,
): InferenceSession.SessionOptions {
  const { provider, index } = device;
  return {
    executionProviders: [index === undefined ? provider : { name: provider, deviceId: index }],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    logSeverityLevel: 4,
    ...(prefix && { enableProfiling: true, profileFilePrefix: prefix }),
    extra: { session: { model_external_initializers_file_folder_path: externalData } },
  };
}

/** Runs the graph once with onnxruntime's profiler on, which is the only one that says where each node ran. */
async function tried(
  session: InferenceSession,
  { element, dims, trial }: Start,
  prefix: string,
): Promise<Omit<Loaded, 'dims'>> {
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!];
  const { [output]: scores } = await session.run({ [input]: new onnxruntime.Tensor(element, trial!, dims) });
  session.endProfiling();
  return { first: scores!.data as Float32Array<ArrayBuffer>, nodes: await nodesOfProfile(prefix), drivers: mappedDrivers() };
}

function serve(session: InferenceSession, { element, dims, scores: type = 'float32', turn }: Start): void {
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!];
  let last: Promise<void> = Promise.resolve();
  let known: readonly number[] | undefined;
  port.on('message', (request: Request | undefined) => {
    last = last.then(() => (request ? answer(request) : leave()));
  });

  async function answer({ id, data, scores: memory }: Request): Promise<void> {
    try {
      const images = { [input]: new onnxruntime.Tensor(element, data, dims) };
      const into = memory && known && { [output]: new onnxruntime.Tensor(type, memory as Uint8Array, known) };
      const [{ [output]: scores }, busy] = await inTurn(turn, async () => {
        const began = performance.now();
        const given = await (into ? session.run(images, into) : session.run(images));
        return [given, performance.now() - began] as const;
      });
      const result = scores!.data as Float32Array<ArrayBuffer>;
      known = scores!.dims;
      say({ kind: 'result', id, data: result, dims: known, input: data, busy }, [result.buffer, data.buffer]);
    } catch (thrown) {
      say({ kind: 'error', id, message: String(thrown), input: data }, [data.buffer]);
    }
  }

  async function leave(): Promise<void> {
    await inTurn(turn, () => session.release());
    port.close();
  }
}
