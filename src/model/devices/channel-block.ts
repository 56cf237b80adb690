import { reason } from '../../errors.js';
import { network, node, serializeModel, valueInfo } from '../graph/format/onnx.js';

/** The domain of the operators of onnxruntime's blocked layout, which are there only where it has kernels for it. */
const BLOCKED = 'com.microsoft.nchwc';

/** onnxruntime brings four channels or a multiple of them into its blocked layout. */
const CHANNELS = 4;

/** Runs a graph once on zeros of some shape, and tells the shape of its output. */
export type ShapeOf = (graph: Uint8Array, dims: readonly number[]) => Promise<{ readonly dims: readonly number[] }>;

/**
 * Asks how many channels onnxruntime keeps in one block in its layout for convolutions on this machine's CPU (NCHWc): 16 with
 * AVX-512, 8 on other processors of the x86 family; 1 if it has no such layout here. The question is a run that brings four
 * channels into that layout, which fills them up to a block.
 *
 * @throws what onnxruntime throws, unless it is that the layout does not exist
 */
export async function channelBlock(shapeOf: ShapeOf): Promise<number> {
  const reorder = node('ReorderInput', ['plain'], 'blocked');
  reorder.domain = BLOCKED;
  const dims = [1, CHANNELS, 1, 1];
  const graph = network({
    inputs: [valueInfo('plain', 'float32', dims)],
    outputs: [valueInfo('blocked', 'float32')],
    nodes: [reorder],
    domains: [BLOCKED],
  });
  try {
    return (await shapeOf(serializeModel(graph), dims)).dims[1]!;
  } catch (thrown) {
    if (hasNoSuchOperator(reason(thrown))) return 1;
    throw thrown;
  }
}

/** Whether a message of onnxruntime means that it does not have an operator, or no kernel for it. */
function hasNoSuchOperator(message: string): boolean {
  return /is not a registered function\/op|No Op registered|No schema registered|Could not find an implementation/.test(
    message,
  );
}
