import type { Samples, SampleType } from '../../types.js';
import { bytesOfSample, newSamples } from '../samples/native.js';

/** Memory for the pixels of bands. Memory of earlier bands that was given back is used again. */
export interface BandMemory {
  /** An array of `length` samples, which may hold anything. */
  take(type: SampleType, length: number): Samples<ArrayBuffer>;
  /** Takes back memory that came from `take` and that nobody uses any more. Any other memory is ignored. */
  give(samples: Samples): void;
}

/**
 * Starts without memory. The bands of a wide slide have tens of megabytes each. Fresh memory for each of them would
 * stay until the garbage collector runs, and would make it run every few bands.
 */
export function bandMemory(): BandMemory {
  const taken = new WeakSet<ArrayBufferLike>();
  let spare: ArrayBuffer[] = [];
  return {
    take(type, length) {
      const bytes = length * bytesOfSample[type];
      const fitting = spare.find(({ byteLength }) => byteLength >= bytes);
      // Memory that is too small for one band is too small for others as well, so it is not kept.
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
