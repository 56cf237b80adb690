import type { GraphProto, NodeProto } from '../graph/format/onnx.js';
import { type GraphWalk, isStandard, type Numbers, walkOf, wholeNumbers } from './graph.js';

/**
 * The computation at the beginning of a graph, as long as it is the same for every pixel: `gain x + offset` for each
 * channel.
 */
interface Traced {
  /** For each channel of the tensor: the channel of the image that it comes from, and what was done to it. */
  readonly channels: readonly { readonly from: number; readonly gain: number; readonly offset: number }[];
  /** The channel axis of the tensor, from 0; -1 if a single channel was picked and the axis is gone. */
  readonly axis: number;
  readonly rank: number;
}

/** The range and colour order that a network expects, as its graph's beginning tells. */
export interface Beginning {
  /**
   * The value that the network expects for the largest sample, such as 255 if the graph divides by 255. `any` if the graph
   * standardises each window itself.
   */
  readonly wants?: 1 | 255 | 65_535 | 'any';
  /** The factor that the graph itself multiplies with, if `wants` was derived from one. */
  readonly gain?: number;
  /** The colour order, if the graph subtracts the known means of red, green and blue. */
  readonly color?: 'rgb' | 'bgr';
  /** The beginning of the graph in words, such as `x/255`. */
  readonly words?: string;
}

const standardizes = new Set([
  'InstanceNormalization',
  'LayerNormalization',
  'GroupNormalization',
  'MeanVarianceNormalization',
  'LpNormalization',
]);
/** Reductions over a whole window before scaling. Over the channels alone they only make gray. */
const reduces = new Set(['ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL2']);
const asItIs = new Set(['Identity', 'Cast', 'Pad', 'Dropout']);
/** At most this many tensors count as the beginning of a network, even if it goes on with arithmetic. */
const MOST_TENSORS = 64;

/**
 * Finds out from a graph's beginning what range its image must have. Arithmetic with constants is composed to one factor
 * and one offset per channel, through transpositions and selections of channels, until a node does something else.
 *
 * @param depth number of channels of the image
 * @param axis the channel axis
 */
export function beginningOf(graph: GraphProto, image: string, depth: number, axis: number): Beginning {
  const walk = walkOf(graph, image);
  const traced = new Map<string, Traced>([
    [image, { channels: Array.from({ length: depth }, (_, from) => ({ from, gain: 1, offset: 0 })), axis, rank: 4 }],
  ]);
  let clipped: Beginning | undefined;
  for (const node of graph.node) {
    if (traced.size > MOST_TENSORS) break;
    const from = node.input.find((name) => traced.has(name));
    if (from === undefined || !isStandard(node)) continue;
    const before = traced.get(from)!;
    const whole = standardizes.has(node.opType) || (reduces.has(node.opType) && !isOverChannels(node, before, walk));
    if (whole && node.input[0] === from) return { wants: 'any', words: node.opType };
    if (node.opType === 'Clip') clipped ??= clip(node, before, walk);
    if (node.opType === 'BatchNormalization') return batchNormalized(node, before, walk) ?? clipped ?? {};
    for (const [name, after] of stepped(node, before, traced, walk)) traced.set(name, after);
  }
  const ends = [...traced].filter(([name]) => walk.users(name).some((user) => !leadsOn(user, traced)));
  const found = ends.map(([, end]) => conclusion(end)).filter((each) => each.wants !== undefined || each.color !== undefined);
  const first = found[0];
  // Branches that disagree tell nothing.
  if (!first || found.some(({ wants }) => wants !== first.wants)) return clipped ?? {};
  return first;
}

function isOverChannels(node: NodeProto, { axis, rank }: Traced, walk: GraphWalk): boolean {
  const axes = wholeNumbers(node, 'axes') ?? walk.numbers(node.input[1] ?? '')?.values;
  return axes?.length === 1 && (axes[0] === axis || axes[0]! + rank === axis);
}

function leadsOn({ output, opType }: NodeProto, traced: ReadonlyMap<string, Traced>): boolean {
  return opType === 'Shape' || output.some((name) => traced.has(name));
}

