import { elementCode, type GraphProto, type NodeProto, type TensorProto } from '../graph/format/onnx.js';
import { hasSubgraph } from '../graph/prune.js';

/** Constant numbers in a network, which do not depend on its input. */
export interface Numbers {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** Look-ups for walking through a graph. */
export interface GraphWalk {
  /** The node that computes a tensor; undefined for the image and the weights. */
  maker(tensor: string): NodeProto | undefined;
  /** The nodes that use a tensor, in the order of the graph. */
  users(tensor: string): readonly NodeProto[];
  /** Whether a tensor depends on the samples of the image. A dependence on the image's size alone does not count. */
  varies(tensor: string): boolean;
  /** The numbers of a constant tensor, if they are inside the file and no more than a small kernel has. */
  numbers(tensor: string): Numbers | undefined;
}

/** Tensors with more numbers than this are not read. It is enough for scales, axes and small kernels. */
const MOST_NUMBERS = 65_536;

/** Operations that only look at the size of a tensor. */
const measures = new Set(['Shape', 'Size']);

/**
 * Prepares a graph for walks.
 *
 * @param image name of the input with the image
 */
export function walkOf(graph: GraphProto, image: string): GraphWalk {
  const makers = new Map<string, NodeProto>();
  const users = new Map<string, NodeProto[]>();
  const varying = new Set([image]);
  for (const node of graph.node) {
    for (const name of node.output) makers.set(name, node);
    for (const name of new Set(node.input)) users.set(name, [...(users.get(name) ?? []), node]);
    // The nodes of a file are in the order of execution. A node with a subgraph may depend on any tensor.
    if (!measures.has(node.opType) && (hasSubgraph(node) || node.input.some((name) => varying.has(name))))
      for (const name of node.output) varying.add(name);
  }
  const weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const numbers = (tensor: string, depth = 0): Numbers | undefined => {
    const weight = weights.get(tensor);
    if (weight) return numbersOf(weight);
    const node = makers.get(tensor);
    if (!node || depth > 8) return undefined;
    if (node.opType === 'Constant') return constantOf(node);
    if (!['Identity', 'Cast', 'Unsqueeze', 'Squeeze'].includes(node.opType)) return undefined;
    const from = numbers(node.input[0] ?? '', depth + 1);
    const one = from && from.values.length === 1 ? from : undefined;
    return node.opType === 'Unsqueeze' || node.opType === 'Squeeze' ? one && { dims: [1], values: one.values } : from;
  };
  return {
    maker: (tensor) => makers.get(tensor),
    users: (tensor) => users.get(tensor) ?? [],
    varies: (tensor) => varying.has(tensor),
    numbers: (tensor) => numbers(tensor),
  };
}

/** The value of an attribute that is an integer or a list of integers; undefined if the node has no attribute of that name. */
export function wholeNumbers({ attribute }: NodeProto, name: string): readonly number[] | undefined {
  const found = attribute.find((each) => each.name === name);
  if (!found) return undefined;
  return found.ints.length > 0 ? found.ints.map(Number) : [Number(found.i)];
}

/** The value of an attribute that is a string; undefined if the node has no attribute of that name. */
export function textOf({ attribute }: NodeProto, name: string): string | undefined {
  const found = attribute.find((each) => each.name === name);
  return found && Buffer.from(found.s).toString();
}

/** Whether an operator belongs to ONNX itself, not to another domain that may use the same names. */
export function isStandard({ domain }: NodeProto): boolean {
  return domain === '' || domain === 'ai.onnx';
}

function constantOf(node: NodeProto): Numbers | undefined {
  const [value] = node.attribute;
  if (!value) return undefined;
  if (value.name === 'value') return value.t && numbersOf(value.t);
  if (value.name === 'value_float') return { dims: [], values: [value.f] };
  if (value.name === 'value_int') return { dims: [], values: [Number(value.i)] };
  const list = value.name === 'value_floats' ? value.floats : value.name === 'value_ints' ? value.ints.map(Number) : undefined;
  return list && { dims: [list.length], values: list };
}

/** The numbers of a tensor, from its raw bytes or from the lists in which small tensors are written. */
function numbersOf(tensor: TensorProto): Numbers | undefined {
  const dims = tensor.dims.map(Number);
  const count = dims.reduce((product, size) => product * size, 1);
  if (count > MOST_NUMBERS || tensor.dataLocation === 1) return undefined;
  const { rawData } = tensor;
  const values = rawData.length > 0 ? rawNumbers(rawData, tensor.dataType) : listedNumbers(tensor);
  return values && values.length === count ? { dims, values } : undefined;
}

function rawNumbers(bytes: Uint8Array, code: number): number[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const each = (size: number, read: (at: number) => number) =>
    Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => read(i * size));
  if (code === elementCode.float32) return each(4, (at) => view.getFloat32(at, true));
  if (code === elementCode.float64) return each(8, (at) => view.getFloat64(at, true));
  if (code === elementCode.float16) return each(2, (at) => halfFloat(view.getUint16(at, true)));
  if (code === elementCode.int64) return each(8, (at) => Number(view.getBigInt64(at, true)));
  if (code === elementCode.int32) return each(4, (at) => view.getInt32(at, true));
  if (code === elementCode.uint8) return [...bytes];
  return undefined;
}

/** The number that the 16 bits of a float16 stand for. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Fields of TensorProto that the generated reader skips because only this module needs them: `float_data`, `int32_data`,
 * `int64_data`, `double_data`.
 */
const lists: Readonly<Record<number, 'float' | 'double' | 'varint'>> = { 4: 'float', 5: 'varint', 7: 'varint', 10: 'double' };

function listedNumbers({ $unknown = [] }: TensorProto): number[] {
  return $unknown.flatMap(({ no, wireType, data }) => {
    const kind = lists[no];
    if (!kind) return [];
    // A packed list begins with its length, as a varint.
    const bytes = wireType === 2 ? data.subarray(varint(data, 0).end) : data;
    if (kind === 'float') return rawNumbers(bytes, elementCode.float32)!;
    if (kind === 'double') return rawNumbers(bytes, elementCode.float64)!;
    const values: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const { value, end } = varint(bytes, at);
      values.push(Number(BigInt.asIntN(64, value)));
      at = end;
    }
    return values;
  });
}

function varint(bytes: Uint8Array, from: number): { value: bigint; end: number } {
  let value = 0n;
  let at = from;
  for (let shift = 0n; at < bytes.length; shift += 7n) {
    const byte = bytes[at++]!;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) break;
  }
  return { value, end: at };
}
