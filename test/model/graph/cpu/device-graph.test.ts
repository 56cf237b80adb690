import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundledModel } from '../../../../dist/model/card/bundled.js';
import { channelBlock } from '../../../../dist/model/devices/channel-block.js';
import { loadOnnxruntime } from '../../../../dist/model/devices/load-onnxruntime.js';
import { deviceGraph } from '../../../../dist/model/graph/cpu/device-graph.js';
import { type Dim, type ModelProto, parseModel, serializeModel, valueInfo } from '../../../../dist/model/graph/format/onnx.js';
import { startThread } from '../../../../dist/model/sessions/thread.js';
import { identityNetwork, unet } from '../../networks.ts';
import { farthest, noise } from '../../run.ts';
import { optimized, shapeOf, sketch } from './onnxruntime.ts';

/** The channels of a block by what onnxruntime makes of a convolution with one output: it fills its weights up to a block. */
async function blockOfWeights(): Promise<number> {
  const { conv, model } = sketch();
  const { graph } = await optimized(model([1, 3, 8, 8], [conv('image', 'score', [3, 1])]));
  const isBlocked = graph!.node.some(({ domain }) => domain === 'com.microsoft.nchwc');
  const outputs = graph!.initializer.flatMap(({ dims }) => (dims.length === 4 ? [Number(dims[0])] : []));
  return isBlocked ? Math.max(...outputs) : 1;
}

const widths = (graph: Uint8Array) =>
  (parseModel(graph) as ModelProto).graph!.node.flatMap(({ opType, attribute }) =>
    opType === 'Constant' ? attribute.flatMap(({ t }) => (t?.dims.length === 4 ? [Number(t.dims[0])] : [])) : [],
  );

describe('channelBlock', () => {
  it('is what onnxruntime fills weights up to on this machine', async () => {
    expect(await channelBlock(shapeOf)).toBe(await blockOfWeights());
  });

  it('is 1 where onnxruntime does not have the layout, and no guess where it fails otherwise', async () => {
    const unknown = (graph: Uint8Array, dims: readonly number[]) => {
      const other = parseModel(graph);
      other.graph!.node[0]!.opType = 'ReorderNothing';
      return shapeOf(serializeModel(other), dims);
    };
    expect(await channelBlock(unknown)).toBe(1);
    await expect(channelBlock(() => Promise.reject(new Error('out of memory')))).rejects.toThrow('out of memory');
  });
});

describe('deviceGraph', () => {
  const sixteen = async () => 16;

  it('only the CPU gets another graph, and the question is asked for it alone', async () => {
    const graph = unet(2.06);
    const never = () => Promise.reject(new Error('asked'));
    for (const provider of ['cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'] as const)
      expect(await deviceGraph(graph, { provider }, never)).toBe(graph);
    await expect(deviceGraph(graph, { provider: 'cpu' }, never)).rejects.toThrow('asked');
    expect(widths(await deviceGraph(graph, { provider: 'cpu' }, sixteen))).toContain(16);
  });

  it('all workers get the same bytes, and a graph with nothing to change is left alone', async () => {
    const graph = unet(2.06);
    const first = deviceGraph(graph, { provider: 'cpu' }, sixteen);
    expect(await deviceGraph(graph, { provider: 'cpu' }, sixteen)).toBe(await first);
    const plain = identityNetwork();
    expect(await deviceGraph(plain, { provider: 'cpu' }, sixteen)).toBe(plain);
  });

  it.each(['kidney', 'nuclei'])('%s is widened for blocks of 16, and split for all; not where there are none', async (name) => {
    const model = parseModel(new Uint8Array(readFileSync(bundledModel(name))));
    const graph = (size: Dim) => {
      model.graph!.input = [valueInfo(model.graph!.input[0]!.name, 'float32', [1, 3, size, size])];
      return serializeModel(model);
    };
    const given = (block: number) => deviceGraph(graph(512), { provider: 'cpu' }, async () => block);
    const splits = (bytes: Uint8Array) => parseModel(bytes).graph!.node.filter(({ opType }) => opType === 'FusedConv').length;
    const [sixteens, eights] = [await given(16), await given(8)];
    expect(widths(sixteens)).toContain(16);
    expect([splits(sixteens), splits(eights)]).toEqual(name === 'kidney' ? [4, 4] : [3, 3]);
    expect(widths(sixteens).length).toBeGreaterThan(widths(eights).length);
    expect(widths(await given(1))).toEqual([]);
    // It enlarges to sizes that it computes. Where the image may have any, onnxruntime does so outside of its blocks: then nothing
    // is widened, and only what fills blocks is split.
    const any = await deviceGraph(graph('any'), { provider: 'cpu' }, sixteen);
    expect(widths(any)).toEqual(name === 'kidney' ? [64, 64, 32, 32, 16, 16] : [32, 32, 16, 16]);
  });

  it('a thread gives the scores of the graph as it is', async () => {
    const graph = unet(2.06);
    const dims = [1, 3, 64, 64];
    const image = Float32Array.from(noise({ width: 64, height: 64 }), (value) => value / 255);
    const thread = startThread();
    const session = await thread.load({ graph, element: 'float32', dims, externalData: '' });
    const given = (await session.run(image.slice())).data as Float32Array;
    await thread.close();
    const { InferenceSession, Tensor } = loadOnnxruntime();
    const bare = await InferenceSession.create(graph, { logSeverityLevel: 4 });
    const { out } = await bare.run({ image: new Tensor('float32', image, dims) });
    expect(farthest(given, out!.data as Float32Array)).toBeLessThan(1e-5); // of logits up to 100
  });
});
