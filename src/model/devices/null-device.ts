import type * as Onnxruntime from 'onnxruntime-node';
import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-node';

/**
 * The variable of the environment that puts {@link nullDevice} in the place of onnxruntime's runs. It is for benchmarks
 * that measure everything except the network. Results of such a run mean nothing.
 */
export const NULL_DEVICE = 'SEGTILE_BENCH_NULL_DEVICE';

/**
 * onnxruntime whose sessions run once for each shape of scores, to find their type, and then answer every run at once. The scores
 * are the same for every window: blobs of a few tens of pixels, so that labels have as many borders as real ones.
 */
export function nullDevice(onnxruntime: typeof Onnxruntime): typeof Onnxruntime {
  const create = async (graph: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> =>
    answeringAtOnce(await onnxruntime.InferenceSession.create(graph, options), onnxruntime.Tensor);
  return { ...onnxruntime, InferenceSession: { create } as typeof onnxruntime.InferenceSession };
}

function answeringAtOnce(session: InferenceSession, Scores: typeof Tensor): InferenceSession {
  const [name] = session.outputNames;
  // By shape: a graph may be told to give a part of its scores.
  const all = new Map<string, Tensor>();
  const run = async (images: InferenceSession.FeedsType, into?: InferenceSession.FetchesType): Promise<object> => {
    const given = (into as Record<string, OnnxValue> | undefined)?.[name!] as Tensor | undefined;
    const shape = given?.dims.join() ?? 'whole';
    let canned = all.get(shape);
    if (!canned) {
      const { [name!]: first } = await session.run(images);
      canned = new Scores(first!.type as 'float32', blobs(first as Tensor) as Float32Array, first!.dims);
      all.set(shape, canned);
    }
    const scores = (given?.data ?? new (canned.data.constructor as typeof Float32Array)(canned.size)) as Float32Array;
    const known = canned.data as Float32Array;
    // Memory that comes back has the scores already.
    if (scores.at(-1) !== known.at(-1) || scores[0] !== known[0]) scores.set(known);
    return { [name!]: given ?? new Scores(canned.type as 'float32', scores, canned.dims) };
  };
  return new Proxy(session, {
    get: (of, key) => {
      if (key === 'run') return run;
      const value: unknown = Reflect.get(of, key, of);
      return typeof value === 'function' ? value.bind(of) : value;
    },
  });
}

/** Scores from 0 to 1, of the type and shape of a network's: planes of `height` by `width`. */
function blobs({ data, dims }: Tensor): Tensor['data'] {
  const [channels = 1, height = 1, width = 1] = dims.slice(-3);
  const scores = data.slice() as Float32Array;
  const full = data instanceof Uint8Array ? 255 : 1;
  const waves = (count: number, shift: number, length: number): Float64Array =>
    Float64Array.from({ length: count }, (_, at) => Math.sin((at + shift) / length));
  for (let at = 0, plane = 0; at < scores.length; plane = (plane + 1) % channels) {
    const [across, down] = [waves(width, 7 * plane, 9), waves(height, 11 * plane, 11)];
    for (const wave of down) for (let x = 0; x < width; x++) scores[at++] = full * (0.49 + 0.45 * across[x]! * wave);
  }
  return scores;
}
