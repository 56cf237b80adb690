import { windowResampler } from '../../../slide/view/resample-window.js';
import type { Size } from '../../../types.js';
import { createMemory, createPixelMemory } from './memory.js';
import type { Inference } from './stages.js';

/**
 * Runs a model on windows that do not have the model's window size: resamples the window to the model's window, and the
 * scores back to exactly the size of the window. Uses the mean over areas for shrinking and bilinear interpolation for
 * enlarging.
 *
 * @param window size of the window that is read from the slide, in working px
 * @param own the model's window, in px
 */
export function rescaledInference(model: Inference, window: Size, own: Size, channels: number): Inference {
  if (window.width === own.width && window.height === own.height) return model;
  const toModel = windowResampler(window, own);
  const back = windowResampler(own, window);
  const plane = own.width * own.height;
  const memory = createMemory(plane * channels);
  const pixelMemory = createPixelMemory();
  return {
    capacity: model.capacity,
    async runShared({ pixels, scores: out }) {
      const { data } = toModel(pixels, pixels.length / (window.width * window.height));
      const shown = pixelMemory.take(data, data.length);
      shown.set(data);
      const scores = memory.take();
      await model.runShared({ pixels: shown, scores });
      pixelMemory.recycle(shown);
      for (let c = 0; c < channels; c++) {
        const { data } = back(scores.subarray(c * plane, (c + 1) * plane), 1);
        out.set(data, c * data.length);
      }
      memory.recycle(scores);
    },
  };
}
