import { elementCode, type TensorProto } from '../format/onnx.js';

/** Weights of a convolution, in the order of ONNX: `[outputs, inputs, height, width]`. */
export interface ConvKernel {
  readonly outputs: number;
  readonly inputs: number;
  /** Height and width. */
  readonly sides: readonly [number, number];
  readonly data: Float32Array;
}

/** Whether a tensor has float32 numbers inside the file, as raw bytes. */
export function hasFloats({ dataType, dataLocation, rawData, dims }: TensorProto): boolean {
  const count = dims.reduce((product, size) => product * Number(size), 1);
  return dataType === elementCode.float32 && dataLocation !== 1 && rawData.length === 4 * count;
}

/** The numbers of a tensor that {@link hasFloats}. */
export function floatsOf({ rawData }: TensorProto): Float32Array {
  return new Float32Array(new Uint8Array(rawData).buffer); // a copy, since the bytes need not be aligned
}

/** The weights of a convolution in the plane, from a tensor that {@link hasFloats}. */
export function kernelOf(tensor: TensorProto): ConvKernel {
  const [outputs, inputs, height, width] = tensor.dims.map(Number) as [number, number, number, number];
  return { outputs, inputs, sides: [height, width], data: floatsOf(tensor) };
}

/** The kernel with further outputs behind its own that are 0. */
export function withZeroOutputs({ outputs, inputs, sides, data }: ConvKernel, count: number): ConvKernel {
  const wider = new Float32Array((data.length / outputs) * (outputs + count));
  wider.set(data);
  return { outputs: outputs + count, inputs, sides, data: wider };
}

/** The kernel with further inputs before its input `at`, which count for nothing. */
export function withIdleInputs({ outputs, inputs, sides, data }: ConvKernel, at: number, count: number): ConvKernel {
  const area = sides[0] * sides[1];
  const [before, each, wider] = [at * area, inputs * area, (inputs + count) * area];
  const all = new Float32Array(outputs * wider);
  for (let output = 0; output < outputs; output++) {
    const row = data.subarray(output * each, (output + 1) * each);
    all.set(row.subarray(0, before), output * wider);
    all.set(row.subarray(before), output * wider + before + count * area);
  }
  return { outputs, inputs: inputs + count, sides, data: all };
}

/** The kernel for its inputs from `from` up to `to` alone. */
export function ofInputs({ outputs, inputs, sides, data }: ConvKernel, from: number, to: number): ConvKernel {
  const area = sides[0] * sides[1];
  const each = (to - from) * area;
  const all = new Float32Array(outputs * each);
  for (let output = 0; output < outputs; output++) {
    const row = output * inputs * area;
    all.set(data.subarray(row + from * area, row + to * area), output * each);
  }
  return { outputs, inputs: to - from, sides, data: all };
}
