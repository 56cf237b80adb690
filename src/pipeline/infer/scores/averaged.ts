import { moveMeanWithin } from '../../../plan/scores/mean.js';
import type { Size } from '../../../types.js';
import { createMemory } from './memory.js';
import type { Inference } from './stages.js';

/** One of several models that run on the same windows. */
export interface Part {
  readonly inference: Inference;
  readonly weight: number;
  /** For each channel of its scores: the channel of the joint scores. */
  readonly channelsOf: readonly number[];
}

/**
 * Runs several models on each window and takes the weighted mean of their scores. Each channel is averaged over the
 * models that have it. The mean of equal scores is exactly that score, to the last bit.
 *
 * @param window in px
 * @param channels of the joint scores; at least one model must have each of them
 */
export function averagedInference(parts: readonly Part[], window: Size, channels: number): Inference {
  const plane = window.width * window.height;
  const [only] = parts;
  const same = only!.channelsOf.length === channels && only!.channelsOf.every((to, from) => to === from);
  if (parts.length === 1 && same) return only!.inference;
  const memories = parts.map(({ channelsOf }) => createMemory(plane * channelsOf.length));
  return {
    capacity: Math.max(...parts.map(({ inference }) => inference.capacity)),
    async runShared({ pixels, scores: mean, part }) {
      const weights = new Float64Array(channels);
      for (const [index, { inference, weight, channelsOf }] of parts.entries()) {
        const scores = memories[index]!.take();
        await inference.runShared({ pixels, scores, part });
        for (const [from, to] of channelsOf.entries()) {
          weights[to]! += weight;
          moveMeanWithin(
            mean.subarray(to * plane, (to + 1) * plane),
            scores.subarray(from * plane, (from + 1) * plane),
            weight / weights[to]!,
            window.width,
            part ?? { x: 0, y: 0, ...window },
          );
        }
        memories[index]!.recycle(scores);
      }
    },
  };
}
