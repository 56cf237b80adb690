import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { type Model, modelPixels } from '../card/model.js';
import { removeEnding } from './ending.js';
import { cast, chain, freshNames, type GraphStep, simple, transpose, withNumbers } from './graph-steps.js';
import { type ScoreShape, tensorShape } from './layout.js';
import { constant, node, opsetOf, parseModel, serializeModel, valueInfo } from './onnx.js';
import { standardizeChannels, standardizeOver } from './standardize.js';

/** ITU-R BT.601's weights of red, green and blue in gray. */
const luma = [0.299, 0.587, 0.114];

/**
 * The user's network with all that surrounds it moved into the graph, so that a worker gets samples as they lie in a slide and gives
 * planes of scores: input `[batch, height, width, channels]` of the model's samples (see {@link modelPixels}), output `float32 [batch, channels, height, width]`.
 *
 * In front go Cast, colour, normalisation and layout; behind go layout, upsampling (bilinear, half-pixel centres) where the network
 * gives less than one score a pixel, and the activation. Weights stay as they are, byte for byte.
 *
 * @param bytes the `.onnx` file that `model` describes
 * @param map what the network gives for this window, from {@link findScores}
 * @param scoreType bytes hold `round(255 p)` of a probability, in the same order but as one row for each image of the batch
 * @throws {SegtileError} `model` where logits are asked for and cannot be had, or the file's opset is too old
 */
export function fuse(
  bytes: Uint8Array,
  model: Model,
  window: Size,
  map: ScoreShape,
  output: 'probabilities' | 'logits',
  batch = 1,
  scoreType: 'float32' | 'uint8' = 'float32',
): Uint8Array {
  const proto = parseModel(bytes);
  const graph = proto.graph!;
  const opset = opsetOf(proto);
  const names = freshNames(proto);

  if (output === 'logits') {
    if (!model.squash)
      throw new SegtileError(
        'model',
        `${model.path} gives probabilities, from which logits cannot be had`,
        'blend probabilities, or export the model without its last activation',
      );
    removeEnding(graph, model.scores.name);
  }
  const activation = output === 'logits' ? 'none' : model.activation;
  const pixels = names('pixels');
  const scores = names('scores');
  const front = chain(pixels, model.image.name, names, frontSteps(model, opset));
  const behind = chain(model.scores.name, scores, names, [
    ...behindSteps(model, window, map, activation, opset),
    ...(scoreType === 'uint8' ? byteSteps(opset) : []),
  ]);

  graph.node = [...front, ...graph.node, ...behind];
  graph.input = [
    valueInfo(pixels, model.samples, tensorShape(batch, modelPixels(model).channels, window, 'nhwc')),
    ...graph.input.filter(({ name }) => name !== model.image.name),
  ];
  const sizes = [map.channels, window.height, window.width];
  graph.output = [valueInfo(scores, scoreType, [batch, ...(scoreType === 'uint8' ? [sizes.reduce((a, b) => a * b)] : sizes)])];
  graph.valueInfo = []; // they may name sizes that are numbers now; onnxruntime infers them anew
  return serializeModel(proto);
}

/**
 * From samples of pixels to what the network takes. Arithmetic that differs between channels comes after the change to NCHW: numbers that
 * repeat along the last axis take onnxruntime ten times as long. Where the network wants NHWC, its optimizer removes what cancels out.
 */
function frontSteps({ image, color, depth, samples, layout, normalize }: Model, opset: number): GraphStep[] {
  const gray = color === 'gray';
  const bytes = image.element === 'uint8';
  const isAffine = typeof normalize === 'object' && 'gain' in normalize;
  const { gain, offset } = isAffine ? normalize : { gain: [1], offset: bytes && gray ? [0.5] : [0] };
  const steps: GraphStep[] = [];
  if ((!bytes || gray) && samples !== 'float32') steps.push(cast('float32'));
  if (gray) steps.push(withNumbers('MatMul', Float32Array.from(luma), [3, 1]));
  steps.push(transpose('nhwc'));
  if (color === 'bgr') steps.push(withNumbers('Gather', BigInt64Array.of(2n, 1n, 0n), [3], { axis: 1n }));
  if (gain.some((value) => value !== 1)) steps.push(perChannel('Mul', gain));
  if (offset.some((value) => value !== 0)) steps.push(perChannel('Add', offset));
  if (normalize === 'window') steps.push(standardizeChannels(depth, samples));
  else if (typeof normalize === 'object' && !isAffine) steps.push(standardizeOver(normalize, samples, opset));
  if (bytes && gray) steps.push(cast('uint8'));
  if (layout === 'nhwc') steps.push(transpose('nchw'));
  if (image.element === 'float16') steps.push(cast('float16'));
  return steps;
}

function perChannel(opType: 'Mul' | 'Add', values: readonly number[]): GraphStep {
  const same = values.every((value) => value === values[0]);
  return same
    ? withNumbers(opType, Float32Array.of(values[0]!))
    : withNumbers(opType, Float32Array.from(values), [values.length, 1, 1]);
}