/** The tensors that a node computes from traced ones, if it does the same to every pixel. */
function stepped(node: NodeProto, before: Traced, all: ReadonlyMap<string, Traced>, walk: GraphWalk): [string, Traced][] {
  const { opType, input, output } = node;
  const one = (after: Traced | undefined): [string, Traced][] => (after ? [[output[0]!, after]] : []);
  if (asItIs.has(opType)) return one(before);
  if (opType === 'Clip') return one(before);
  if (opType === 'Transpose') return one(turned(before, wholeNumbers(node, 'perm')));
  if (['Add', 'Sub', 'Mul', 'Div'].includes(opType)) return one(computed(node, before, all, walk));
  if (opType === 'Neg') return one(affine(before, [-1], [0]));
  if (opType === 'Gather') {
    const at = wholeNumbers(node, 'axis')?.[0] ?? 0;
    return one(picked(before, at, walk.numbers(input[1] ?? '')));
  }
  if (opType === 'Slice') return one(sliced(node, before, walk));
  if (opType === 'Split') {
    const at = wholeNumbers(node, 'axis')?.[0] ?? 0;
    if (at !== before.axis && at + before.rank !== before.axis) return [];
    const each = before.channels.length / output.length;
    if (!Number.isInteger(each)) return [];
    return output.map((name, i) => [name, { ...before, channels: before.channels.slice(i * each, (i + 1) * each) }]);
  }
  if (opType === 'Unsqueeze' || opType === 'Squeeze' || opType === 'Reshape') return one(reshaped(node, before, walk));
  if (opType === 'Concat') return one(joined(node, all));
  return [];
}

function affine(before: Traced, gain: readonly number[], offset: readonly number[]): Traced {
  const at = (values: readonly number[], channel: number) => values[values.length === 1 ? 0 : channel]!;
  const channels = before.channels.map((each, c) => ({
    from: each.from,
    gain: each.gain * at(gain, c),
    offset: each.offset * at(gain, c) + at(offset, c),
  }));
  return { ...before, channels };
}

/**
 * Arithmetic between a traced tensor and constants, either one for all channels or one per channel. Either operand may
 * come first.
 */
function computed(
  { opType, input }: NodeProto,
  before: Traced,
  all: ReadonlyMap<string, Traced>,
  walk: GraphWalk,
): Traced | undefined {
  const [a = '', b = ''] = input;
  const isFirst = all.has(a);
  const values = perChannel(walk.numbers(isFirst ? b : a), before);
  if (!values) return undefined;
  const zero = values.map(() => 0);
  const one = values.map(() => 1);
  const negative = values.map((value) => -value);
  if (opType === 'Mul') return affine(before, values, zero);
  if (opType === 'Add') return affine(before, one, values);
  if (opType === 'Sub')
    return isFirst
      ? affine(before, one, negative)
      : affine(
          before,
          one.map((value) => -value),
          values,
        );
  return isFirst && values.every((value) => value !== 0)
    ? affine(
        before,
        values.map((value) => 1 / value),
        zero,
      )
    : undefined;
}

/** Constants as a list of one for all channels or one per channel. Undefined if they differ between pixels. */
function perChannel(numbers: Numbers | undefined, { channels, axis, rank }: Traced): readonly number[] | undefined {
  if (!numbers) return undefined;
  const { dims, values } = numbers;
  if (values.length === 1) return values;
  const from = rank - dims.length;
  const alone = dims.every((size, at) => size === 1 || at + from === axis);
  return alone && values.length === channels.length ? values : undefined;
}

function turned(before: Traced, perm: readonly number[] | undefined): Traced | undefined {
  return perm && { ...before, axis: perm.indexOf(before.axis) };
}

function picked(before: Traced, axis: number, which: Numbers | undefined): Traced | undefined {
  if (!which || which.dims.length > 1) return undefined;
  const along = axis < 0 ? axis + before.rank : axis;
  const scalar = which.dims.length === 0;
  if (along !== before.axis) return undefined;
  const channels = which.values.map((index) => before.channels.at(index)).filter((each) => each !== undefined);
  if (channels.length !== which.values.length) return undefined;
  // A scalar index removes the axis, until Unsqueeze adds it again to join channels.
  return { channels, axis: scalar ? -1 : before.axis, rank: scalar ? before.rank - 1 : before.rank };
}

function sliced(node: NodeProto, before: Traced, walk: GraphWalk): Traced | undefined {
  const given = (index: number, name: string) => walk.numbers(node.input[index] ?? '')?.values ?? wholeNumbers(node, name);
  const starts = given(1, 'starts');
  const ends = given(2, 'ends');
  const axes = given(3, 'axes') ?? starts?.map((_, i) => i);
  const steps = given(4, 'steps') ?? starts?.map(() => 1);
  if (!starts || !ends || !axes || !steps) return undefined;
  let { channels } = before;
  for (const [i, axis] of axes.entries()) {
    if ((axis < 0 ? axis + before.rank : axis) !== before.axis) continue;
    const [start, end, step] = [starts[i]!, ends[i]!, steps[i]!];
    const count = channels.length;
    const bound = (value: number) => (value < 0 ? Math.max(value + count, -1) : Math.min(value, count));
    const kept: Traced['channels'][number][] = [];
    if (step > 0) for (let c = bound(start); c < bound(end); c += step) kept.push(channels[c]!);
    else for (let c = Math.min(bound(start), count - 1); c > bound(end); c += step) kept.push(channels[c]!);
    channels = kept;
  }
  return channels.length > 0 ? { ...before, channels } : undefined;
}

