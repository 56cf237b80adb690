import type { SampleType } from '../../types.js';
import type { Standardization } from '../card/card.js';
import { constant, node } from './format/onnx.js';
import type { GraphStep } from './graph-steps.js';

/**
 * Added to the variance, in squared steps of a sample. It is large enough that a blank window stays blank, and far too
 * small to be seen in any other. The steps of floating point from 0 to 1 are taken to be those of bytes, 1/255.
 */
const leastVariance: Readonly<Record<SampleType, number>> = { uint8: 1e-4, uint16: 1e-4, float32: 1e-4 / 255 ** 2 };

/** Brings each channel of an image in NCHW to mean 0 and variance 1. */
export function standardizeChannels(channels: number, samples: SampleType): GraphStep {
  return (input, output, names) => {
    const scale = constant(names('ones'), new Float32Array(channels).fill(1));
    const bias = constant(names('zeros'), new Float32Array(channels));
    const inputs = [input, scale.output[0]!, bias.output[0]!];
    return [scale, bias, node('InstanceNormalization', inputs, output, { epsilon: leastVariance[samples] })];
  };
}

/**
 * `(x - mean) / (deviation + eps)` of an image in NCHW. Means are taken along one axis after the other, which rounds less
 * than one sum over all pixels.
 */
export function standardizeOver({ axes, eps }: Standardization, samples: SampleType, opset: number): GraphStep {
  const along = axes === 'all' ? [3, 2, 1] : [3, 2];
  return (input, output, names) => {
    const mean = (from: string) => {
      let last = from;
      const nodes = along.flatMap((axis) => {
        const [before, number] = [last, names('axis')];
        last = names('mean');
        if (opset < 18) return [node('ReduceMean', [before], last, { axes: [BigInt(axis)] })];
        return [constant(number, BigInt64Array.of(BigInt(axis))), node('ReduceMean', [before, number], last)];
      });
      return { nodes, name: last };
    };
    const middle = mean(input);
    const [away, squares, deviation] = [names('away'), names('squares'), names('deviation')];
    const variance = mean(squares);
    const [more, sum] = [names('more'), names('sum')];
    const addition = constant(more, Float32Array.of(eps ?? leastVariance[samples]));
    const last =
      eps === undefined
        ? [node('Add', [variance.name, more], sum), node('Sqrt', [sum], deviation), node('Div', [away, deviation], output)]
        : [node('Sqrt', [variance.name], deviation), node('Add', [deviation, more], sum), node('Div', [away, sum], output)];
    return [
      ...middle.nodes,
      node('Sub', [input, middle.name], away),
      node('Mul', [away, away], squares),
      ...variance.nodes,
      addition,
      ...last,
    ];
  };
}
