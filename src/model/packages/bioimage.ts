import { mppProblem } from '../../plan/resolution/mpp-range.js';
import type { Card } from '../card/card.js';
import { inputSteps, outputSteps } from './bioimage-steps.js';
import { type BioimageTensor, tensorOf } from './bioimage-tensor.js';
import {
  cardClasses,
  type Fields,
  fieldsOf,
  itemsIn,
  type PackageCard,
  type PackageFormat,
  type PackageTest,
  refused,
  textIn,
  windowOf,
} from './package.js';

/** Models of the BioImage Model Zoo, described in version 0.4 or 0.5 of its format. */
export const bioimage: PackageFormat = {
  name: 'bioimage.io',
  files: ['rdf.yaml', 'bioimageio.yaml', 'model.yaml', 'bioimage.yaml'],
  recognises: ({ format_version, inputs, outputs, weights }) =>
    textIn(format_version) !== undefined && [inputs, outputs, weights].every((each) => each !== undefined),
  read({ file, fields }): PackageCard {
    const version = textIn(fields.format_version)!;
    if (!/^0\.[45]\./.test(version))
      throw refused(
        file,
        `the format is bioimage.io ${version}`,
        'segtile reads 0.4 and 0.5: have it upgraded by bioimageio.core',
      );
    if (itemsIn(fields.inputs).length !== 1)
      throw refused(file, `the model has ${itemsIn(fields.inputs).length} inputs`, 'segtile runs networks that take one image');
    const where = (side: string) => `${file}: ${side}`;
    const input = tensorOf(itemsIn(fields.inputs)[0], where('input'));
    const output = tensorOf(itemsIn(fields.outputs)[0], where('output'));
    const test = testOf(fields, input, output);
    return {
      from: `${file} (bioimage.io ${version})`,
      network: networkOf(fields, file),
      card: {
        ...(textIn(fields.name) !== undefined && { name: textIn(fields.name)! }),
        ...inputCard(input, where('preprocessing')),
        ...outputCard(input, output, where('postprocessing')),
      },
      notes: unreadScale(input),
      ...(test && { test }),
    };
  },
};

/** A note if the stated pixel size cannot be expressed in a card. */
function unreadScale({ y, x }: BioimageTensor): string[] {
  if (y.mpp === undefined && x.mpp === undefined) return [];
  if (y.mpp === x.mpp && mppProblem({ x: y.mpp!, y: y.mpp! }) === undefined) return [];
  return [`its pixels of ${x.mpp ?? '?'} × ${y.mpp ?? '?'} µm are not used: give --model-mpp`];
}

function networkOf({ weights }: Fields, file: string): NonNullable<PackageCard['network']> {
  const { onnx, ...others } = fieldsOf(weights);
  const { source, sha256 } = fieldsOf(onnx);
  const path = textIn(source) ?? textIn(fieldsOf(source).source);
  if (path === undefined)
    throw refused(
      file,
      `the model has no weights in ONNX, but in ${Object.keys(others).join(', ') || 'no format at all'}`,
      'have them converted by bioimageio.core (add_weights), or export them with torch.onnx.export',
    );
  if (/^https?:/i.test(path))
    throw refused(file, `its weights lie at ${path}`, 'download the whole package, as a .zip, and give that');
  return { path, sha256: textIn(sha256) ?? textIn(fieldsOf(source).sha256) };
}

function inputCard({ y, x, channel, steps }: BioimageTensor, where: string): Card {
  const isSquare = typeof y.size === 'number' ? y.size === x.size : true;
  const window = typeof y.size === 'number' ? y.size : y.size && windowOf(y.size.least, y.size.step);
  const isKnown = y.mpp !== undefined && y.mpp === x.mpp && mppProblem({ x: y.mpp, y: y.mpp }) === undefined;
  return {
    ...(channel.at !== undefined && { layout: channel.at < y.at ? ('nchw' as const) : ('nhwc' as const) }),
    ...inputSteps(steps, channel.size, where),
    ...(isSquare && window !== undefined && { window }),
    ...(isKnown && { mpp: y.mpp! }),
  };
}

function outputCard(input: BioimageTensor, output: BioimageTensor, where: string): Card {
  const { activation, threshold } = outputSteps(output.steps, where);
  const { names, size = 1 } = output.channel;
  const isNamed = names !== undefined && names.length === size;
  const halo = Math.max(output.y.halo, output.x.halo);
  // Defined if the same number of px is missing on every side, and the rest has a score for each pixel.
  const missing = output.y.missing;
  const crop = missing === output.x.missing && output.y.scale === 1 && output.x.scale === 1 ? missing : undefined;
  const isCropped = crop !== undefined && crop > 0 && input.y.size !== output.y.size;
  return {
    ...(activation && { activation }),
    ...(activation === 'sigmoid' && size > 1 && { exclusive: false }),
    ...(isNamed || threshold !== undefined
      ? { classes: cardClasses(isNamed ? names : Array.from({ length: size }, (_, at) => `class ${at + 1}`), threshold) }
      : {}),
    ...(halo > 0 && { margin: halo }),
    ...(isCropped && { crop }),
  };
}

function testOf(fields: Fields, input: BioimageTensor, output: BioimageTensor): PackageTest | undefined {
  const first = input.test ?? textIn(itemsIn(fields.test_inputs)[0]);
  const last = output.test ?? textIn(itemsIn(fields.test_outputs)[0]);
  return first !== undefined && last !== undefined ? { input: first, output: last } : undefined;
}