/** Follows an Unsqueeze that adds the axis of a single channel again. Nothing else is followed. */
function reshaped({ opType, input, ...node }: NodeProto, before: Traced, walk: GraphWalk): Traced | undefined {
  const axes = walk.numbers(input[1] ?? '')?.values ?? wholeNumbers({ ...node, opType, input }, 'axes');
  if (opType === 'Unsqueeze' && axes?.length === 1 && before.axis < 0) {
    const rank = before.rank + 1;
    return { ...before, axis: axes[0]! < 0 ? axes[0]! + rank : axes[0]!, rank };
  }
  return undefined;
}

function joined(node: NodeProto, all: ReadonlyMap<string, Traced>): Traced | undefined {
  const parts = node.input.map((name) => all.get(name));
  const [first] = parts;
  if (!first || parts.some((part) => part === undefined || part.rank !== first.rank)) return undefined;
  const along = wholeNumbers(node, 'axis')?.[0] ?? 0;
  const axis = along < 0 ? along + first.rank : along;
  if (axis !== first.axis) return undefined;
  return { ...first, channels: parts.flatMap((part) => part!.channels) };
}

function clip(node: NodeProto, before: Traced, walk: GraphWalk): Beginning | undefined {
  if (before.channels.some(({ gain, offset }) => gain !== 1 || offset !== 0)) return undefined;
  const bound = (index: number, name: string) =>
    walk.numbers(node.input[index] ?? '')?.values[0] ?? node.attribute.find((each) => each.name === name)?.f;
  const [least, most] = [bound(1, 'min'), bound(2, 'max')];
  if (least !== 0 || (most !== 1 && most !== 255)) return undefined;
  return { wants: most, words: `clip to 0..${most}` };
}

/** A batch normalisation at the very beginning tells the range of the values that the network was trained with. */
function batchNormalized({ input }: NodeProto, before: Traced, walk: GraphWalk): Beginning | undefined {
  const [means, variances] = [walk.numbers(input[3] ?? '')?.values, walk.numbers(input[4] ?? '')?.values];
  if (!means || !variances) return undefined;
  // Mean and deviation converted back to values of the image itself.
  const back = before.channels.map(({ gain, offset }, c) => ({
    mean: ((means[c] ?? 0) - offset) / gain,
    deviation: Math.sqrt(variances[c] ?? 0) / Math.abs(gain),
  }));
  const [mean, deviation] = (['mean', 'deviation'] as const).map((key) => average(back.map((each) => each[key]))) as [
    number,
    number,
  ];
  if (mean > 20 && mean < 255 && deviation > 5 && deviation < 130)
    return { wants: 255, words: `a batch normalisation with mean ${short(mean)}` };
  if (mean > 0.08 && mean < 1 && deviation > 0.02 && deviation < 0.5)
    return { wants: 1, words: `a batch normalisation with mean ${short(mean)}` };
  return undefined;
}

/** ImageNet's means of red, green and blue, from 0 to 1. */
const imagenet = [0.485, 0.456, 0.406] as const;

/** What the composed `gain x + offset` tells about the range of x. */
function conclusion({ channels }: Traced): Beginning {
  const gain = average(channels.map((each) => Math.abs(each.gain)));
  const middle = average(channels.map((each) => -each.offset / each.gain));
  const bare = channels.every((each) => each.gain === 1);
  const shifted = channels.some(({ offset }) => offset !== 0);
  const words = `${bare ? 'x' : factorWords(gain)}${shifted ? ` with ${short(middle)} as 0` : ''}`;
  const wants = wanted(gain, middle, bare, shifted);
  if (wants === undefined) return {};
  const order = colourOrder(channels, wants);
  return { wants, gain, words, ...(order && { color: order }) };
}

function wanted(gain: number, middle: number, bare: boolean, shifted: boolean): 1 | 255 | 65_535 | undefined {
  if (gain > 0.5 / 65_535 && gain < 0.0003) return 65_535;
  if (gain >= 0.0019 && gain <= 0.06) return 255;
  const inside = middle > 0.02 && middle < 0.98;
  if (shifted && inside && gain >= 0.5 && gain <= 25) return 1;
  if (bare && shifted && middle >= 60 && middle <= 240) return 255;
  return gain >= 200 && gain <= 300 ? 1 : undefined;
}

function colourOrder(channels: Traced['channels'], wants: number): 'rgb' | 'bgr' | undefined {
  if (channels.length !== 3) return undefined;
  const means = [0, 1, 2].map((from) => {
    const channel = channels.find((each) => each.from === from);
    return channel ? -channel.offset / channel.gain / wants : Number.NaN;
  });
  const like = (order: readonly number[]) => order.every((mean, c) => Math.abs(mean - means[c]!) < 0.01);
  if (like(imagenet)) return 'rgb';
  return like([...imagenet].reverse()) ? 'bgr' : undefined;
}

function factorWords(gain: number): string {
  return gain < 1 ? `x/${short(1 / gain)}` : `x·${short(gain)}`;
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
