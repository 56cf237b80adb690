import { type ModelProto, node, tensor } from '../../../../dist/model/graph/format/onnx.js';
import { sketch } from './onnxruntime.ts';

/** Attributes of enlargements and of pools, as onnxruntime computes them in its blocked layout. */
export const floored = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
export const halving = { kernel_shape: [2n, 2n], strides: [2n, 2n] };

interface Plane {
  readonly name: string;
  readonly channels: number;
  /** How often its sides were halved. */
  readonly level: number;
}

const widths = [4, 5, 8, 8, 12, 16, 16, 16, 24, 32];

/** A network of random operations of which every result may be taken again; `pick(n)` gives numbers from 0 to n - 1. */
function randomNetwork(dims: readonly number[], seed: number, pick: (count: number) => number): ModelProto {
  const { add, conv, weight, model } = sketch(seed);
  weight(tensor('twice', Float32Array.of(1, 1, 2, 2)));
  const planes: Plane[] = [{ name: 'image', channels: 3, level: 0 }];
  const convolved = ({ name, channels, level }: Plane, output: string, side = 3, stride = 1): Plane => {
    const to = widths[pick(widths.length)]!;
    return { name: conv(name, output, [channels, to], side, stride), channels: to, level: level + stride - 1 };
  };
  const beside = ({ level }: Plane, output: string): Plane => {
    const alike = planes.filter((each) => each.level === level);
    const parts = Array.from({ length: 2 + (pick(4) >> 1) }, () => alike[pick(alike.length)]!);
    const names = parts.map(({ name }) => name);
    const channels = parts.reduce((sum, part) => sum + part.channels, 0);
    return { name: add(node('Concat', names, output, { axis: 1n })), channels, level };
  };
  const next = (from: Plane, output: string): Plane => {
    const { name, level } = from;
    const kind = pick(9);
    if (kind < 2 && level < 2)
      return { ...from, name: add(node(['MaxPool', 'AveragePool'][kind]!, [name], output, halving)), level: level + 1 };
    if (kind === 2 && level > 0)
      return { ...from, name: add(node('Resize', [name, '', 'twice'], output, floored)), level: level - 1 };
    if (kind === 3) return { ...from, name: add(node(['Relu', 'LeakyRelu', 'Sigmoid', 'Tanh'][pick(4)]!, [name], output)) };
    if (kind === 4 && level < 2) return convolved(from, output, 3, 2);
    if (kind < 7) return convolved(beside(from, `${output} parts`), output);
    return kind === 7 ? beside(from, output) : convolved(from, output, [1, 3][pick(2)]!);
  };
  planes.push(convolved(planes[0]!, 'first'));
  for (let step = 0; step < 12; step++) planes.push(next(planes[Math.max(1, planes.length - 1 - pick(3))]!, `step ${step}`));
  const last = planes.at(-1)!;
  return model(dims, [add(node('Sigmoid', [conv(last.name, 'logits', [last.channels, 2])], 'scores'))]);
}

/** Makes the same random network at each call. */
export function drawnNetwork(dims: readonly number[], seed: number, numbers: Iterator<number>): () => ModelProto {
  const picked: number[] = [];
  return () => {
    let at = 0;
    return randomNetwork(dims, seed, (count) => {
      if (at === picked.length) picked.push(numbers.next().value);
      return picked[at++]! % count;
    });
  };
}
