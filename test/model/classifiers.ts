import { type NodeProto, network, node, serializeModel, tensor, valueInfo } from '../../dist/model/graph/format/onnx.js';
import type { Size } from '../../dist/types.js';
import { random } from './networks.ts';

/** How a classifier comes from its last feature map to its scores. */
export type Head =
  | 'GlobalAveragePool, Flatten, Gemm'
  | 'ReduceMean, MatMul, Add'
  | 'GlobalAveragePool, Conv'
  | 'GlobalAveragePool, Reshape, Gemm, Softmax'
  | 'GlobalAveragePool, Flatten, Gemm, HardSwish, Gemm'
  | 'GlobalMaxPool, Flatten, Gemm'
  | 'Flatten, Gemm'
  | 'Conv, GlobalAveragePool, Flatten'
  | 'ReduceMean, Gemm, ArgMax';

/** What may differ between classifiers. */
export interface ClassifierForm {
  readonly head?: Head;
  readonly classes?: number;
  readonly seed?: number;
  /** Fixed side of the window; without it, it is free. */
  readonly side?: number;
  readonly batch?: number;
  readonly layout?: 'nchw' | 'nhwc';
  readonly opset?: number;
}

/** Channels of the last feature map, and how many px of the window one of its places stands for. */
const FEATURES = 6;
const FACTOR = 4;

/**
 * A small classifier with weights from a seed: two convolutions of stride 2 with Relu, and one of the usual heads. Its input is
 * `image`, its output `scores`; the output of its last convolution is `features`.
 */
export function classifier({
  head = 'GlobalAveragePool, Flatten, Gemm',
  classes = 3,
  seed = 1,
  side,
  batch,
  layout = 'nchw',
  opset = 17,
}: ClassifierForm = {}): Uint8Array {
  const next = random(seed);
  const weights: ReturnType<typeof tensor>[] = [];
  const weight = (name: string, dims: readonly number[], spread: number) => {
    const count = dims.reduce((a, b) => a * b, 1);
    weights.push(
      tensor(
        name,
        Float32Array.from({ length: count }, () => (next() + next() - 1) * spread),
        dims,
      ),
    );
    return name;
  };
  const strided = { kernel_shape: [3n, 3n], pads: [1n, 1n, 1n, 1n], strides: [2n, 2n] };
  const places = side === undefined ? 4 : (side / FACTOR) ** 2;
  const heads: Readonly<Record<Head, () => readonly NodeProto[]>> = {
    'GlobalAveragePool, Flatten, Gemm': () => [pool(), flat('pooled'), gemm('flat', 'scores', FEATURES, classes)],
    'ReduceMean, MatMul, Add': () => [
      node('ReduceMean', ['features'], 'pooled', { axes: [2n, 3n], keepdims: 0n }),
      node('MatMul', ['pooled', weight('matrix', [FEATURES, classes], 3)], 'product'),
      node('Add', ['product', weight('bias', [classes], 1)], 'scores'),
    ],
    'GlobalAveragePool, Conv': () => [
      pool(),
      node('Conv', ['pooled', weight('kernel', [classes, FEATURES, 1, 1], 3), weight('bias', [classes], 1)], 'scores'),
    ],
    'GlobalAveragePool, Reshape, Gemm, Softmax': () => {
      weights.push(tensor('shape', BigInt64Array.of(BigInt(batch ?? 1), BigInt(FEATURES))));
      return [
        pool(),
        node('Reshape', ['pooled', 'shape'], 'flat'),
        gemm('flat', 'logits', FEATURES, classes),
        node('Softmax', ['logits'], 'scores', { axis: 1n }),
      ];
    },
    'GlobalAveragePool, Flatten, Gemm, HardSwish, Gemm': () => [
      pool(),
      flat('pooled'),
      gemm('flat', 'hidden', FEATURES, 5),
      node('HardSwish', ['hidden'], 'swished'),
      gemm('swished', 'scores', 5, classes),
    ],
    'GlobalMaxPool, Flatten, Gemm': () => [
      node('GlobalMaxPool', ['features'], 'pooled'),
      flat('pooled'),
      gemm('flat', 'scores', FEATURES, classes),
    ],
    'Flatten, Gemm': () => [flat('features'), gemm('flat', 'scores', FEATURES * places, classes)],
    'Conv, GlobalAveragePool, Flatten': () => [
      node('Conv', ['features', weight('kernel', [classes, FEATURES, 1, 1], 3), weight('bias', [classes], 1)], 'maps'),
      node('GlobalAveragePool', ['maps'], 'pooled'),
      flat('pooled', 'scores'),
    ],
    'ReduceMean, Gemm, ArgMax': () => [
      node('ReduceMean', ['features'], 'pooled', { axes: [2n, 3n], keepdims: 0n }),
      gemm('pooled', 'logits', FEATURES, classes),
      node('ArgMax', ['logits'], 'scores', { axis: 1n, keepdims: 0n }),
    ],
  };
  const pool = () => node('GlobalAveragePool', ['features'], 'pooled');
  const flat = (from: string, to = 'flat') => node('Flatten', [from], to, { axis: 1n });
  const gemm = (from: string, to: string, inputs: number, outputs: number) =>
    node('Gemm', [from, weight(`${to} matrix`, [outputs, inputs], 3), weight(`${to} bias`, [outputs], 1)], to, { transB: 1n });
  const nodes = [
    layout === 'nhwc'
      ? node('Transpose', ['image'], 'planes', { perm: [0n, 3n, 1n, 2n] })
      : node('Identity', ['image'], 'planes'),
    node('Conv', ['planes', weight('first', [8, 3, 3, 3], 1.5), weight('first bias', [8], 0.5)], 'one', strided),
    node('Relu', ['one'], 'two'),
    node('Conv', ['two', weight('second', [FEATURES, 8, 3, 3], 0.9), weight('second bias', [FEATURES], 0.5)], 'three', strided),
    node('Relu', ['three'], 'features'),
    ...heads[head](),
  ];
  const isChoice = head.endsWith('ArgMax');
  const rows = batch ?? 'n';
  const [height, width] = side === undefined ? ['height', 'width'] : [side, side];
  const given = head === 'GlobalAveragePool, Conv' ? [rows, classes, 1, 1] : isChoice ? [rows] : [rows, classes];
  return serializeModel(
    network({
      opset,
      inputs: [valueInfo('image', 'float32', layout === 'nchw' ? [rows, 3, height, width] : [rows, height, width, 3])],
      outputs: [valueInfo('scores', isChoice ? 'int64' : 'float32', given)],
      weights,
      nodes,
    }),
  );
}

