import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { IGNORED } from '../plan/labels/ignored.js';
import type { MaskClass, Pixels, Rgb } from '../types.js';

const compress = promisify(deflate);

/** The colour of ignored pixels, label 255. */
const ignoredColor: Rgb = [128, 128, 128];

/**
 * Encodes labels as a PNG with a palette. Its indices are the labels; viewers show the colours of the classes, with
 * background black and 255 grey. The same labels give the same bytes. (PNG, third edition, W3C 2025; colour type 3, 8
 * bits, filter 0.)
 *
 * @param labels one channel
 * @param level how hard zlib tries, from 1 to 9
 */
export async function palettePng(
  { width, height, data }: Pixels,
  classes: readonly MaskClass[],
  level = 6,
): Promise<Uint8Array> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', palette(classes)),
    chunk('IDAT', await compress(rows, { level })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function palette(classes: readonly MaskClass[]): Buffer {
  const colors = Buffer.alloc(256 * 3);
  colors.set(ignoredColor, IGNORED * 3);
  for (const { label, color } of classes) colors.set(color, label * 3);
  return colors;
}

function chunk(type: string, content: Uint8Array): Buffer {
  const out = Buffer.alloc(content.length + 12);
  out.writeUInt32BE(content.length, 0);
  out.write(type, 4, 'latin1');
  out.set(content, 8);
  out.writeUInt32BE(crc(out.subarray(4, 8 + content.length)), 8 + content.length);
  return out;
}

/** The table for CRC-32 by bytes (ISO/IEC 3309; reflected polynomial 0xedb88320), as in annex D of the PNG specification. */
const remainders: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) value = remainders[(value ^ bytes[i]!) & 255]! ^ (value >>> 8);
  return ~value >>> 0;
}
