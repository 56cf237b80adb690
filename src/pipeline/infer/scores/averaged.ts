import { moveMean } from '../../../plan/windows/mean.js';
import { newSamples, typeOf } from '../../../tiff/samples/native.js';
import { createMemory } from './memory.js';
import type { Inference } from './score.js';

/** A model among several that see the same windows. */
export interface Part {
  readonly inference: Inference;
  readonly weight: number;
  /** The channel of the joint scores that each of its own is. */
  readonly channelsOf: readonly number[];
}

/**
 * Runs several models on each window and takes the weighted mean of their scores, channel by channel over the models that have it. The
 * mean of equal scores is that score to the last bit.
 *
 * @param plane pixels of a window
 * @param channels of the joint scores, each of which some model must have
 */
export function averagedInference(parts: readonly Part[], plane: number, channels: number): Inference {
  const [only] = parts;
  const same = only!.channelsOf.length === channels && only!.channelsOf.every((to, from) => to === from);
  if (parts.length === 1 && same) return only!.inference;
  const memory = createMemory(plane * channels);
  return {
    capacity: Math.max(...parts.map(({ inference }) => inference.capacity)),
    recycle: memory.recycle,
    async run(pixels) {
      const mean = memory.take();
      const weights = new Float64Array(channels);
      for (const [index, { inference, weight, channelsOf }] of parts.entries()) {
        const last = index === parts.length - 1;
        const given = last ? pixels : (inference.pixels?.() ?? newSamples(typeOf(pixels), pixels.length));
        if (!last) given.set(pixels);
        const scores = await inference.run(given);
        for (const [from, to] of channelsOf.entries()) {
          weights[to]! += weight;
          moveMean(
            mean.subarray(to * plane, (to + 1) * plane),
            scores.subarray(from * plane, (from + 1) * plane),
            weight / weights[to]!,
          );
        }
        inference.recycle?.(scores);
      }
      return mean;
    },
  };
}
