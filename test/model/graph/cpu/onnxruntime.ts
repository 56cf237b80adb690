import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { loadOnnxruntime } from '../../../../dist/model/devices/load-onnxruntime.js';
import {
  type ModelProto,
  type NodeProto,
  network,
  node,
  parseModel,
  serializeModel,
  tensor,
  valueInfo,
} from '../../../../dist/model/graph/format/onnx.js';
import { random } from '../../networks.ts';

type Weights = ReturnType<typeof tensor>;

/** As segtile's threads run it on the CPU, without what segtile changes in the graph. */
const options: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  logSeverityLevel: 4,
};

/** What onnxruntime gives for noise from 0 to 1 in the first input of a model. */
export async function outputOf(model: ModelProto, dims: readonly number[]): Promise<Float32Array> {
  const next = random(5);
  const noise = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, next);
  return (await ran(serializeModel(model), noise, dims)).data as Float32Array;
}

/** The shape of what onnxruntime gives for zeros. */
export async function shapeOf(graph: Uint8Array, dims: readonly number[]): Promise<{ dims: readonly number[] }> {
  return ran(graph, new Float32Array(dims.reduce((a, b) => a * b)), dims);
}

async function ran(graph: Uint8Array, image: Float32Array, dims: readonly number[]): Promise<Tensor> {
  const { InferenceSession: Sessions, Tensor: Image, env } = loadOnnxruntime();
  env.logLevel = 'fatal';
  const session = await Sessions.create(graph, options);
  try {
    const given = await session.run({ [session.inputNames[0]!]: new Image('float32', image, dims) });
    return given[session.outputNames[0]!] as Tensor;
  } finally {
    await session.release();
  }
}

/** The node that makes a tensor. */
export function madeBy({ graph }: ModelProto, output: string): NodeProto {
  return graph!.node.find((each) => each.output.includes(output))!;
}

/** A model as onnxruntime runs it here, with its own operators. */
export async function optimized(model: ModelProto): Promise<ModelProto> {
  const folder = mkdtempSync(join(tmpdir(), 'segtile-optimized-'));
  try {
    const optimizedModelFilePath = join(folder, 'optimized.onnx');
    const { InferenceSession: Sessions } = loadOnnxruntime();
    const session = await Sessions.create(serializeModel(model), { ...options, optimizedModelFilePath });
    await session.release();
    return parseModel(new Uint8Array(readFileSync(optimizedModelFilePath)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Builds a graph of float32 with weights from a seed. */
export function sketch(seed = 1) {
  const next = random(seed);
  const nodes: NodeProto[] = [];
  const weights: Weights[] = [];
  const add = (...made: readonly NodeProto[]) => {
    nodes.push(...made);
    return made.at(-1)!.output[0]!;
  };
  return {
    nodes,
    weights,
    add,
    weight: (...made: readonly Weights[]) => weights.push(...made),
    /** A convolution that keeps the size of values about as it is, and its padding the size of the plane. */
    conv(input: string, output: string, [from, to]: readonly [number, number], side = 3, stride = 1): string {
      const spread = Math.sqrt(6 / (from * side * side));
      const kernel = Float32Array.from({ length: to * from * side * side }, () => spread * (next() - 0.5));
      weights.push(
        tensor(`${output} kernel`, kernel, [to, from, side, side]),
        tensor(
          `${output} bias`,
          Float32Array.from({ length: to }, () => next() - 0.5),
        ),
      );
      const [pad, step] = [BigInt(side >> 1), BigInt(stride)];
      const inputs = [input, `${output} kernel`, `${output} bias`];
      return add(node('Conv', inputs, output, { pads: [pad, pad, pad, pad], strides: [step, step] }));
    },
    model: (dims: readonly number[], outputs: readonly string[], opset = 17) =>
      network({
        inputs: [valueInfo('image', 'float32', dims)],
        outputs: outputs.map((name) => valueInfo(name, 'float32')),
        nodes,
        weights,
        opset,
      }),
  };
}
