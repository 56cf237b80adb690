import type { Size } from '../../types.js';
import type { Model } from '../card/model.js';
import type { ScoreShape } from '../graph/layout.js';
import { isRecord, isSize, type Kept, recalled, remember } from './cache.js';

const kept: Kept<ScoreShape> = {
  folder: 'shapes',
  isFound: (value): value is ScoreShape =>
    isRecord(value) &&
    isSize(value) &&
    (value.layout === 'nchw' || value.layout === 'nhwc') &&
    Number.isInteger(value.channels) &&
    Number(value.factor) > 0 &&
    (value.first === undefined || (isRecord(value.first) && [value.first.left, value.first.top].every(Number.isInteger))),
};

/** The shape of a network's scores for windows of one size, if it was found before. */
export function recalledShape(model: Model, window: Size): Promise<ScoreShape | undefined> {
  return recalled(kept, model.sha256, circumstances(model, window));
}

/** Caches the shape of a network's scores, so that the network need not be loaded twice at the next start. */
export function rememberShape(model: Model, window: Size, shape: ScoreShape): Promise<void> {
  return remember(kept, model.sha256, circumstances(model, window), shape);
}

function circumstances({ image, scores, layout, output, cam, fit, crop }: Model, window: Size): object {
  return { window, image, scores, layout, output, cam, fit, crop };
}
