import type { Card } from '../card/card.js';
import {
  cardClasses,
  fieldsOf,
  itemsIn,
  namesIn,
  numberIn,
  numbersIn,
  type PackageFormat,
  refused,
  textIn,
  windowOf,
} from './package.js';

/**
 * Bundles of MONAI: `metadata.json` describes the network's tensors. Its transforms are Python code, which segtile cannot
 * read.
 */
export const monai: PackageFormat = {
  name: 'MONAI',
  files: ['configs/metadata.json', 'metadata.json'],
  recognises: ({ network_data_format, monai_version }) => network_data_format !== undefined || monai_version !== undefined,
  read({ file, fields }) {
    const { inputs, outputs } = fieldsOf(fields.network_data_format);
    const image = fieldsOf(fieldsOf(inputs).image ?? Object.values(fieldsOf(inputs))[0]);
    const pred = fieldsOf(fieldsOf(outputs).pred ?? Object.values(fieldsOf(outputs))[0]);
    const shape = itemsIn(image.spatial_shape);
    if (shape.length === 3) throw refused(file, 'the network looks at volumes of three dimensions', 'segtile looks at planes');
    const format = textIn(pred.format);
    if (format !== undefined && /^(classes|classification|regression|embedding)$/i.test(format))
      throw refused(file, `the network gives ${format}`, 'segtile needs a score for each pixel');
    const names = namesIn(pred.channel_def);
    const count = numberIn(pred.num_channels);
    const isNamed = names !== undefined && (count === undefined || names.length === count);
    const range = numbersIn(image.value_range);
    const window = windowOfShape(shape);
    return {
      from: `${file} (MONAI${textIn(fields.monai_version) ? ` ${textIn(fields.monai_version)}` : ''})`,
      card: {
        ...(textIn(fields.name) !== undefined && { name: textIn(fields.name)! }),
        ...(range && rangeOf(range, file)),
        ...(window !== undefined && { window }),
        ...(isNamed && { classes: cardClasses(names) }),
      },
      notes: range ? [] : ['value_range is not stated'],
    };
  },
};

/** Scales samples of 0..255 to the range that the network was trained with. */
function rangeOf(range: readonly number[], file: string): Card {
  const [low, high] = range;
  if (low === 0 && high === 1) return { scale: 1 / 255 };
  if (low === 0 && high === 255) return { scale: 1 };
  if (low === -1 && high === 1) return { scale: 1 / 255, mean: [0.5], std: [0.5] };
  throw refused(
    file,
    `value_range is [${range.join(', ')}], which does not say how samples are brought to it`,
    'write a card beside the model with scale, mean and std, or standardize, as its transforms have it: segtile help models',
  );
}

/** The side of the window. For `[256, 256]` it is 256; for `["16*n", "16*n"]` it is the longest multiple up to 1,024 px. */
function windowOfShape(shape: readonly unknown[]): number | undefined {
  const [first, second] = shape;
  if (shape.length !== 2 || first !== second) return undefined;
  const side = numberIn(first);
  if (side !== undefined) return side;
  const step = Number(/^\s*(\d+)\s*\*\s*n\s*$/.exec(textIn(first) ?? '')?.[1]);
  return step > 0 ? windowOf(step, step) : undefined;
}
