import { inSharedMemory } from '../../../io/threads/shared-bytes.js';
import type { Device } from '../../devices/device.js';
import { type ModelProto, parseModel, serializeModel } from '../format/onnx.js';
import { blockedWalk, isChannelConcat } from './blocked.js';
import { restateResizes } from './resizes.js';
import { splitConvolutions } from './split-convolutions.js';
import { widenSkips } from './widen-skips.js';

/** What was made of graphs for the CPU: all its workers load the same. */
const made = new WeakMap<Uint8Array, Promise<Uint8Array>>();

/**
 * A graph as a device is to load it. For the CPU, it is rewritten so that onnxruntime can keep its blocked layout all the way
 * and copies less; see {@link restateResizes}, {@link widenSkips} and {@link splitConvolutions}. The scores are the same but for
 * the order in which sums are rounded. Other devices have no such layout and get the graph as it is.
 *
 * @param bytes of a whole graph, which must not change any more
 * @param channelBlock tells how many channels a block has; only asked for the CPU, and if the graph has concatenations
 * @returns `bytes` themselves if nothing had to be changed; otherwise others, in shared memory if `bytes` are
 */
export function deviceGraph(bytes: Uint8Array, { provider }: Device, channelBlock: () => Promise<number>): Promise<Uint8Array> {
  if (provider !== 'cpu') return Promise.resolve(bytes);
  const known = made.get(bytes);
  if (known) return known;
  const graph = rewritten(bytes, channelBlock);
  made.set(bytes, graph);
  graph.catch(() => made.delete(bytes));
  return graph;
}

async function rewritten(bytes: Uint8Array, channelBlock: () => Promise<number>): Promise<Uint8Array> {
  const model = parseModel(bytes);
  const isRestated = restateResizes(model, blockedWalk(model));
  const isFilled = model.graph!.node.some(isChannelConcat) && fitToBlocks(model, await channelBlock());
  if (!isRestated && !isFilled) return bytes;
  const graph = serializeModel(model);
  return bytes.buffer instanceof SharedArrayBuffer ? inSharedMemory(graph) : graph;
}

/** Convolutions are split only where tensors fill their blocks, so skip connections are widened first. */
function fitToBlocks(model: ModelProto, block: number): boolean {
  const isWidened = widenSkips(model, block);
  return splitConvolutions(model, block) || isWidened;
}
