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

/** Models of Hugging Face's transformers: `config.json` lists the classes, `preprocessor_config.json` the preprocessing. */
export const huggingFace: PackageFormat = {
  name: 'Hugging Face',
  files: ['config.json'],
  recognises: ({ model_type, architectures, id2label }) =>
    textIn(model_type) !== undefined && (itemsIn(architectures).length > 0 || id2label !== undefined),
  async read({ file, fields, other }) {
    const [kind = ''] = itemsIn(fields.architectures).map(String);
    const isClassifier = /ImageClassification/.test(kind);
    if (kind !== '' && !isClassifier && !/SemanticSegmentation/.test(kind))
      throw refused(
        file,
        `the model is a ${kind}`,
        'segtile needs a score for each pixel, or one for each window: a model ForSemanticSegmentation or ForImageClassification',
      );
    const isExclusive = fields.problem_type !== 'multi_label_classification';
    const names = namesIn(fields.id2label);
    const preprocessor = await other('preprocessor_config.json');
    const reduced = [preprocessor?.do_reduce_labels, preprocessor?.reduce_labels, fields.do_reduce_labels].includes(true);
    return {
      from: preprocessor ? `${file} and preprocessor_config.json (Hugging Face)` : `${file} (Hugging Face)`,
      card: {
        ...(isClassifier && { task: 'classification' }),
        ...(preprocessor && inputOf(preprocessor)),
        ...(names && names.length > 1 && { classes: cardClasses(names), exclusive: isExclusive }),
        ...(names?.length === 1 && { classes: cardClasses(names) }),
      },
      notes: [
        ...(preprocessor ? [] : ['there is no preprocessor_config.json, which would give the range of the input']),
        ...(reduced ? ['do_reduce_labels: background is not a class of the model'] : []),
      ],
    };
  },
};

/** What the image processor does to the samples. Files from before 2023 do not mention rescaling, which was always done. */
function inputOf(fields: Fields): Card {
  const isRescaled = fields.do_rescale !== false;
  const mean = fields.do_normalize === false ? undefined : numbersIn(fields.image_mean);
  const std = fields.do_normalize === false ? undefined : numbersIn(fields.image_std);
  const { height, width } = fieldsOf(fields.size);
  const side = numberIn(fields.size) ?? (height === width ? numberIn(height) : undefined);
  return {
    scale: isRescaled ? (numberIn(fields.rescale_factor) ?? 1 / 255) : 1,
    ...(mean && { mean }),
    ...(std && { std }),
    ...(fields.do_resize !== false && side !== undefined && { window: side }),
  };
}
