import { parentPort } from 'node:worker_threads';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { free } from '../../io/threads/free.js';
import { newSamples, typeOf } from '../../tiff/samples/native.js';
import type { Box, Samples, Size } from '../../types.js';
import { mappedDrivers } from '../devices/adapter.js';
import { loadOnnxruntime } from '../devices/load-onnxruntime.js';
import { nodesOfProfile, profilePrefix } from '../devices/profile.js';
import type { Loaded, Request, ScoreData, ShapeRequest, SharedRequest, Start, WorkerReply } from './session.js';
import { copyPixels, shareScores, unpackWindow } from './shared-windows.js';
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
  /** The shape of the output for whole windows, from the first run of some. */
  known?: readonly number[];
  /** Input and output that do not leave this thread. */
  images?: Samples<ArrayBuffer>;
  scores?: ScoreData;
}

let held: Held | undefined;
/** The memories that the windows of the last request lay in. */
let memories: readonly SharedArrayBuffer[] = [];
let last: Promise<void> = Promise.resolve();
port.on('message', (message: Start | Request | SharedRequest | ShapeRequest | undefined) => {
  last = last.then(() => {
    if (message === undefined) return leave();
    if ('graph' in message) return load(message);
    if ('once' in message) return sayShape(message);
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
      // onnxruntime takes no shared memory.
      const own = graph.buffer instanceof SharedArrayBuffer ? graph.slice() : graph;
      const session = await onnxruntime.InferenceSession.create(own, sessionOptions(start, prefix));
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
  const output = session.outputNames[0]!;
  const [, height, width] = dims as readonly [number, number, number, number];
  const images = new onnxruntime.Tensor(element, trial!, dims);
  const { [output]: scores } = await session.run(feeds(session, images, { x: 0, y: 0, width, height }));
  session.endProfiling();
  return { first: scores!.data as Float32Array<ArrayBuffer>, nodes: await nodesOfProfile(prefix), drivers: mappedDrivers() };
}

async function sayShape({ id, once, dims }: ShapeRequest): Promise<void> {
  try {
    const start: Start = { graph: once, element: 'float32', dims, externalData: '' };
    const session = await onnxruntime.InferenceSession.create(once, sessionOptions(start, undefined));
    const zeros = new onnxruntime.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b)), dims);
    const { [session.outputNames[0]!]: scores } = await session.run({ [session.inputNames[0]!]: zeros });
    await session.release();
    say({ kind: 'shape', id, dims: scores!.dims });
  } catch (thrown) {
    say({ kind: 'error', id, message: String(thrown) });
  }
}

async function answer({ id, data, scores: memory }: Request, graph: Held): Promise<void> {
  try {
    const { scores, busy } = await run(graph, data, memory, graph.known);
    graph.known = scores.dims;
    const result = scores.data as Float32Array<ArrayBuffer>;
    say({ kind: 'result', id, data: result, dims: scores.dims, input: data, busy }, [result.buffer, data.buffer]);
  } catch (thrown) {
    say({ kind: 'error', id, message: String(thrown), input: data }, [data.buffer]);
  }
}

/** {@link answer} for windows in shared memory, which onnxruntime does not take. */
async function answerShared(
  { id, memories: sent, type, part, shown, windows: packed }: SharedRequest,
  graph: Held,
): Promise<void> {
  try {
    if (sent) memories = sent;
    const windows = packed.map((each) => unpackWindow(each, memories, type));
    graph.images ??= inputFor(windows[0]!.pixels, graph.start);
    const window = windowOf(graph.start);
    const seen = shown ?? { x: 0, y: 0, ...window };
    if (shown) copyPixels(windows[0]!.pixels, window, shown, graph.images);
    else for (const [slot, { pixels }] of windows.entries()) graph.images.set(pixels, slot * pixels.length);
    const { part: given, dims } = sharedScores(graph, windows[0]!.scores.length, part, seen);
    const length = dims.reduce((a, b) => a * b);
    if (!graph.scores || graph.scores.length < length) graph.scores = newScores(graph.start, length);
    const within = { ...given, x: given.x - seen.x, y: given.y - seen.y };
    const { scores, busy } = await run(graph, graph.images, graph.scores.subarray(0, length), dims, within, seen);
    const found = scores.data as ScoreData;
    shareScores(found, given, window, windows);
    // onnxruntime gives memory of its own, too, where it was given some.
    if (found.buffer !== graph.scores.buffer) free(found.buffer);
    say({ kind: 'written', id, busy });
  } catch (thrown) {
    say({ kind: 'error', id, message: String(thrown) });
  }
}

