import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';

/** A PNG with a palette, as another reader than the product's own sees it: indices, and the palette. */
export interface Indexed {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly palette: Uint8Array;
}

/** Reads a PNG of colour type 3 with 8 bits and no filters. */
export function readIndices(file: string | Uint8Array): Indexed {
  const bytes = Buffer.from(typeof file === 'string' ? readFileSync(file) : file);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    chunks.set(type, Buffer.concat([chunks.get(type) ?? Buffer.alloc(0), bytes.subarray(at + 8, at + 8 + length)]));
    at += length + 12;
  }
  const header = chunks.get('IHDR')!;
  if (header[8] !== 8 || header[9] !== 3) throw new Error('expected a palette of 8 bits');
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const raw = inflateSync(chunks.get('IDAT')!);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    if (raw[y * (width + 1)] !== 0) throw new Error('expected no filter');
    data.set(raw.subarray(y * (width + 1) + 1, (y + 1) * (width + 1)), y * width);
  }
  return { width, height, data, palette: chunks.get('PLTE')! };
}
