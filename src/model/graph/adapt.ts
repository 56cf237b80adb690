import { SegtileError } from '../../errors.js';
import { type ActivationHead, mapActivation } from './activation-map.js';
import { toSinglePrecision } from './doubles.js';
import { type Decision, decisionOf } from './ending.js';
import {
  type Dim,
  type Element,
  type GraphProto,
  type ModelProto,
  opsetOf,
  type TensorFact,
  valueInfo,
} from './format/onnx.js';
import { described, listed, tensorFact } from './format/tensors.js';
import { cast, chain, freshNames, type GraphStep, isLargest, reshaped, squeezed, unsqueezed } from './graph-steps.js';
import { axes, imageLayout } from './layout.js';
import { prune } from './prune.js';

/** The input and output of a network in the one form that segtile runs. */
export interface AdaptedNetwork {
  /** Four axes; float32, float16 or uint8. */
  readonly image: TensorFact;
  /** Four axes, or no axes if the file does not declare them; float32 or float16. */
  readonly scores: TensorFact;
  /**
   * The operation that turns scores into labels, if the graph has one. `scores` are then 1 for the label and 0 for the
   * others.
   */
  readonly decision?: string;
  /** Set if the output is the class activation map of a classifier. */
  readonly cam?: ActivationHead;
  /** Whether the network was written in float64, and is computed in float32; see {@link toSinglePrecision}. */
  readonly isRounded: boolean;
  /** Whether the graph was changed. */
  readonly isChanged: boolean;
}

/** What is to be made of a network that can give several things. */
export interface AdaptWishes {
  /** The name of the output to use; optional if there is only one. */
  readonly output?: string | undefined;
  /** Whether to make a classifier give its class activation map. */
  readonly cam?: boolean | undefined;
}

/** Floating-point types that only need a cast. */
const wideFloats: readonly Element[] = ['float64', 'bfloat16'];
/** Integer types that can hold every value of a byte. */
const wholeNumbers: readonly Element[] = ['uint16', 'int16', 'int32', 'int64', 'uint32', 'uint64'];

const ONE_MAP = 'segtile runs networks that take one image and give a map of scores: export the model with just these';
const FOUR_AXES = 'segtile runs networks on [batch, channels, height, width] or [batch, height, width, channels]';
const NO_DECISIONS =
  'segtile needs scores in floating point, or labels straight from an ArgMax: export the model without what follows its scores';

/**
 * Changes a network to the one form that segtile runs: one image and one map of scores, each with four axes.
 *
 * If there are several outputs, only the named one is kept. Images and scores in doubles are cast; a network that
 * convolves doubles is changed to float32. A surplus axis of size 1 is removed, a missing channel or batch axis is added,
 * and pixels in one row are reshaped to a map. One vector of scores, as classifiers give, becomes a map of one pixel. If
 * an ArgMax gives labels, each label becomes a channel that is 1 where a pixel has this label.
 *
 * @param model is changed in place
 * @throws {SegtileError} `model` if it has inputs or outputs that segtile cannot make sense of
 */
export function adaptNetwork(model: ModelProto, path: string, { output, cam }: AdaptWishes): AdaptedNetwork {
  const graph = model.graph!;
  const isPicked = pickOutput(graph, path, output);
  const isRounded = toSinglePrecision(model, path);
  const activation = cam ? mapActivation(model, path) : undefined;
  const declared = imageAndScores(graph, path);
  requireChoiceOfChannels(declared, path, opsetOf(model));
  const decision = declared.decision?.opType;
  const front = frontSteps(declared.image, path, opsetOf(model));
  const behind = behindSteps(declared, path, opsetOf(model));
  const names = freshNames(model);
  let { image, scores } = declared;
  if (front.steps.length > 0) {
    const name = names('image');
    graph.node.unshift(...chain(name, image.name, names, front.steps));
    const { name: old } = image;
    image = { name, element: front.element, dims: front.dims, declared: declared.image };
    graph.input = graph.input.map((each) => (each.name === old ? valueInfo(name, front.element, front.dims) : each));
  }
  if (behind.steps.length > 0) {
    const name = names('map');
    graph.node.push(...chain(behind.from, name, names, behind.steps));
    scores = { name, element: behind.element, dims: behind.dims, declared: declared.scores };
    graph.output = [valueInfo(name, behind.element, behind.dims.length > 0 ? behind.dims : undefined)];
  }
  const isChanged = isPicked || isRounded || activation !== undefined || front.steps.length + behind.steps.length > 0;
  if (isPicked || behind.steps.length > 0) prune(graph);
  const facts = { ...(decision !== undefined && { decision }), ...(activation && { cam: activation }) };
  return { image, scores, isRounded, isChanged, ...facts };
}

