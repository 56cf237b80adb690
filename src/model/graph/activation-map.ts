import { SegtileError } from '../../errors.js';
import { type GraphWalk, isStandard, walkOf, wholeNumbers } from '../measured/graph.js';
import { constant, type ModelProto, type NodeProto, node, valueInfo } from './format/onnx.js';
import { freshNames, type Names } from './graph-steps.js';

/** What a classifier does behind its last feature map, once that is a vector. */
export interface ActivationHead {
  /** The operations that are not linear, in the order of the graph: with them, the map's mean is not the classifier's score. */
  readonly bent: readonly string[];
}

/** Operations on a vector that keep sums: with these alone the mean of the map is the score of the classifier. */
const linear = new Set([
  ...['Identity', 'Cast', 'Dropout', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze', 'Transpose'],
  ...['Gemm', 'MatMul', 'Conv', 'Add', 'Sub', 'Mul', 'Div', 'BatchNormalization'],
]);
/** Other operations on the vector of an image by itself. */
const bending = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Gelu', 'Erf', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Clip'],
  ...['LayerNormalization', 'ReduceMean', 'Pow', 'Sqrt', 'Reciprocal', 'Neg', 'Exp', 'Softmax', 'LogSoftmax'],
]);
/** Operations that need the other factor to be weights. */
const weighted = new Set(['Gemm', 'MatMul', 'Conv']);
/** Operations that make probabilities at the end. */
const endings = new Set(['Softmax', 'Sigmoid', 'LogSoftmax']);

const LOOKED_FOR =
  'looked for, from the end: Gemm, MatMul, a 1 × 1 Conv, normalisation and the like of one vector an image, made by GlobalAveragePool or by ReduceMean over height and width';

/**
 * Changes a classifier to a network that gives its class activation map (Zhou et al. 2016, "Learning deep features for
 * discriminative localization"): the scores that the classifier's head gives to each place of its last feature map, in
 * place of those of the mean over all places. Where the head is linear, the mean of the map is the score of the window, and
 * the map of a class is the sum of the feature maps with the weights that the last layer has for it, and its bias.
 *
 * The places of the feature map are laid out as if each were an image of its own, so that the head stays as it is.
 *
 * @param model is changed in place; its one output becomes a map `[batch, classes, height, width]`
 * @throws {SegtileError} `model` that says what was looked for if the graph does not end so
 */
export function mapActivation(model: ModelProto, path: string): ActivationHead {
  const graph = model.graph!;
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const image = graph.input.find(({ name }) => !weights.has(name))?.name ?? '';
  const output = graph.output[0]!;
  const walk = walkOf(graph, image);
  const { head, pool } = headOf(walk, output.name, path);
  const names = freshNames(model);
  const last = names('activation');
  const { before, places } = spread(pool, walk, names);
  graph.node = [
    ...graph.node.flatMap((each) => (each === pool ? before : head.has(each) ? independent(each, walk, names) : [each])),
    ...gathered(output.name, last, places, names),
  ];
  const classes = output.type?.tensorType?.shape?.dim[1]?.dimValue ?? 0n;
  const dims = ['batch', classes > 0n ? Number(classes) : 'classes', 'map_height', 'map_width'];
  const element =
    output.type?.tensorType?.elemType === 10 ? 'float16' : output.type?.tensorType?.elemType === 11 ? 'float64' : 'float32';
  graph.output = [valueInfo(last, element, dims)];
  graph.valueInfo = [];
  const order = graph.node.filter((each) => [...head].some(({ output: made }) => made[0] === each.output[0]));
  const final = order.findLast(({ opType }) => !['Identity', 'Cast', 'Flatten', 'Reshape', 'Squeeze'].includes(opType));
  const bent = order.filter((each) => bending.has(each.opType) && !(each === final && endings.has(each.opType)));
  return { bent: [...new Set(bent.map(({ opType }) => opType))] };
}

/** The nodes between the last feature map and the output, and the mean over the feature map's places. */
function headOf(walk: GraphWalk, output: string, path: string): { head: ReadonlySet<NodeProto>; pool: NodeProto } {
  const head = new Set<NodeProto>();
  const pools = new Set<NodeProto>();
  const refused = (why: string) =>
    new SegtileError('model', `${path} does not end as class activation needs it: ${why}`, LOOKED_FOR);
  const visit = (tensor: string): void => {
    if (!walk.varies(tensor)) return;
    const made = walk.maker(tensor);
    if (!made) throw refused('no mean over a feature map lies between its image and its output');
    if (head.has(made) || pools.has(made)) return;
    if (isMeanOverPlaces(made, walk)) {
      pools.add(made);
      return;
    }
    const varying = made.input.filter((name) => walk.varies(name));
    const isKnown = isStandard(made) && (linear.has(made.opType) || bending.has(made.opType));
    if (!isKnown || (weighted.has(made.opType) && varying.length > 1) || !isPointwise(made))
      throw refused(
        `the last mean over a feature map lies before ${made.opType}${made.name ? ` "${made.name}"` : ''}, or there is none`,
      );
    head.add(made);
    for (const name of varying) visit(name);
  };
  visit(output);
  const [pool, ...others] = pools;
  if (pool && others.length === 0) return { head, pool };
  throw refused(`its scores are made of ${pools.size} means over feature maps`);
}

