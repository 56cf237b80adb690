import { moveMeanWithin } from '../../../plan/scores/mean.js';
import { inverse, placesOf, type Symmetry, turn, turnedBox, turnedSize } from '../../../plan/windows/symmetry.js';
import type { Box, Size } from '../../../types.js';
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
        addTurnedBack(mean, turned.scores, window, part ?? { x: 0, y: 0, ...window }, symmetry, 1 / (index + 1));
      }
      pixelMemory.recycle(turned.pixels);
      memory.recycle(turned.scores);
    },
  };
}

/** {@link moveMeanWithin} for the scores of a turned window, all planes. */
function addTurnedBack(
  mean: Float32Array,
  scores: Float32Array,
  window: Size,
  part: Box,
  symmetry: Symmetry,
  share: number,
): void {
  const { start, across, down } = placesOf(turnedSize(window, symmetry), inverse(symmetry));
  const plane = window.width * window.height;
  for (let first = 0; first < mean.length; first += plane) {
    if (share === 1) {
      moveMeanWithin(mean.subarray(first, first + plane), scores.subarray(first, first + plane), share, window.width, part);
      continue;
    }
    for (let y = part.y; y < part.y + part.height; y++) {
      let to = first + y * window.width + part.x;
      let from = first + start + y * down + part.x * across;
      for (let x = 0; x < part.width; x++, to++, from += across) mean[to]! += (scores[from]! - mean[to]!) * share;
    }
  }
}
