import { parentPort } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import { newSamples, typeOf } from '../../tiff/samples/native.js';
import type { Samples } from '../../types.js';
import { mappedDrivers } from '../devices/adapter.js';
import { loadOnnxruntime } from '../devices/load-onnxruntime.js';
import { nodesOfProfile, profilePrefix } from '../devices/profile.js';
import type { Loaded, Request, ScoreData, SharedRequest, SharedWindow, Start, WorkerReply } from './session.js';
import { unpackWindow } from './shared-windows.js';
import { inTurn } from './turn.js';

// A thread for onnxruntime, because `session.run` blocks the thread that calls it. Messages are handled one after the
// other: a graph to load, which replaces the previous one; an input for it; or an empty message, which ends the thread
// once everything before it is done. The thread must end itself: terminating it from outside while onnxruntime runs
// crashes the whole process.

const port = parentPort!;
const onnxruntime = loadOnnxruntime();
onnxruntime.env.logLevel = 'fatal';

/** The loaded graph. */
interface Held {
  readonly session: InferenceSession;
  /** What it was started with, except the bytes, which onnxruntime has. */
  readonly start: Omit<Start, 'graph' | 'trial'>;
  /** The shape of the last run's output. */
  known?: readonly number[];
  /** Input and output that do not leave this thread. */
  images?: Samples<ArrayBuffer>;
  scores?: ScoreData;
}

let held: Held | undefined;
/** The memories that the windows of the last request lay in. */
let memories: readonly SharedArrayBuffer[] = [];
let last: Promise<void> = Promise.resolve();
port.on('message', (message: Start | Request | SharedRequest | undefined) => {
  last = last.then(() => {
    if (message === undefined) return leave();
    if ('graph' in message) return load(message);
    return 'windows' in message ? answerShared(message, held!) : answer(message, held!);
  });
});

const say = (reply: WorkerReply, moved: ArrayBuffer[] = []) => port.postMessage(reply, moved);

async function load(start: Start): Promise<void> {
  await release();
  const { graph, trial: _, ...rest } = start;
  try {
    const prefix = start.trial && profilePrefix();
    const trial = await inTurn(start.turn, async () => {
      const session = await onnxruntime.InferenceSession.create(graph, sessionOptions(start, prefix));
      held = { session, start: rest };
      return prefix && (await tried(session, start, prefix));
    });
    const [shape] = held!.session.outputMetadata;
    say({ kind: 'loaded', dims: shape?.isTensor ? shape.shape : [], ...trial });
  } catch (thrown) {
    say({ kind: 'error', id: 0, message: String(thrown) });
    await leave();
  }
}

async function release(): Promise<void> {
  if (!held) return;
  const { session, start } = held;
  held = undefined;
  await inTurn(start.turn, () => session.release());
}

async function leave(): Promise<void> {
  await release();
  port.close();
}

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
    // From the second run on, a pattern takes all memory of a window in one piece, beside what the first run took: half as much
    // again with a U-Net on the CPU, and nothing was faster for it.
    enableMemPattern: provider !== 'cpu',
    logSeverityLevel: 4,
    ...(prefix && { enableProfiling: true, profileFilePrefix: prefix }),
    extra: { session: { model_external_initializers_file_folder_path: externalData } },
  };
}

/** Runs the graph once with onnxruntime's profiler on. Only the profiler tells where each node ran. */
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

async function answer({ id, data, scores: memory }: Request, graph: Held): Promise<void> {
  try {
    const { scores, busy } = await run(graph, data, memory);
    const result = scores.data as Float32Array<ArrayBuffer>;
    say({ kind: 'result', id, data: result, dims: scores.dims, input: data, busy }, [result.buffer, data.buffer]);
  } catch (thrown) {
    say({ kind: 'error', id, message: String(thrown), input: data }, [data.buffer]);
  }
}

/** {@link answer} for windows in shared memory, which onnxruntime does not take. */
async function answerShared({ id, memories: sent, type, windows: packed }: SharedRequest, graph: Held): Promise<void> {
  try {
    if (sent) memories = sent;
    const windows = packed.map((each) => unpackWindow(each, memories, type));
    graph.images ??= inputFor(windows[0]!.pixels, graph.start);
    for (const [slot, { pixels }] of windows.entries()) graph.images.set(pixels, slot * pixels.length);
    const { scores, busy } = await run(graph, graph.images, graph.scores);
    graph.scores = scores.data as ScoreData;
    share(graph.scores, windows);
    say({ kind: 'written', id, dims: scores.dims, busy });
  } catch (thrown) {
    say({ kind: 'error', id, message: String(thrown) });
  }
}

/** Runs the graph; the scores are in `memory` if there is some. */
async function run(graph: Held, data: Samples<ArrayBuffer>, memory: ScoreData | undefined) {
  const { session, start, known } = graph;
  const { element, dims, scores: type = 'float32', turn } = start;
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!];
  const images = { [input]: new onnxruntime.Tensor(element, data, dims) };
  const into = memory && known && { [output]: new onnxruntime.Tensor(type, memory as Uint8Array, known) };
  const [{ [output]: scores }, busy] = await inTurn(turn, async () => {
    const began = performance.now();
    const given = await (into ? session.run(images, into) : session.run(images));
    return [given, performance.now() - began] as const;
  });
  graph.known = scores!.dims;
  return { scores: scores!, busy };
}

/** Memory for a whole batch of windows of such samples. */
function inputFor(pixels: Samples, { dims }: Held['start']): Samples<ArrayBuffer> {
  return newSamples(
    typeOf(pixels),
    dims.reduce((a, b) => a * b),
  );
}

/** Writes the scores of a batch as floats into the memory of its windows. */
function share(data: ScoreData, windows: readonly SharedWindow[]): void {
  let from = 0;
  for (const { scores } of windows) {
    if (data instanceof Uint8Array) for (let i = 0; i < scores.length; i++) scores[i] = data[from + i]! / 255;
    else scores.set(data.subarray(from, from + scores.length));
    from += scores.length;
  }
}
