import { palettePng } from '../../../dataset/png.js';
import { sharp } from '../../../io/sharp.js';
import type { MaskClass, Pixels, Samples, Size } from '../../../types.js';

/** Encodes a picture as JPEG, in a quality for viewing. */
export function jpegOf({ width, height, channels, data }: Pixels<Samples>): Promise<Uint8Array> {
  const raw = { width, height, channels: channels as 1 | 3 };
  return sharp(data as Uint8Array, { raw })
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** Shrinks a JPEG. */
export function shrunkJpeg(picture: Uint8Array, { width, height }: Size): Promise<Uint8Array> {
  return sharp(picture).resize(width, height, { fit: 'fill' }).jpeg({ quality: 85 }).toBuffer();
}

/** Tiles are made while somebody waits, and are rarely sent far. */
const QUICKLY = 1;

/** Encodes labels as PNG with the colours of the classes as its palette. */
export function labelPng(labels: Pixels<Samples>, classes: readonly MaskClass[]): Promise<Uint8Array> {
  return palettePng(labels as Pixels, classes, QUICKLY);
}

/** A palette in which each byte is its own grey value. */
const GREYS: readonly MaskClass[] = Array.from({ length: 255 }, (_, i) => ({
  label: i + 1,
  name: '',
  color: [i + 1, i + 1, i + 1],
}));

/** Encodes planes of bytes as a grey PNG, one plane below the other. */
export function planesPng(pixels: Pixels<Samples>): Promise<Uint8Array> {
  const { width, height, channels } = pixels;
  return palettePng({ width, height: height * channels, channels: 1, data: planes(pixels) as Uint8Array }, GREYS, QUICKLY);
}

/** Floating-point planes as little-endian bytes, one plane after the other. */
export function planesOfFloats(pixels: Pixels<Samples>): Uint8Array {
  const { buffer, byteLength } = planes(pixels) as Float32Array<ArrayBuffer>;
  return new Uint8Array(buffer, 0, byteLength);
}

/** Converts interleaved samples to planes. */
function planes({ width, height, channels, data }: Pixels<Samples>): Samples {
  const plane = width * height;
  const out = data instanceof Float32Array ? new Float32Array(data.length) : new Uint8Array(data.length);
  for (let c = 0; c < channels; c++) for (let i = 0; i < plane; i++) out[c * plane + i] = data[i * channels + c]!;
  return out;
}