/** The size of the windows of a graph that segtile made. */
function windowOf({ dims }: Held['start']): Size {
  const [, height, width] = dims as readonly [number, number, number, number];
  return { width, height };
}

/**
 * The part of windows whose scores a run of the graph gives, and the shape of its output for a whole batch.
 *
 * @param each how many scores a whole window has
 * @param part that is wanted; all if undefined
 * @param seen what the graph sees of a window
 */
function sharedScores({ session, start }: Held, each: number, part: Box | undefined, seen: Box) {
  const window = windowOf(start);
  const isCut = session.inputNames.length > 1;
  const given = isCut && part ? part : seen;
  const [batch, channels] = [start.dims[0]!, each / (window.width * window.height)];
  const sizes = [channels, given.height, given.width];
  return { part: given, dims: [batch, ...(start.scores === 'uint8' ? [sizes.reduce((a, b) => a * b)] : sizes)] };
}

/**
 * Runs the graph.
 *
 * @param memory for the scores, if there is some and their shape is known
 * @param part of what the graph sees whose scores are given, if the graph gives parts; all by default
 * @param seen the size of what the graph sees of each window; `data` may be longer
 */
async function run(
  { session, start }: Held,
  data: Samples<ArrayBuffer>,
  memory: ScoreData | undefined,
  shape: readonly number[] | undefined,
  part: Box = { x: 0, y: 0, ...windowOf(start) },
  { width, height }: Size = windowOf(start),
) {
  const { element, scores: type = 'float32', turn } = start;
  const output = session.outputNames[0]!;
  const [batch, , , channels] = start.dims as readonly [number, number, number, number];
  const dims = [batch, height, width, channels];
  const pixels = data.subarray(0, batch * height * width * channels);
  const images = feeds(session, new onnxruntime.Tensor(element, pixels, dims), part);
  const into = memory && shape && { [output]: new onnxruntime.Tensor(type, memory as Uint8Array, shape) };
  const [{ [output]: scores }, busy] = await inTurn(turn, async () => {
    const began = performance.now();
    const given = await (into ? session.run(images, into) : session.run(images));
    return [given, performance.now() - began] as const;
  });
  return { scores: scores!, busy };
}

/** Memory for a whole batch of windows of such samples. */
function inputFor(pixels: Samples, { dims }: Held['start']): Samples<ArrayBuffer> {
  return newSamples(
    typeOf(pixels),
    dims.reduce((a, b) => a * b),
  );
}

/** Memory for scores as the graph gives them. */
function newScores({ scores }: Held['start'], length: number): ScoreData {
  return scores === 'uint8' ? new Uint8Array(length) : new Float32Array(length);
}

/** The inputs of a run, for a graph that gives whole windows, and for one that is told which part to give. */
function feeds({ inputNames }: InferenceSession, images: Tensor, { x, y, width, height }: Box): Record<string, Tensor> {
  const [input, from, to] = inputNames as readonly [string, string?, string?];
  const pair = (...values: readonly number[]): Tensor =>
    new onnxruntime.Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]);
  if (from === undefined || to === undefined) return { [input]: images };
  return { [input]: images, [from]: pair(y, x), [to]: pair(y + height, x + width) };
}
