import { SegtileError } from '../../errors.js';
import type { MaskClass } from '../../types.js';
import { type Model, modelPixels } from './model.js';

/** A model of an ensemble and its weight. */
export interface Member {
  readonly model: Model;
  /** Above 0. Only the ratio to the weights of the other models matters. */
  readonly weight: number;
}

/** Several models that are run as one, and what their joint scores stand for. */
export interface Ensemble extends Pick<Model, 'classes' | 'labels' | 'exclusive' | 'channels'> {
  readonly members: readonly Member[];
  /** `channelsOf[member][channel]` is the channel of the ensemble to which that channel of the member contributes. */
  readonly channelsOf: readonly (readonly number[])[];
}

/**
 * Joins models by the names of their classes. The ensemble has the classes of the first model, followed by those that
 * later models add. The score of a class is the weighted mean over the models that have this class; a model without it
 * contributes neither score nor weight. If the channels compete, the background is joined like a class.
 *
 * @throws {SegtileError} `model` if channels compete in one model but not in another, if the models need different pixels
 *   of a slide, or if there are more than 255 classes; `usage` if a weight is not above 0
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
    throw new SegtileError(
      'model',
      `the models have ${classes.length} classes together, a mask holds 255 at most`,
      'give models of fewer classes',
    );
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
      'run them one at a time, or set "exclusive" in the card of one',
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