/** Whether a node is the mean over height and width of a feature map. */
function isMeanOverPlaces(made: NodeProto, walk: GraphWalk): boolean {
  if (!isStandard(made)) return false;
  if (made.opType === 'GlobalAveragePool') return true;
  return made.opType === 'ReduceMean' && placesAxes(made, walk) !== undefined;
}

/** The layout of a ReduceMean over height and width; undefined for other axes. */
function placesAxes(made: NodeProto, walk: GraphWalk): 'nchw' | 'nhwc' | undefined {
  const given = wholeNumbers(made, 'axes') ?? walk.numbers(made.input[1] ?? '')?.values;
  const axes = given
    ?.map((axis) => (axis < 0 ? axis + 4 : axis))
    .sort((a, b) => a - b)
    .join(',');
  return axes === '2,3' ? 'nchw' : axes === '1,2' ? 'nhwc' : undefined;
}

/** Whether a convolution has a kernel of one pixel; true for other nodes. */
function isPointwise(made: NodeProto): boolean {
  return made.opType !== 'Conv' || (wholeNumbers(made, 'kernel_shape') ?? [1]).every((side) => side === 1);
}

/** The nodes that lay out the places of the feature map as images, and the name of the tensor with `batch, height, width`. */
function spread(pool: NodeProto, walk: GraphWalk, names: Names): { before: NodeProto[]; places: string } {
  const layout = pool.opType === 'GlobalAveragePool' ? 'nchw' : placesAxes(pool, walk)!;
  const keeps = pool.opType === 'GlobalAveragePool' || (wholeNumbers(pool, 'keepdims')?.[0] ?? 1) === 1;
  const [features] = pool.input as [string];
  const [turned, shape, which, places, vectors, target] = [
    ...['turned', 'shape', 'which', 'places', 'vectors', 'target'].map(names),
  ] as [string, string, string, string, string, string];
  const last =
    layout === 'nchw'
      ? node('Transpose', [features], turned, { perm: [0n, 2n, 3n, 1n] })
      : node('Identity', [features], turned);
  const [pooled] = pool.output as [string];
  return {
    places,
    before: [
      last,
      node('Shape', [turned], shape),
      constant(which, BigInt64Array.of(0n, 1n, 2n)),
      node('Gather', [shape, which], places, { axis: 0n }),
      node('Flatten', [turned], vectors, { axis: 3n }),
      ...(keeps
        ? [
            constant(target, layout === 'nchw' ? BigInt64Array.of(0n, 0n, 1n, 1n) : BigInt64Array.of(0n, 1n, 1n, -1n)),
            node('Reshape', [vectors, target], pooled),
          ]
        : [node('Identity', [vectors], pooled)]),
    ],
  };
}

/** A node of the head for any number of images: exports for one image fix it in the shapes that they reshape to. */
function independent(made: NodeProto, walk: GraphWalk, names: Names): NodeProto[] {
  const [input, shape] = made.input;
  const [output] = made.output as [string];
  if (made.opType === 'Squeeze' && shape === undefined && wholeNumbers(made, 'axes') === undefined)
    return [node('Flatten', [input!], output, { axis: 1n })];
  if (made.opType !== 'Reshape') return [made];
  const dims = walk.numbers(shape ?? '')?.values;
  if (dims === undefined || dims.length < 2) return [node('Flatten', [input!], output, { axis: 1n })];
  const free = names('shape');
  return [constant(free, BigInt64Array.from([0, ...dims.slice(1)].map(BigInt))), node('Reshape', [input!, free], output)];
}

/** The nodes that put the scores of all places back to their places. */
function gathered(output: string, to: string, places: string, names: Names): NodeProto[] {
  const [flat, rest, shape, map] = ['flat', 'rest', 'shape', 'map'].map(names) as [string, string, string, string];
  return [
    node('Flatten', [output], flat, { axis: 1n }),
    constant(rest, BigInt64Array.of(-1n)),
    node('Concat', [places, rest], shape, { axis: 0n }),
    node('Reshape', [flat, shape], map),
    node('Transpose', [map], to, { perm: [0n, 3n, 1n, 2n] }),
  ];
}
