import { SegtileError } from '../../errors.js';
import type { MaskClass } from '../../types.js';
import { type Model, modelPixels } from './model.js';

/** A model of an ensemble and how much it counts. */
export interface Member {
  readonly model: Model;
  /** Above 0; only the ratio to those of the others matters. */
  readonly weight: number;
}

/** Several models as one: what its scores stand for. */
export interface Ensemble extends Pick<Model, 'classes' | 'labels' | 'exclusive' | 'channels'> {
  readonly members: readonly Member[];
  /** For each member: the channel of the ensemble that each of its own channels is. */
  readonly channelsOf: readonly (readonly number[])[];
}

/**
 * Joins models by the names of their classes. The classes of the ensemble are those of the first model, followed by those that later
 * models add. The score of a class is the weighted mean over the models that know it: one that lacks a class contributes neither score nor
 * weight to it. The background of models whose channels compete is joined like a class.
 *
 * @throws {SegtileError} `model` where channels compete in one model and not in another, or models want other pixels of a slide; `usage`
 *   for weights that are not above 0
 */
export function joinModels(members: readonly Member[]): Ensemble {
  const first = members[0]!.model;
  for (const { model, weight } of members) {
    if (!(weight > 0 && Number.isFinite(weight)))
      throw new SegtileError('usage', `expected a weight above 0 for ${model.path} but got ${weight}`);
    refuseStranger(first, model);
  }
  const { exclusive } = first;
  const classes: MaskClass[] = [...first.classes];
  for (const { model } of members.slice(1)) {
    for (const each of model.classes) {
      if (classes.every(({ name }) => name !== each.name)) classes.push({ ...each, label: classes.length + 1 });
    }
  }
  if (classes.length > 255)
    throw new SegtileError('model', `the models have ${classes.length} classes together, a mask holds 255 at most`);
  const background = members.some(({ model }) => model.labels.includes(0));
  const labels = [...(background ? [0] : []), ...classes.map(({ label }) => label)];
  const channelsOf = members.map(({ model }) =>
    model.labels.map((label) => {
      const name = model.classes.find((each) => each.label === label)?.name;
      return labels.indexOf(classes.find((each) => each.name === name)?.label ?? 0);
    }),
  );
  return { members, classes, labels, exclusive, channels: labels.length, channelsOf };
}

function refuseStranger(first: Model, model: Model): void {
  const words = ({ exclusive }: Model): string => (exclusive ? 'compete' : 'are independent');
  if (model.exclusive !== first.exclusive)
    throw new SegtileError(
      'model',
      `the classes of ${first.path} ${words(first)} but those of ${model.path} ${words(model)}: their probabilities have no common mean`,
      'run them apart, or say exclusive in the card of one',
    );
  const pixels = (each: Model): string => {
    const { kind, channels } = modelPixels(each);
    return kind === 'picture' ? 'the picture in RGB' : `${channels} channels of ${each.samples}`;
  };
  if (pixels(model) !== pixels(first))
    throw new SegtileError(
      'model',
      `${first.path} takes ${pixels(first)} but ${model.path} takes ${pixels(model)}`,
      'an ensemble sees the same pixels',
    );
}
