import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type TypeProto,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx_pb.js';

export type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto };

/** Codes of the element types that segtile can name, from `TensorProto.DataType` in onnx.proto. */
export const elementCode = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

/** The name of an element type, as onnxruntime spells it. */
export type Element = keyof typeof elementCode;

/** A size along one axis: a number, or the name that the network gives to a size that can vary. */
export type Dim = number | string;

/** What a network declares about an input or output. An axis without a declared size is `'?'`. */
export interface TensorFact {
  readonly name: string;
  readonly element: Element;
  readonly dims: readonly Dim[];
  /** What the file declares, if segtile changed the axes or the type. */
  readonly declared?: TensorFact;
}

/**
 * Parses the bytes of an `.onnx` file. Weights are views on `bytes`.
 *
 * @throws what the protobuf reader throws
 */
export function parseModel(bytes: Uint8Array): ModelProto {
  return fromBinary(ModelProtoSchema, bytes);
}

/** Serializes a model to the bytes of an `.onnx` file. The same message gives the same bytes. */
export function serializeModel(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

/** The version of the standard operators that a model uses. */
export function opsetOf(model: ModelProto): number {
  const standard = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  return Number(standard?.version ?? 1);
}

/** The value of an attribute. ONNX distinguishes integers from floats: write `1n` for an integer and `1` for a float. */
export type Attribute = bigint | number | string | readonly bigint[] | readonly number[] | TensorProto;

function attribute(name: string, value: Attribute): AttributeProto {
  const fields = { name };
  if (typeof value === 'bigint') return create(AttributeProtoSchema, { ...fields, type: 2, i: value });
  if (typeof value === 'number') return create(AttributeProtoSchema, { ...fields, type: 1, f: value });
  if (typeof value === 'string') return create(AttributeProtoSchema, { ...fields, type: 3, s: Buffer.from(value) });
  if ('$typeName' in value) return create(AttributeProtoSchema, { ...fields, type: 4, t: value });
  return isInts(value)
    ? create(AttributeProtoSchema, { ...fields, type: 7, ints: [...value] })
    : create(AttributeProtoSchema, { ...fields, type: 6, floats: [...value] });
}

function isInts(values: readonly bigint[] | readonly number[]): values is readonly bigint[] {
  return typeof values[0] === 'bigint';
}

/** A node with one output. The name of the output is also the name of the node. */
export function node(
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    name: output,
    input: [...input],
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  });
}

/**
 * A tensor with a name. Its bytes are used as they are in memory. ONNX wants little-endian, which holds on every platform
 * for which onnxruntime has a build for Node.
 */
export function tensor(
  name: string,
  data: Float32Array | BigInt64Array | Uint8Array,
  dims: readonly number[] = [data.length],
): TensorProto {
  const type: Element = data instanceof Float32Array ? 'float32' : data instanceof Uint8Array ? 'uint8' : 'int64';
  return create(TensorProtoSchema, {
    name,
    dataType: elementCode[type],
    dims: dims.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
}

/** A Constant node. Unlike an initializer it need not be listed among the inputs, which files before IR version 4 require. */
export function constant(output: string, data: Float32Array | BigInt64Array, dims?: readonly number[]): NodeProto {
  return node('Constant', [], output, { value: tensor('', data, dims) });
}

/** The declaration of an input or output. Without `dims`, onnxruntime infers its shape. */
export function valueInfo(name: string, element: Element, dims?: readonly Dim[]): ValueInfoProto {
  const shape = dims && { dim: dims.map((dim) => (typeof dim === 'number' ? { dimValue: BigInt(dim) } : { dimParam: dim })) };
  const tensorType: TypeProto['tensorType'] | object = { elemType: elementCode[element], ...(shape && { shape }) };
  return create(ValueInfoProtoSchema, { name, type: { tensorType } });
}

/** Builds a complete model from its parts. `domains` names other sets of operators that it uses, each in version 1. */
export function network(parts: {
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly nodes: readonly NodeProto[];
  readonly weights?: readonly TensorProto[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly opset?: number;
  readonly domains?: readonly string[];
  readonly irVersion?: number;
}): ModelProto {
  const { inputs, outputs, nodes, weights = [], metadata = {}, opset = 17, domains = [], irVersion = 8 } = parts;
  return create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName: 'segtile',
    opsetImport: [{ domain: '', version: BigInt(opset) }, ...domains.map((domain) => ({ domain, version: 1n }))],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: create(GraphProtoSchema, {
      name: 'main',
      node: [...nodes],
      initializer: [...weights],
      input: [...inputs],
      output: [...outputs],
    }),
  });
}

/** Lets a model use the operators of a domain, in version 1 unless it uses another one already. */
export function importDomain(model: ModelProto, domain: string): void {
  const isThere = model.opsetImport.some((each) => each.domain === domain);
  if (!isThere) model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: 1n }));
}
