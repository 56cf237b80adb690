import { mppProblem } from '../../plan/resolution/mpp-range.js';
import type { Card } from '../card/card.js';
import {
  cardClasses,
  type Fields,
  fieldsOf,
  itemsIn,
  namesIn,
  numberIn,
  numbersIn,
  type PackageFormat,
  refused,
  textIn,
} from './package.js';

/**
 * Models of WSInfer, which classify patches that lie side by side. `config.json` says the side of a patch on the slide and
 * what is done to its pixels; see the schema `model-config` of WSInfer's zoo.
 */
export const wsinfer: PackageFormat = {
  name: 'WSInfer',
  files: ['config.json'],
  recognises: (fields) => fields.patch_size_pixels !== undefined && fields.spacing_um_px !== undefined,
  read({ file, fields }) {
    const patch = numberIn(fields.patch_size_pixels);
    const spacing = numberIn(fields.spacing_um_px);
    if (patch === undefined || !Number.isInteger(patch) || patch < 1)
      throw refused(file, `patch_size_pixels is ${JSON.stringify(fields.patch_size_pixels)}`, 'it should be like 350');
    if (spacing === undefined || mppProblem({ x: spacing, y: spacing }))
      throw refused(file, `spacing_um_px is ${JSON.stringify(fields.spacing_um_px)}`, 'it should be like 0.25');
    const names = namesIn(fields.class_names);
    if (!names) throw refused(file, `class_names is ${JSON.stringify(fields.class_names)}`, 'it should be a list of names');
    const { side = patch, ...range } = transformOf(fields.transform, file);
    const mpp = (spacing * patch) / side;
    return {
      from: `${file} (WSInfer)`,
      card: {
        task: 'classification',
        ...range,
        mpp,
        window: side,
        stride: side,
        margin: 0,
        classes: cardClasses(names),
        ...(names.length > 1 && { exclusive: true }),
      },
      notes:
        side === patch
          ? []
          : [`patches of ${patch} px at ${spacing} µm/px are resized to ${side} px: windows of ${side} px at ${mpp} µm/px`],
    };
  },
};

/** What is done to the pixels of a patch: the side that it is resized to, if it is, and the range of the samples. */
function transformOf(transform: unknown, file: string): Pick<Card, 'scale' | 'mean' | 'std'> & { readonly side?: number } {
  const steps = itemsIn(transform).map(fieldsOf);
  let made: ReturnType<typeof transformOf> = {};
  for (const step of steps) made = { ...made, ...stepOf(step, made, file) };
  if (made.scale === undefined) throw refused(file, 'transform has no ToTensor', 'it should have one, behind any Resize');
  return made;
}

function stepOf({ name, arguments: given }: Fields, before: ReturnType<typeof transformOf>, file: string) {
  const { size, mean, std } = fieldsOf(given);
  switch (textIn(name)) {
    case 'Resize': {
      const [side, other = side] = numbersIn(size) ?? [];
      if (side === undefined || side !== other || before.scale !== undefined)
        throw refused(file, `transform resizes to ${JSON.stringify(size)}`, 'it should be one side, before ToTensor');
      return { side };
    }
    case 'ToTensor':
      return { scale: 1 / 255 };
    case 'Normalize': {
      const [means, deviations] = [numbersIn(mean), numbersIn(std)];
      if (!means || !deviations || before.scale === undefined)
        throw refused(file, `transform normalises by ${JSON.stringify(given)}`, 'it should be mean and std, behind ToTensor');
      return { mean: means, std: deviations };
    }
    default:
      throw refused(
        file,
        `transform has the step ${JSON.stringify(name)}, which segtile does not know`,
        'write a card beside the model, with window, scale, mean and std: segtile help models',
      );
  }
}
