import { closeSync, openSync, readSync } from 'node:fs';
import { SegtileError } from '../../errors.js';
import { elementCode, type GraphProto, type ModelProto, type NodeProto, type TensorProto } from './format/onnx.js';
import { weightFiles } from './format/weights.js';
import { hasSubgraphs } from './prune.js';

/** Operations that onnxruntime computes on the CPU in float32 (some in float16) only, with learned weights as second input. */
const convolutions = new Set(['Conv', 'ConvTranspose']);

/** Attributes that name the element type of a result. */
const typeAttributes = new Set(['to', 'dtype', 'output_dtype']);

/** Field numbers of onnx.proto that the generated reader skips: `ModelProto.functions` and `TensorProto.double_data`. */
const FUNCTIONS = 25;
const DOUBLE_DATA = 10;

/**
 * Changes a network that convolves in float64 to float32 throughout, because onnxruntime has no such convolutions. Weights
 * are rounded to the nearest float32; what no float32 can hold becomes the largest one.
 *
 * Networks with subgraphs or functions of their own are left as they are, and so are those that have float64 only beside
 * their convolutions, which onnxruntime runs.
 *
 * @param model is changed in place
 * @param path of the file, beside which there may be weights
 * @returns whether the network was changed
 * @throws {SegtileError} as {@link weightFiles}
 */
export function toSinglePrecision(model: ModelProto, path: string): boolean {
  const graph = model.graph!;
  if (!convolvesDoubles(graph) || hasInnerGraphs(model)) return false;
  const files = weightFiles(model, path);
  const single = (tensor: TensorProto): void => roundTensor(tensor, files);
  for (const tensor of graph.initializer) single(tensor);
  for (const { attribute } of graph.node) {
    for (const each of attribute) {
      if (each.t) single(each.t);
      if (typeAttributes.has(each.name) && each.i === BigInt(elementCode.float64)) each.i = BigInt(elementCode.float32);
    }
  }
  for (const { type } of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    if (type?.tensorType?.elemType === elementCode.float64) type.tensorType.elemType = elementCode.float32;
  }
  return true;
}

function convolvesDoubles({ node, initializer }: GraphProto): boolean {
  const doubles = new Set(initializer.filter(isDouble).map(({ name }) => name));
  for (const { opType, attribute, output } of node)
    if (opType === 'Constant' && attribute.some(({ t }) => t && isDouble(t))) doubles.add(output[0]!);
  const reads = ({ opType, input }: NodeProto): boolean => convolutions.has(opType) && doubles.has(input[1] ?? '');
  return node.some(reads);
}

function isDouble({ dataType }: TensorProto): boolean {
  return dataType === elementCode.float64;
}

function hasInnerGraphs({ graph, $unknown = [] }: ModelProto): boolean {
  if ($unknown.some(({ no }) => no === FUNCTIONS)) return true;
  return hasSubgraphs(graph!);
}

function roundTensor(tensor: TensorProto, files: ReadonlyMap<string, string>): void {
  if (!isDouble(tensor)) return;
  const bytes = doubleBytes(tensor, files);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const singles = Float32Array.from({ length: bytes.length / 8 }, (_, i) => rounded(view.getFloat64(8 * i, true)));
  tensor.dataType = elementCode.float32;
  tensor.rawData = new Uint8Array(singles.buffer);
  tensor.externalData = [];
  tensor.dataLocation = 0;
  if (tensor.$unknown) tensor.$unknown = tensor.$unknown.filter(({ no }) => no !== DOUBLE_DATA);
}

/** The largest float32. Masks of attention use the largest float64 in the same sense. */
const LARGEST = Math.fround((2 - 2 ** -23) * 2 ** 127);

function rounded(value: number): number {
  return Number.isFinite(value) ? Math.max(-LARGEST, Math.min(LARGEST, value)) : value;
}

/** The numbers of a tensor of float64, eight bytes each, in little-endian order. */
function doubleBytes(
  { dims, rawData, externalData, $unknown = [] }: TensorProto,
  files: ReadonlyMap<string, string>,
): Uint8Array {
  const entry = (name: string) => externalData.find(({ key }) => key === name)?.value;
  const location = entry('location');
  const count = dims.reduce((product, size) => product * Number(size), 1);
  if (location !== undefined) return bytesOfFile(files.get(location)!, Number(entry('offset') ?? 0), 8 * count);
  if (rawData.length > 0) return rawData;
  // Small tensors may list their numbers: packed behind a length, or each by itself.
  const parts = $unknown
    .filter(({ no }) => no === DOUBLE_DATA)
    .map(({ wireType, data }) => (wireType === 2 ? unpacked(data) : data));
  return Buffer.concat(parts);
}

/** What follows the length, a varint, whose last byte is the first one below 128. */
function unpacked(data: Uint8Array): Uint8Array {
  return data.subarray(data.findIndex((byte) => byte < 128) + 1);
}

function bytesOfFile(path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = openSync(path, 'r');
  try {
    for (let done = 0; done < length; ) {
      const read = readSync(file, bytes, done, length - done, offset + done);
      if (read === 0) {
        const message = `the weights in ${path} should have ${offset + length} bytes and have ${offset + done}`;
        throw new SegtileError('input', message, 'copy or export the model and its weights again, together');
      }
      done += read;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}