/** A classifier of one class: the mean of red divided by itself after the subtraction of that of green, so NaN where both are alike. */
export function dividingClassifier(): Uint8Array {
  return serializeModel(
    network({
      inputs: [valueInfo('image', 'float32', ['n', 3, 'height', 'width'])],
      outputs: [valueInfo('scores', 'float32', ['n', 1])],
      weights: [tensor('matrix', Float32Array.of(1, -1, 0), [1, 3])],
      nodes: [
        node('GlobalAveragePool', ['image'], 'pooled'),
        node('Flatten', ['pooled'], 'flat', { axis: 1n }),
        node('Gemm', ['flat', 'matrix'], 'difference', { transB: 1n }),
        node('Div', ['difference', 'difference'], 'one'),
        node('Relu', ['difference'], 'above'),
        node('Mul', ['one', 'above'], 'scores'),
      ],
    }),
  );
}

/** A classifier of one class, 1 where the mean of red in the window is above a value, smoothly: a sigmoid of `20 (mean - above)`. */
export function redClassifier(above: number, size: Size | undefined = undefined): Uint8Array {
  return serializeModel(
    network({
      inputs: [valueInfo('image', 'float32', ['n', 3, size?.height ?? 'height', size?.width ?? 'width'])],
      outputs: [valueInfo('scores', 'float32', ['n', 1])],
      weights: [tensor('matrix', Float32Array.of(20, 0, 0), [1, 3]), tensor('bias', Float32Array.of(-20 * above))],
      nodes: [
        node('GlobalAveragePool', ['image'], 'pooled'),
        node('Flatten', ['pooled'], 'flat', { axis: 1n }),
        node('Gemm', ['flat', 'matrix', 'bias'], 'logits', { transB: 1n }),
        node('Sigmoid', ['logits'], 'scores'),
      ],
    }),
  );
}
