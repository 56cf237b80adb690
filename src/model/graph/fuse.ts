import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { type Model, modelPixels } from '../card/model.js';
import { scaleResizes } from './cpu/scale-resizes.js';
import { removeEnding } from './ending.js';
import { constant, type Dim, node, opsetOf, parseModel, serializeModel, valueInfo } from './format/onnx.js';
import { cast, chain, freshNames, type GraphStep, simple, transpose, withNumbers } from './graph-steps.js';
import type { ScoreShape } from './layout.js';
import { partStep } from './part.js';
import { standardizeChannels, standardizeOver } from './standardize.js';

/** Weights of red, green and blue in gray (ITU-R BT.601). */
const luma = [0.299, 0.587, 0.114];

/**
 * Adds all pre- and postprocessing to the user's network, so that a worker passes in the samples as a slide holds them and
 * gets planes of scores. The input is `[batch, height, width, channels]` in the model's sample type (see
 * {@link modelPixels}); the output is `float32 [batch, channels, height, width]`.
 *
 * Before the network come Cast, colour, normalisation and layout. After it come layout, upsampling (bilinear, half-pixel
 * centres) if the network gives less than one score per pixel, and the activation. The weights stay the same, byte for byte.
 *
 * @param bytes the `.onnx` file that `model` describes
 * @param map the shape of the network's output for this window, from {@link findScores}
 * @param scoreType `uint8` gives `round(255 p)` for a probability p, in the same order but as one row per image of the batch
 * @param isCut whether two more inputs say which part of the window's scores is given, see {@link partStep}. Before opset 10
 *   they cannot, and there are none
 * @param step if the graph is to take not only images of the window's size, but all whose sides are multiples of so many px;
 *   `map` must have one score per pixel
 * @throws {SegtileError} `model` if logits are asked for but the network only gives probabilities, or if the opset of the
 *   file is too old
 */
export function fuse(
  bytes: Uint8Array,
  model: Model,
  window: Size,
  map: ScoreShape,
  output: 'probabilities' | 'logits',
  batch = 1,
  scoreType: 'float32' | 'uint8' = 'float32',
  isCut = false,
  step?: number,
): Uint8Array {
  const proto = parseModel(bytes);
  const graph = proto.graph!;
  const opset = opsetOf(proto);
  if (step !== undefined && model.layout === 'nchw') scaleResizes(proto, model.image.name, step);
  const names = freshNames(proto);

  if (output === 'logits') {
    if (!model.squash)
      throw new SegtileError(
        'model',
        `${model.path} gives probabilities, from which logits cannot be computed`,
        'blend probabilities, or export the model without its last activation',
      );
    removeEnding(graph, model.scores.name);
  }
  const activation = output === 'logits' ? 'none' : model.activation;
  const pixels = names('pixels');
  const scores = names('scores');
  const front = chain(pixels, model.image.name, names, frontSteps(model, opset));
  const part = isCut && opset >= 10 ? partStep(names) : undefined;
  const behind = chain(model.scores.name, scores, names, [
    ...behindSteps(model, window, map, activation, opset, part?.step),
    ...(scoreType === 'uint8' ? byteSteps(opset) : []),
  ]);

  const sides: readonly Dim[] = step !== undefined ? ['height', 'width'] : [window.height, window.width];
  const sizes = scoreType === 'uint8' ? [map.channels * window.height * window.width] : [map.channels, ...sides];
  graph.node = [...front, ...graph.node, ...behind];
  graph.input = [
    valueInfo(pixels, model.samples, [batch, ...sides, modelPixels(model).channels]),
    ...(part?.inputs ?? []),
    ...graph.input.filter(({ name }) => name !== model.image.name),
  ];
  graph.output = [valueInfo(scores, scoreType, part ? undefined : [batch, ...sizes])];
  graph.valueInfo = []; // they may name sizes that now are numbers; onnxruntime infers them again
  return serializeModel(proto);
}

/**
 * The steps from the samples of pixels to the network's input. Arithmetic that differs between channels comes after the
 * change to NCHW: with constants that repeat along the last axis, onnxruntime is ten times slower. If the network wants
 * NHWC, onnxruntime's optimizer removes the transpositions that cancel out.
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

/** The steps from the network's output to planes of scores as large as the window, or the part of them that a step keeps. */
function behindSteps(
  { path, scores, decision }: Model,
  window: Size,
  map: ScoreShape,
  activation: Model['activation'],
  opset: number,
  part: GraphStep | undefined,
): GraphStep[] {
  const kept = part ? [part] : [];
  const steps: GraphStep[] = [];
  if (scores.element === 'float16') steps.push(cast('float32'));
  if (map.layout === 'nhwc') steps.push(transpose('nhwc'));
  if (map.whole) return [...steps, ...activated(activation, opset), ...repeated(path, window, opset), ...kept];
  if (map.factor > 1) {
    if (opset < 11)
      throw new SegtileError(
        'model',
        `${path} gives one score for ${map.factor} × ${map.factor} px in opset ${opset}, which cannot enlarge it with half-pixel centres`,
        'export the model with opset 11 or later',
      );
    steps.push(enlarge(map.factor, decision === undefined ? 'linear' : 'nearest'));
    if (map.height * map.factor > window.height || map.width * map.factor > window.width) steps.push(cut(window));
  }
  if (map.first) steps.push(continued(window, map, opset));
  return [...steps, ...kept, ...activated(activation, opset)];
}

/** The steps from scores to probabilities. */
function activated(activation: Model['activation'], opset: number): GraphStep[] {
  if (activation === 'sigmoid') return [...(opset < 5 ? [] : [sameShape]), simple('Sigmoid')];
  return activation === 'softmax' ? [softmax(opset)] : [];
}

/** Repeats the one score that a classifier gives for a window at each of its pixels. */
function repeated(path: string, { width, height }: Size, opset: number): GraphStep[] {
  if (opset >= 8) return [withNumbers('Expand', BigInt64Array.of(1n, 1n, BigInt(height), BigInt(width)))];
  throw new SegtileError(
    'model',
    `${path} gives one score for a window in opset ${opset}, where nothing repeats it at every pixel`,
    'export the model with opset 11 or later',
  );
}

/**
 * The steps from probabilities to bytes, `round(255 p)`. Bytes are a quarter of the data to copy back from the device and
 * are within 1/510 of the probability.
 *
 * The scores are flattened first, which prevents two problems of onnxruntime's optimizer (1.30) on WebGPU: it would move
 * the last layout change behind the cast to bytes, where there is no kernel for it; and it would fuse convolution, sigmoid
 * and Clip into one node that loses the sigmoid.
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
 * Returns a tensor unchanged, without a copy. Placed between the last convolution and a sigmoid, it keeps onnxruntime from
 * fusing the two. Internally the convolution has a multiple of 8 or 16 channels, and a fused sigmoid would be computed for
 * all of them.
 */
const sameShape: GraphStep = withNumbers('Reshape', BigInt64Array.of(0n, 0n, 0n, 0n));

/**
 * Softmax over the channels of NCHW, built from basic operations. The largest value is subtracted first to avoid overflow.
 * onnxruntime's own Softmax is five times slower if the channels are not the last axis, and before opset 13 it is defined
 * differently.
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

/**
 * Extends scores that cover only a part of the window to all of it by repeating those at the edge. The margin makes sure
 * that the repeated scores are never used.
 */
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
