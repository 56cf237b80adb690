import { join } from 'node:path';
import type { Model } from '../card/model.js';
import { axes } from '../graph/layout.js';
import type { OpenedModel } from '../measured/open-model.js';
import { openPool } from '../sessions/pool.js';
import { type NumpyArray, readNumpy } from './npy.js';

/** The result of a package's own test. */
export interface SelfCheck {
  /** The largest difference from the expected output. */
  readonly difference: number;
  /** How many numbers were compared. */
  readonly numbers: number;
  /** Whether all of them are within the tolerance of the format: 1e-3 plus 1e-3 of the expected number. */
  readonly isNear: boolean;
}

/** Why the test could not be run, in words. */
export type Unchecked = { readonly why: string };

/**
 * Runs a network on the test tensor of its package, with all of segtile's pre- and postprocessing, and compares the scores
 * with the expected output of the package.
 *
 * @throws {SegtileError} `input` if a tensor cannot be read; `model` if the network fails
 */
export async function checkPackage(
  { others, folder, model }: OpenedModel,
  signal?: AbortSignal,
): Promise<SelfCheck | Unchecked> {
  if (!others?.test) return { why: 'it has no test tensors' };
  const [input, output] = await Promise.all(
    [others.test.input, others.test.output].map((file) => readNumpy(join(folder, file))),
  );
  if (model.image.element === 'uint8' || input!.shape.length !== 4 || output!.shape.length !== 4 || input!.shape[0] !== 1)
    return { why: `its test tensor of [${input!.shape.join(', ')}] is not one that segtile can give it` };
  const { channels, width, height } = axes<number>(input!.shape, model.layout);
  const tested: Model = {
    ...model,
    color: 'channels',
    samples: 'float32',
    depth: channels,
    activation: others.card.activation === 'sigmoid' || others.card.activation === 'softmax' ? model.activation : 'none',
  };
  const window = { width, height };
  const options = { window, workers: 1, device: 'cpu', output: 'probabilities', signal } as const;
  const pool = await openPool(tested, options);
  try {
    const pixels = model.layout === 'nhwc' ? input!.data : interleaved(input!.data, channels);
    return compared(await pool.run(pixels), output!, tested, window, others.card.classes?.[0]?.threshold);
  } finally {
    await pool.close();
  }
}

function interleaved(planes: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  const size = planes.length / channels;
  return Float32Array.from(planes, (_, at) => planes[(at % channels) * size + Math.floor(at / channels)]!);
}

/**
 * Compares scores, which are planes as large as the window, with the expected output, which may cover only its middle and
 * may have the channels last.
 */
function compared(
  scores: Float32Array,
  expected: NumpyArray,
  { channels, fit }: Model,
  window: { readonly width: number; readonly height: number },
  threshold: number | undefined,
): SelfCheck | Unchecked {
  const isFirst = expected.shape[1] === channels;
  if (!isFirst && expected.shape[3] !== channels)
    return { why: `its test output has the shape [${expected.shape.join(', ')}]` };
  const { width, height } = axes<number>(expected.shape, isFirst ? 'nchw' : 'nhwc');
  const centre = { left: (window.width - width) / 2, top: (window.height - height) / 2 };
  const { left, top } = fit && fit.crop !== 'centre' ? fit.crop : centre;
  if (left < 0 || top < 0 || !Number.isInteger(left) || !Number.isInteger(top))
    return { why: `its test output of ${width} × ${height} px is coarser than its input` };
  let difference = 0;
  let isNear = true;
  for (let channel = 0; channel < channels; channel++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const score = scores[(channel * window.height + y + top) * window.width + x + left]!;
        const got = threshold === undefined ? score : score > threshold ? 1 : 0;
        const at = isFirst ? (channel * height + y) * width + x : (y * width + x) * channels + channel;
        const away = Math.abs(got - expected.data[at]!);
        if (!(away <= difference)) difference = away;
        if (!(away <= 1e-3 + 1e-3 * Math.abs(expected.data[at]!))) isNear = false;
      }
  return { difference, numbers: expected.data.length, isNear };
}