/** Keeps one output of the graph. Returns whether there were others. */
function pickOutput(graph: GraphProto, path: string, output: string | undefined): boolean {
  const { output: all } = graph;
  const hint = 'choose one with --model-output NAME, or "output" in the card';
  if (output === undefined) {
    if (all.length > 1) throw new SegtileError('model', `${path} has ${listed(all, 'output')}, expected 1`, hint);
    return false;
  }
  const picked = all.find(({ name }) => name === output);
  if (!picked)
    throw new SegtileError('model', `${path} has no output ${JSON.stringify(output)}: it has ${listed(all, 'output')}`, hint);
  graph.output = [picked];
  return all.length > 1;
}

interface Declared {
  readonly image: TensorFact;
  readonly scores: TensorFact;
  readonly decision?: Decision;
}

function imageAndScores(graph: GraphProto, path: string): Declared {
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !weights.has(name));
  const [input] = inputs;
  const [output] = graph.output;
  if (!input || inputs.length > 1)
    throw new SegtileError('model', `${path} has ${listed(inputs, 'input')}, expected 1`, ONE_MAP);
  if (!output) throw new SegtileError('model', `${path} has ${listed([], 'output')}, expected 1`, ONE_MAP);
  const image = tensorFact(input, path);
  const scores = tensorFact(output, path);
  if (!['float32', 'float16', 'uint8', ...wideFloats, ...wholeNumbers].includes(image.element))
    throw new SegtileError(
      'model',
      `${described(image, 'input')} of ${path} is ${image.element}`,
      'segtile feeds floating point and whole numbers from 0 to 255',
    );
  const decision = decisionOf(graph, scores.name);
  const holds = `${described(scores, 'output')} of ${path}`;
  if (decision !== undefined && !decision.isReadable)
    throw new SegtileError('model', `${holds} holds decisions, not scores: the graph ends in ${decision.opType}`, NO_DECISIONS);
  if (decision === undefined && !['float32', 'float16', ...wideFloats].includes(scores.element))
    throw new SegtileError('model', `${holds} is ${scores.element}`, NO_DECISIONS);
  return { image, scores, ...(decision && { decision }) };
}

/**
 * Refuses a Hardmax that does not choose among channels. Its result has the shape of its input, so nothing else would tell.
 * Before opset 13 it chose among all numbers behind an axis.
 */
function requireChoiceOfChannels({ scores, decision }: Declared, path: string, opset: number): void {
  if (decision?.opType !== 'Hardmax') return;
  const axis = decision.axis < 0 ? decision.axis + 4 : decision.axis;
  const layout = decision.keepsAxes && scores.dims.length === 4 ? imageLayout(scores.dims) : undefined;
  if (opset >= 13 && (layout === undefined || axis === (layout === 'nchw' ? 1 : 3))) return;
  const how =
    opset < 13 ? `opset ${opset}, in which it may mix axes` : `axis ${decision.axis}, which is not that of the channels`;
  throw new SegtileError('model', `${path} ends in a Hardmax of ${how}`, NO_DECISIONS);
}

