import { type Model, modelPixels } from '../../model/card/model.js';
import { middleOf, PATCH } from '../../model/measured/reach.js';
import { naturalWindows } from '../../model/measured/windows.js';
import type { Samples, Size } from '../../types.js';

/** The largest distance between two windows that are cut from one picture, in px. */
export const LARGEST_SHIFT = 64;

/** A picture for trials: interleaved samples of a square of some px, from which windows are cut. */
export type TrialPicture = Pick<Size, 'width' | 'height'> & { readonly data: Samples };

/** The side in px of the pictures from which windows are cut. */
export function pictureSide(window: Size): number {
  return Math.max(window.width, window.height) + LARGEST_SHIFT;
}

/** Generated pictures with texture: tissue, noise, blocks of colours, stripes. */
export function madeUpPictures(model: Model, window: Size): TrialPicture[] {
  const side = pictureSide(window);
  const { channels } = modelPixels(model);
  const most = { uint8: 255, uint16: 65_535, float32: 1 }[model.samples];
  return [1, 2, 0, 4].map((index) => {
    const planes = naturalWindows({ width: side, height: side }, channels)[index]!();
    const data = samplesOf(model, side * side * channels);
    for (let channel = 0, at = 0; channel < channels; channel++)
      for (let i = 0; i < side * side; i++) data[i * channels + channel] = planes[at++]! * most;
    return { width: side, height: side, data };
  });
}

function samplesOf({ samples }: Model, length: number): Samples<ArrayBuffer> {
  if (samples === 'uint8') return new Uint8Array(length);
  return samples === 'uint16' ? new Uint16Array(length) : new Float32Array(length);
}

/** A window of a picture, so many px to the right of its first column and below its first row. */
export function cutPicture(picture: TrialPicture, { width, height }: Size, shift: number, model: Model): Samples<ArrayBuffer> {
  const { channels } = modelPixels(model);
  const out = samplesOf(model, width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((y + shift) * picture.width + shift) * channels;
    out.set(picture.data.subarray(from, from + width * channels), y * width * channels);
  }
  return out;
}

/** The window with a changed patch in its middle: its values are mirrored in the range of the samples. */
export function patched(pixels: Samples<ArrayBuffer>, { width, height }: Size, model: Model): Samples<ArrayBuffer> {
  const { channels } = modelPixels(model);
  const most = { uint8: 255, uint16: 65_535, float32: 1 }[model.samples];
  for (let y = middleOf(height); y < middleOf(height) + PATCH; y++) {
    const from = (y * width + middleOf(width)) * channels;
    for (let i = from; i < from + PATCH * channels; i++) pixels[i] = most - pixels[i]!;
  }
  return pixels;
}
