import { type GraphWalk, isStandard, textOf, wholeNumbers } from '../../measured/graph.js';
import { type ModelProto, type NodeProto, node, opsetOf } from '../format/onnx.js';

/** The largest factor for which enlargements were shown to be the same, by enumeration and by runs of onnxruntime. */
const LARGEST_FACTOR = 16;

/** Where `Resize` puts the outputs among the samples, and to which of them it rounds, in the words of ONNX. */
export interface ResizeRule {
  readonly transformation: string;
  /** Of no account unless `mode` is `nearest`. */
  readonly rounding: string;
}

/** The rule by which output `i` is sample `floor(i / factor)`. */
const repeating: ResizeRule = { transformation: 'asymmetric', rounding: 'floor' };

/**
 * Whether an enlargement to the nearest sample by a whole factor repeats each sample `factor` times, so that output `i` is
 * sample `floor(i / factor)`. With half-pixel centres, output `i = factor q + r` lies at `q + (r + 1/2) / factor - 1/2`, which
 * is less than half a sample away from `q`.
 */
export function isRepetition({ transformation, rounding }: ResizeRule, factor: number): boolean {
  switch (transformation) {
    case 'half_pixel':
    case 'half_pixel_symmetric':
    case 'pytorch_half_pixel':
      return rounding === 'round_prefer_floor' || rounding === 'round_prefer_ceil';
    case 'tf_half_pixel_for_nn':
      return rounding === 'floor';
    case 'asymmetric':
      return rounding === 'floor' || (rounding === 'round_prefer_floor' && factor <= 2);
    default:
      return false;
  }
}

/**
 * Restates enlargements by whole factors in the words for which onnxruntime has a kernel in its blocked layout
 * (NchwcTransformer, as of 1.30). For others that mean the same, such as the defaults of ONNX, it leaves that layout.
 *
 * Enlargements to the nearest sample give the same scores, bit for bit. Linear ones by `pytorch_half_pixel` are those by
 * `half_pixel`, since what they give is longer than 1; the two kernels round differently.
 *
 * @param model is changed in place
 * @returns whether anything was changed
 */
export function restateResizes(model: ModelProto, walk: GraphWalk): boolean {
  if (opsetOf(model) < 11) return false; // they had no rules before
  let isChanged = false;
  for (const each of model.graph!.node) {
    const factors = wholeFactors(each, walk);
    const rule = ruleOf(each);
    const better = factors && restated(textOf(each, 'mode') ?? 'nearest', rule, factors);
    if (!better || (better.transformation === rule.transformation && better.rounding === rule.rounding)) continue;
    const { attribute } = node('Resize', [], '', {
      coordinate_transformation_mode: better.transformation,
      nearest_mode: better.rounding,
    });
    each.attribute = [...each.attribute.filter(({ name }) => attribute.every((other) => other.name !== name)), ...attribute];
    isChanged = true;
  }
  return isChanged;
}

function restated(mode: string, rule: ResizeRule, factors: readonly number[]): ResizeRule | undefined {
  if (mode === 'nearest') return factors.every((factor) => isRepetition(rule, factor)) ? repeating : undefined;
  const isHalfPixel = mode === 'linear' && rule.transformation === 'pytorch_half_pixel';
  return isHalfPixel ? { ...rule, transformation: 'half_pixel' } : undefined;
}

/** By which factors a node enlarges height and width, if it is a `Resize` by constant whole factors and of nothing else. */
function wholeFactors(each: NodeProto, walk: GraphWalk): readonly number[] | undefined {
  const [, , scales = '', sizes = ''] = each.input;
  if (each.opType !== 'Resize' || !isStandard(each) || sizes !== '') return undefined;
  if (each.attribute.some(({ name }) => name === 'axes') || wholeNumbers(each, 'antialias')?.[0]) return undefined;
  const [batch, channels, ...factors] = walk.numbers(scales)?.values ?? [];
  const isWhole = factors.every((by) => Number.isInteger(by) && by >= 1 && by <= LARGEST_FACTOR);
  return batch === 1 && channels === 1 && factors.length === 2 && isWhole ? factors : undefined;
}

function ruleOf(each: NodeProto): ResizeRule {
  return {
    transformation: textOf(each, 'coordinate_transformation_mode') ?? 'half_pixel',
    rounding: textOf(each, 'nearest_mode') ?? 'round_prefer_floor',
  };
}