function frontSteps(image: TensorFact, path: string, opset: number): Front {
  const { element, dims } = image;
  const axis = dims.findIndex((dim, at) => at > 0 && dim === 1);
  const isBare = dims.length === 3;
  if (dims.length !== 4 && !isBare && !(dims.length === 5 && axis > 0))
    throw new SegtileError(
      'model',
      `${described(image, 'input')} of ${path} has ${dims.length} dimensions, expected 4`,
      FOUR_AXES,
    );
  const shape = isBare ? [squeezed(0, opset)] : dims.length === 5 ? [unsqueezed(axis, opset)] : [];
  const type: Element = wideFloats.includes(element) ? 'float32' : wholeNumbers.includes(element) ? 'uint8' : element;
  return {
    steps: [...shape, ...(type === element ? [] : [cast(element)])],
    element: type,
    dims: isBare ? [1, ...dims] : dims.length === 5 ? without(dims, axis) : dims,
  };
}

interface Front {
  readonly steps: readonly GraphStep[];
  readonly element: Element;
  readonly dims: readonly Dim[];
}

function behindSteps(declared: Declared, path: string, opset: number): Front & { readonly from: string } {
  const { image, scores, decision } = declared;
  const { name, element, dims } = scores;
  if (decision?.kind === 'choice') {
    // Labels without a place are those of whole images: behind them are vectors of scores.
    const places = dims.length === 1 ? [unsqueezed(2, opset), unsqueezed(3, opset)] : [];
    return { from: decision.input, steps: [isLargest(decision.axis, opset), ...places], element: 'float32', dims: [] };
  }
  const shape = dims.length === 4 || dims.length === 0 ? { steps: [], dims } : mapShape(dims, image, opset);
  if (!shape)
    throw new SegtileError(
      'model',
      `${described(scores, 'output')} of ${path} has ${dims.length} dimensions, expected 4`,
      FOUR_AXES,
    );
  const isCast = decision !== undefined || wideFloats.includes(element);
  return {
    from: name,
    steps: [...shape.steps, ...(isCast ? [cast('float32')] : [])],
    element: isCast ? 'float32' : element,
    dims: shape.dims,
  };
}

/** How an output that does not have four axes becomes a map. Undefined if its sizes do not tell. */
function mapShape(
  dims: readonly Dim[],
  image: TensorFact,
  opset: number,
): { readonly steps: readonly GraphStep[]; readonly dims: readonly Dim[] } | undefined {
  const isBare = image.dims.length === 3;
  const whole = isBare
    ? [1, ...image.dims]
    : image.dims.length === 5
      ? without(image.dims, image.dims.indexOf(1, 1))
      : image.dims;
  const layout = imageLayout(whole);
  const { batch, width, height } = axes(whole, layout ?? 'nchw');
  if (dims.length === 5) {
    const axis = dims.findIndex((dim, at) => at > 0 && dim === 1);
    return axis < 0 ? undefined : { steps: [squeezed(axis, opset)], dims: without(dims, axis) };
  }
  if (dims.length === 2 && dims[0] === height && dims[1] === width)
    return { steps: [unsqueezed(0, opset), unsqueezed(0, opset)], dims: [1, 1, ...dims] };
  if (dims.length === 2 && !isBare) return { steps: [unsqueezed(2, opset), unsqueezed(3, opset)], dims: [...dims, 1, 1] };
  if (dims.length !== 3) return undefined;
  const [first, second, third] = dims as readonly [Dim, Dim, Dim];
  if (layout && typeof width === 'number' && typeof height === 'number') {
    // All pixels in one row, with the channels after or before that axis.
    const size = width * height;
    if (second === size && typeof third === 'number')
      return { steps: [reshaped([0, height, width, third])], dims: [first, height, width, third] };
    if (third === size && typeof second === 'number')
      return { steps: [reshaped([0, second, height, width])], dims: [first, second, height, width] };
  }
  const hasBatch = !isBare && (typeof first !== 'number' || first === 1 || first === batch);
  return hasBatch
    ? { steps: [unsqueezed(1, opset)], dims: [first, 1, second, third] }
    : { steps: [unsqueezed(0, opset)], dims: [1, ...dims] };
}

function without(dims: readonly Dim[], axis: number): Dim[] {
  return dims.filter((_, at) => at !== axis);
}
