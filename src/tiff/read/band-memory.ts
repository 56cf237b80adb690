import type { Samples, SampleType } from '../../types.js';
import { bytesOfSample, newSamples } from '../samples/native.js';

/** Memory for the pixels of bands: that of earlier ones, where they were given back. */
export interface BandMemory {
  /** So many samples, which may hold anything. */
  take(type: SampleType, length: number): Samples<ArrayBuffer>;
  /** Takes back what was taken and nobody looks at any more; whatever else there is goes its own way. */
  give(samples: Samples): void;
}

/**
 * No memory yet. The bands of a wide slide have tens of megabytes each: fresh memory for every one of them lies there until the collector of
 * garbage comes, and has it come every few bands.
 */
export function bandMemory(): BandMemory {
  const taken = new WeakSet<ArrayBufferLike>();
  let spare: ArrayBuffer[] = [];
  return {
    take(type, length) {
      const bytes = length * bytesOfSample[type];
      const fitting = spare.find(({ byteLength }) => byteLength >= bytes);
      // What is too small for one band will be for others: it would only be held.
      spare = fitting === undefined ? [] : spare.filter((buffer) => buffer !== fitting);
      const samples = fitting === undefined ? newSamples(type, length) : samplesIn(fitting, type, length);
      taken.add(samples.buffer);
      return samples;
    },
    give({ buffer }) {
      if (taken.delete(buffer)) spare.push(buffer as ArrayBuffer);
    },
  };
}

function samplesIn(buffer: ArrayBuffer, type: SampleType, length: number): Samples<ArrayBuffer> {
  if (type === 'uint8') return new Uint8Array(buffer, 0, length);
  return type === 'uint16' ? new Uint16Array(buffer, 0, length) : new Float32Array(buffer, 0, length);
}
