import {
  type Element,
  elementCode,
  type NodeProto,
  network,
  node,
  parseModel,
  serializeModel,
  tensor,
  valueInfo,
} from '../../dist/model/graph/format/onnx.js';
import type { Size } from '../../dist/types.js';

/** What may differ between networks that do the same. */
export interface Form {
  /** Of input and output. */
  readonly layout?: 'nchw' | 'nhwc';
  readonly element?: 'float32' | 'uint8' | 'float16';
  /** Channels of the image. */
  readonly depth?: number;
  /** Fixed size; without it height and width may vary. */
  readonly size?: Size;
  /** Fixed batch; without it the batch may vary. */
  readonly batch?: number;
  readonly opset?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a network does with a float32 image `[batch, depth, height, width]`. */
interface Body {
  readonly nodes: readonly NodeProto[];
  readonly weights?: ReturnType<typeof tensor>[];
  /** Tensor that holds the scores, float32 `[batch, channels, …]`. */
  readonly scores: string;
  readonly channels: number;
  /** How many pixels one score stands for. */
  readonly factor?: number;
}

const toNchw = [0n, 3n, 1n, 2n];
const toNhwc = [0n, 2n, 3n, 1n];

/** The bytes of a network that takes and gives tensors of some form; its input is `image`, its output `out`. */
export function build(form: Form, body: (image: string) => Body): Uint8Array {
  const { layout = 'nchw', element = 'float32', depth = 3, size, batch, opset = 17, metadata } = form;
  const { nodes, weights, scores, channels, factor = 1 } = body('planes');
  const dims = (name: string, count: number, by: number) => {
    const height = size ? Math.ceil(size.height / by) : `${name}_height`;
    const width = size ? Math.ceil(size.width / by) : `${name}_width`;
    return layout === 'nchw' ? [batch ?? 'n', count, height, width] : [batch ?? 'n', height, width, count];
  };
  const cast = (input: string, output: string, to: Element) =>
    node('Cast', [input], output, { to: to === 'float16' ? 10n : 1n });
  const out: Element = element === 'float16' ? 'float16' : 'float32';
  return serializeModel(
    network({
      ...(metadata && { metadata }),
      opset,
      irVersion: opset < 11 ? 4 : 8,
      inputs: [valueInfo('image', element, dims('in', depth, 1))],
      outputs: [valueInfo('out', out, dims('out', channels, factor))],
      ...(weights && { weights }),
      nodes: [
        cast('image', 'floats', 'float32'),
        layout === 'nhwc' ? node('Transpose', ['floats'], 'planes', { perm: toNchw }) : node('Identity', ['floats'], 'planes'),
        ...nodes,
        layout === 'nhwc' ? node('Transpose', [scores], 'turned', { perm: toNhwc }) : node('Identity', [scores], 'turned'),
        cast('turned', 'out', out),
      ],
    }),
  );
}

/** Gives one channel of its image as it is. */
export function channelNetwork(channel: number, form: Form = {}): Uint8Array {
  return build(form, (image) => ({
    weights: [tensor('which', BigInt64Array.of(BigInt(channel)))],
    nodes: [node('Gather', [image, 'which'], 'picked', { axis: 1n })],
    scores: 'picked',
    channels: 1,
  }));
}

/** Gives every channel of its image as it is, for a softmax outside, or through the activations named. */
export function identityNetwork(form: Form = {}, ...activations: readonly NodeProto[]): Uint8Array {
  return build(form, (image) => ({
    nodes: [node('Identity', [image], 'same'), ...activations],
    scores: activations.at(-1)?.output[0] ?? 'same',
    channels: form.depth ?? 3,
  }));
}

/** Gives every channel as it is so many px to the left and above; nothing where that lies outside of the window. */
export function shiftNetwork(by: number, form: Form = {}): Uint8Array {
  const { depth = 3 } = form;
  const side = 2 * by + 1;
  const kernel = new Float32Array(depth * side * side);
  for (let channel = 0; channel < depth; channel++) kernel[channel * side * side] = 1;
  const pads = [BigInt(by), BigInt(by), BigInt(by), BigInt(by)];
  return build(form, (image) => ({
    weights: [tensor('kernel', kernel, [depth, 1, side, side])],
    nodes: [node('Conv', [image, 'kernel'], 'shifted', { group: BigInt(depth), pads })],
    scores: 'shifted',
    channels: depth,
  }));
}

/** Gives for each pixel its own x and y in the window, whatever the image holds. */
export function positionNetwork(form: Form = {}): Uint8Array {
  return build(form, (image) => ({
    weights: [
      tensor('first', BigInt64Array.of(0n)),
      tensor('zero', Float32Array.of(0)),
      tensor('one', Float32Array.of(1)),
      tensor('axis x', BigInt64Array.of(3n), []),
      tensor('axis y', BigInt64Array.of(2n), []),
    ],
    nodes: [
      node('Gather', [image, 'first'], 'any', { axis: 1n }),
      node('Mul', ['any', 'zero'], 'zeros'),
      node('Add', ['zeros', 'one'], 'ones'),
      node('CumSum', ['ones', 'axis x'], 'x', { exclusive: 1n }),
      node('CumSum', ['ones', 'axis y'], 'y', { exclusive: 1n }),
      node('Concat', ['x', 'y'], 'position', { axis: 1n }),
    ],
    scores: 'position',
    channels: 2,
  }));
}

/** Gives the mean of each block of `factor`² pixels, per channel: a map smaller than the image, rounded up. */
export function coarseNetwork(factor: number, form: Form = {}): Uint8Array {
  const side = BigInt(factor);
  return build(form, (image) => ({
    nodes: [node('AveragePool', [image], 'coarse', { kernel_shape: [side, side], strides: [side, side], ceil_mode: 1n })],
    scores: 'coarse',
    channels: form.depth ?? 3,
    factor,
  }));
}

/** mulberry32: 32 bits of state, numbers from 0 to 1 (Tommy Ettinger, public domain). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A U-Net of three levels that costs about `gflop` billion floating-point operations for a window of 512 × 512, with weights from a
 * seed. It gives logits that differ from place to place, and takes windows whose sides are multiples of 4.
 */
export function unet(gflop: number, form: Form & { readonly channels?: number; readonly seed?: number } = {}): Uint8Array {
  const { channels = 1, seed = 1, depth = 3 } = form;
  // A 3 × 3 convolution costs 18 operations for each pixel, input and output channel; with b channels at the top the five of them
  // come to 126 b² + 54 b a pixel (below), of which there are 512².
  const perPixel = (gflop * 1e9) / 512 ** 2;
  const b = Math.max(1, Math.round((-54 + Math.sqrt(54 ** 2 + 4 * 126 * perPixel)) / (2 * 126)));
  const next = random(seed);
  const weights: ReturnType<typeof tensor>[] = [];
  const nodes: NodeProto[] = [];

  const conv = (input: string, output: string, from: number, to: number, side: number) => {
    const spread = Math.sqrt(2 / (from * side * side));
    const kernel = Float32Array.from(
      { length: to * from * side * side },
      () => (next() + next() + next() + next() - 2) * 1.7 * spread,
    );
    weights.push(tensor(`${output} kernel`, kernel, [to, from, side, side]), tensor(`${output} bias`, new Float32Array(to)));
    const pad = BigInt(side >> 1);
    nodes.push(
      node('Conv', [input, `${output} kernel`, `${output} bias`], output, {
        kernel_shape: [BigInt(side), BigInt(side)],
        pads: [pad, pad, pad, pad],
      }),
    );
  };
  const block = (input: string, output: string, from: number, to: number) => {
    conv(input, `${output} linear`, from, to, 3);
    nodes.push(node('Relu', [`${output} linear`], output));
  };
  const down = (input: string, output: string) =>
    nodes.push(node('MaxPool', [input], output, { kernel_shape: [2n, 2n], strides: [2n, 2n] }));
  const up = (input: string, beside: string, output: string) =>
    nodes.push(
      node('Resize', [input, '', 'twice'], `${output} up`, { mode: 'nearest' }),
      node('Concat', [`${output} up`, beside], output, { axis: 1n }),
    );

  return build(form, (image) => {
    weights.push(tensor('twice', Float32Array.of(1, 1, 2, 2)));
    block(image, 'e1', depth, b); //         54 b
    down('e1', 'd1');
    block('d1', 'e2', b, 2 * b); //          18 · 2 b² / 4
    down('e2', 'd2');
    block('d2', 'e3', 2 * b, 4 * b); //      18 · 8 b² / 16
    up('e3', 'e2', 'u2');
    block('u2', 'f2', 6 * b, 2 * b); //      18 · 12 b² / 4
    up('f2', 'e1', 'u1');
    block('u1', 'f1', 3 * b, b); //          18 · 3 b²
    conv('f1', 'logits', b, channels, 1);
    return { nodes, weights, scores: 'logits', channels };
  });
}

/**
 * A network of this file that counts in half precision, as converters write it: weights and all between them are float16, but for the
 * scales of Resize, which ONNX wants as float32. Give it `element: 'float16'` for input and output to be so too.
 */
export function halved(bytes: Uint8Array): Uint8Array {
  const model = parseModel(bytes);
  const scales = model.graph!.node.flatMap(({ opType, input }) => (opType === 'Resize' ? [input[2]] : []));
  for (const weights of model.graph!.initializer) {
    if (weights.dataType !== elementCode.float32 || scales.includes(weights.name)) continue;
    const floats = new Float32Array(weights.rawData.slice().buffer);
    weights.rawData = new Uint8Array(Uint16Array.from(floats, half).buffer);
    weights.dataType = elementCode.float16;
  }
  const [first] = model.graph!.node;
  first!.attribute[0]!.i = BigInt(elementCode.float16); // the Cast of the image
  return serializeModel(model);
}

/**
 * A network of `unet` whose logits are 20 times one channel of its image, less 10: it costs what it did, but finds what
 * that channel shows.
 */
export function showing(channel: number, bytes: Uint8Array): Uint8Array {
  const model = parseModel(bytes);
  const { node: nodes, initializer } = model.graph!;
  const last = nodes.find(({ input }) => input[0] === 'logits')!;
  last.input[0] = 'shown';
  initializer.push(
    tensor('which', BigInt64Array.of(BigInt(channel))),
    tensor('steep', Float32Array.of(20)),
    tensor('low', Float32Array.of(-10)),
    tensor('hardly', Float32Array.of(1e-6)),
  );
  nodes.splice(
    nodes.indexOf(last),
    0,
    node('Gather', ['planes', 'which'], 'picked', { axis: 1n }),
    node('Mul', ['picked', 'steep'], 'scaled'),
    node('Add', ['scaled', 'low'], 'lowered'),
    node('Mul', ['logits', 'hardly'], 'rest'),
    node('Add', ['lowered', 'rest'], 'shown'),
  );
  return serializeModel(model);
}

/** The bits of the float16 nearest to a number of at most 65,504; what is smaller than 2^-14 becomes 0. */
function half(value: number): number {
  const size = Math.abs(value);
  if (size < 2 ** -14) return 0;
  const exponent = Math.floor(Math.log2(size));
  const steps = Math.round((size / 2 ** exponent) * 1024); // 1024 to 2048, where 2048 is the next exponent
  return (value < 0 ? 0x8000 : 0) + ((exponent + 15) << 10) + (steps - 1024);
}

/** What a network of {@link quantized} multiplies the channels of its image with, in steps of `1 / 32`, and the step of what it gives. */
export const quantizedWeights = [
  [96, -64, 32],
  [-80, 127, -48],
] as const;
export const quantizedStep = 1 / 16;

/**
 * A convolution of 1 × 1 with two outputs in int8 as quantizers write it (QDQ): image in steps of 1/255 and scores in steps of
 * {@link quantizedStep} with zero at 128, both between a QuantizeLinear and a DequantizeLinear, behind a DequantizeLinear the weights.
 */
export function quantized(form: Form = {}): Uint8Array {
  const zero = (name: string, value: number, type: 'uint8' | 'int8' = 'uint8') => bytesTensor(name, [value], [], type);
  const scale = (name: string, value: number) => tensor(name, Float32Array.of(value), []);
  return build(form, (image) => ({
    weights: [
      bytesTensor('kernel bytes', quantizedWeights.flat(), [2, 3, 1, 1], 'int8'),
      scale('image step', 1 / 255),
      zero('image zero', 0),
      scale('kernel step', 1 / 32),
      zero('kernel zero', 0, 'int8'),
      scale('score step', quantizedStep),
      zero('score zero', 128),
    ],
    nodes: [
      node('QuantizeLinear', [image, 'image step', 'image zero'], 'image bytes'),
      node('DequantizeLinear', ['image bytes', 'image step', 'image zero'], 'image floats'),
      node('DequantizeLinear', ['kernel bytes', 'kernel step', 'kernel zero'], 'kernel'),
      node('Conv', ['image floats', 'kernel'], 'sums', { kernel_shape: [1n, 1n] }),
      node('QuantizeLinear', ['sums', 'score step', 'score zero'], 'score bytes'),
      node('DequantizeLinear', ['score bytes', 'score step', 'score zero'], 'logits'),
    ],
    scores: 'logits',
    channels: 2,
  }));
}

function bytesTensor(name: string, values: readonly number[], dims: readonly number[], type: 'uint8' | 'int8') {
  const made = tensor(
    name,
    Uint8Array.from(values, (value) => value & 255),
    dims,
  );
  made.dataType = elementCode[type];
  return made;
}