/** From what the network gives to planes of scores as large as the window. */
function behindSteps(
  { path, scores, decision }: Model,
  window: Size,
  map: ScoreShape,
  activation: Model['activation'],
  opset: number,
): GraphStep[] {
  const steps: GraphStep[] = [];
  if (scores.element === 'float16') steps.push(cast('float32'));
  if (map.layout === 'nhwc') steps.push(transpose('nhwc'));
  if (map.factor > 1) {
    if (opset < 11)
      throw new SegtileError(
        'model',
        `${path} gives one score for ${map.factor} × ${map.factor} px in opset ${opset}, where nothing enlarges it with half-pixel centres`,
        'export the model with opset 11 or later',
      );
    steps.push(enlarge(map.factor, decision === undefined ? 'linear' : 'nearest'));
    if (map.height * map.factor > window.height || map.width * map.factor > window.width) steps.push(cut(window));
  }
  if (map.first) steps.push(continued(window, map, opset));
  if (activation === 'sigmoid') steps.push(...(opset < 5 ? [] : [sameShape]), simple('Sigmoid'));
  if (activation === 'softmax') steps.push(softmax(opset));
  return steps;
}

/**
 * From probabilities to bytes, `round(255 p)`: a quarter of what must be carried back, within 1/510 of the probability. They are made
 * flat first, which keeps onnxruntime's optimizer (1.30) from two things on WebGPU: it would move the last change of layout behind the bytes,
 * for which there is none, and join convolution, sigmoid and Clip to one node in which the sigmoid is lost.
 */
function byteSteps(opset: number): GraphStep[] {
  const clip: GraphStep =
    opset < 11
      ? simple('Clip', { min: 0, max: 1 })
      : (input, output, names) => {
          const [least, most] = [0, 1].map((value) => constant(names('bound'), Float32Array.of(value), []));
          return [least!, most!, node('Clip', [input, least!.output[0]!, most!.output[0]!], output)];
        };
  return [
    simple('Flatten', { axis: 1n }),
    clip,
    withNumbers('Mul', Float32Array.of(255)),
    withNumbers('Add', Float32Array.of(0.5)),
    simple('Floor'),
    cast('uint8'),
  ];
}

/**
 * Leaves a tensor as it is, without a copy. Between the last convolution and a sigmoid it keeps onnxruntime from joining the two: the
 * convolution has a multiple of 8 or 16 channels inside, and the sigmoid would be worked out for all of them.
 */
const sameShape: GraphStep = withNumbers('Reshape', BigInt64Array.of(0n, 0n, 0n, 0n));

/**
 * Softmax over the channels of NCHW from its parts, the largest subtracted first so that nothing overflows: onnxruntime's own Softmax
 * takes five times as long where the channels are not the last axis, and before opset 13 means something else.
 */
function softmax(opset: number): GraphStep {
  return (input, output, names) => {
    const [largest, below, powers, sum, axis] = [
      names('largest'),
      names('below'),
      names('powers'),
      names('sum'),
      names('axis'),
    ];
    const reduce = (opType: string, from: string, to: string, axesAreInputSince: number) =>
      opset < axesAreInputSince ? node(opType, [from], to, { axes: [1n] }) : node(opType, [from, axis], to);
    return [
      constant(axis, BigInt64Array.of(1n)),
      reduce('ReduceMax', input, largest, 18),
      node('Sub', [input, largest], below),
      node('Exp', [below], powers),
      reduce('ReduceSum', powers, sum, 13),
      node('Div', [powers, sum], output),
    ];
  };
}

function enlarge(factor: number, mode: 'linear' | 'nearest'): GraphStep {
  return (input, output, names) => {
    const region = constant(names('region'), new Float32Array(0));
    const scales = constant(names('scales'), Float32Array.of(1, 1, factor, factor));
    const attributes = { mode, coordinate_transformation_mode: 'half_pixel' };
    return [region, scales, node('Resize', [input, region.output[0]!, scales.output[0]!], output, attributes)];
  };
}

/** Scores of a part of the window, continued to all of it by those at the edge. The margin sees to it that nobody looks there. */
function continued(window: Size, { width, height, factor, first }: ScoreShape, opset: number): GraphStep {
  const { left, top } = first!;
  const right = window.width - left - factor * width;
  const bottom = window.height - top - factor * height;
  const pads = [0, 0, top, left, 0, 0, bottom, right].map(BigInt);
  return opset < 11
    ? simple('Pad', { mode: 'edge', pads })
    : withNumbers('Pad', BigInt64Array.from(pads), [8], { mode: 'edge' });
}

function cut({ width, height }: Size): GraphStep {
  return (input, output, names) => {
    const numbers = [
      [0n, 0n],
      [BigInt(height), BigInt(width)],
      [2n, 3n],
    ].map((values) => constant(names('cut'), BigInt64Array.from(values)));
    return [...numbers, node('Slice', [input, ...numbers.map((made) => made.output[0]!)], output)];
  };
}
