import { moveMean } from '../../../plan/windows/mean.js';
import { inverse, placesOf, type Symmetry, turn, turnedSize } from '../../../plan/windows/symmetry.js';
import { newSamples, typeOf } from '../../../tiff/samples/native.js';
import type { Size } from '../../../types.js';
import { createMemory } from './memory.js';
import type { Inference } from './score.js';

/**
 * Runs a model on every window in several orientations, turns the scores back and takes their mean. The passes of a
 * window run one after the other, so that no more passes run at a time than the model can use.
 *
 * @param window of the model, in px; no symmetry may change its size
 */
export function symmetricInference(
  model: Inference,
  symmetries: readonly Symmetry[],
  window: Size,
  channels: number,
): Inference {
  if (symmetries.length === 1) return model;
  const plane = window.width * window.height;
  const memory = createMemory(plane * channels);
  const pixels = model.pixels?.bind(model);
  return {
    capacity: model.capacity,
    ...(pixels && { pixels }),
    recycle: memory.recycle,
    async run(view) {
      const depth = view.length / plane;
      const mean = memory.take();
      for (const [index, symmetry] of symmetries.entries()) {
        const turned = pixels?.() ?? newSamples(typeOf(view), view.length);
        turn(view, window, depth, symmetry, turned);
        const scores = await model.run(turned);
        addTurnedBack(mean, scores, window, channels, symmetry, 1 / (index + 1));
        model.recycle?.(scores);
      }
      return mean;
    },
  };
}

/** {@link moveMean} for the scores of a turned window. */
function addTurnedBack(
  mean: Float32Array,
  scores: Float32Array,
  window: Size,
  channels: number,
  symmetry: Symmetry,
  share: number,
): void {
  if (share === 1) {
    moveMean(mean, scores, share);
    return;
  }
  const { start, across, down } = placesOf(turnedSize(window, symmetry), inverse(symmetry));
  const plane = window.width * window.height;
  for (let c = 0, o = 0; c < channels; c++) {
    for (let y = 0; y < window.height; y++) {
      for (let x = 0, from = c * plane + start + y * down; x < window.width; x++, o++, from += across) {
        mean[o]! += (scores[from]! - mean[o]!) * share;
      }
    }
  }
}
