import { moveMean } from '../../../plan/scores/mean.js';
import { inverse, placesOf, type Symmetry, turn, turnedBox, turnedSize } from '../../../plan/windows/symmetry.js';
import type { Size } from '../../../types.js';
import { createMemory, createPixelMemory } from './memory.js';
import type { Inference } from './stages.js';

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
  const pixelMemory = createPixelMemory();
  return {
    capacity: model.capacity,
    async runShared({ pixels: view, scores: mean, part }) {
      const turned = { pixels: pixelMemory.take(view, view.length), scores: memory.take() };
      for (const [index, symmetry] of symmetries.entries()) {
        turn(view, window, view.length / plane, symmetry, turned.pixels);
        await model.runShared({ ...turned, part: part && turnedBox(part, window, symmetry) });
        addTurnedBack(mean, turned.scores, window, channels, symmetry, 1 / (index + 1));
      }
      pixelMemory.recycle(turned.pixels);
      memory.recycle(turned.scores);
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
